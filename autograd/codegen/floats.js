// Functions of numbers as the engine computes them, where JavaScript has none or answers otherwise at the edges.

// 1 ** NaN is 1, as IEEE 754 has it; and the root of -Infinity is NaN.
function power(x, y) {
    if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
    return x === -Infinity && y === 0.5 ? NaN : Math.pow(x, y);
}

// 2/√π · exp(-x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n + 1)): no term is negative. Far out, a continued fraction of 1 - erf.
function erf(x) {
    const size = Math.abs(x);
    if (size < 3) {
        let term = x, total = x;
        for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total); n++) total += term *= 2 * x * x / (2 * n + 1);
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * total;
    }
    if (!(size < 6)) return size === size ? Math.sign(x) : x;
    let below = size;
    for (let n = 60; n > 0; n--) below = size + n / 2 / below;
    return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / below);
}

function sigmoid(x) {
    const small = Math.exp(-Math.abs(x));
    return (x >= 0 ? 1 : small) / (1 + small);
}

function softplus(x) {
    return Math.log1p(Math.exp(-Math.abs(x))) + (x > 0 ? x : 0);
}

function relu(x) {
    return x > 0 || x !== x ? x : 0;
}

function sign(x) {
    return x === x ? (x > 0) - (x < 0) : x;
}

// Halves go to the even neighbour.
function rounded(x) {
    const below = Math.floor(x), rest = x - below;
    const whole = rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
    return !Number.isFinite(x) ? x : whole === 0 ? 0 * x : whole;
}

// The remainder has y's sign, as in Python.
function remainder(x, y) {
    const rest = x % y;
    if (rest === 0) return y < 0 ? -0 : 0;
    return (y < 0) === (rest < 0) ? rest : rest + y;
}

function floor_divide(x, y) {
    if (y === 0) return x / y;
    const rest = x % y;
    let quotient = (x - rest) / y;
    if (rest !== 0 && (y < 0) !== (rest < 0)) quotient -= 1;
    if (quotient === 0) return 0 * (x / y);
    const whole = Math.floor(quotient);
    return quotient - whole > 0.5 ? whole + 1 : whole;
}

function maximum(x, y) {
    return x >= y || x !== x ? x : y;
}

function minimum(x, y) {
    return x <= y || x !== x ? x : y;
}

function clamp(x, low, high) {
    return minimum(maximum(x, low), high);
}

// NaN is not 0.
function where(condition, x, y) {
    return condition || condition !== condition ? x : y;
}

function largest(xs) {
    return xs.reduce((x, y) => maximum(x, y));
}

// Where the largest stands, and the sum of exp(x - shift) over the others: the largest term is 1, and left out.
function others(xs, shift) {
    let top = 0, rest = 0;
    xs.forEach((x, i) => { if (x > xs[top]) top = i; });
    if (shift === undefined) shift = xs[top];
    xs.forEach((x, i) => { if (i !== top) rest += Math.exp(x - shift); });
    return [xs[top], rest];
}

function logsumexp(xs) {
    const [top] = others(xs, 0);
    return top + Math.log1p(others(xs, Number.isFinite(top) ? top : 0)[1]);
}

function softmax(xs) {
    const [top, rest] = others(xs);
    return xs.map(x => Math.exp(x - top) / (1 + rest));
}

// -Σ q·log softmax(z), where q is not 0.
function cross_entropy(z, q) {
    const [top, rest] = others(z), normaliser = Math.log1p(rest);
    return q.reduce((loss, weight, i) => weight === 0 ? loss : loss + weight * (normaliser - (z[i] - top)), 0);
}
