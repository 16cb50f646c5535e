const walk = JSON.parse($("data").textContent);
const {nodes, forward, backward} = walk;
const last = forward.length + backward.length, live = compute !== null;
const graph = $("graph"), panel = $("panel");
const pace = 1100;                                  // milliseconds a step
document.body.classList.toggle("fixed", !live);

let step = 0, chosen = null, predicting = false;
const guesses = new Map();                          // node -> the sign guessed, "shown" if the reader gave up
const revealedAt = new Map();                       // node -> the step at which its gradient appears
backward.forEach((node, i) => revealedAt.set(node, forward.length + 1 + i));
const computedAt = new Map(walk.leaves.map(node => [node, 0]));
forward.forEach((node, i) => computedAt.set(node, i + 1));

// Formulas. They mention the i-th node as ʘiʘ.

const nameOf = i => { const [base, low] = nodes[i].math; return escaped(base) + (low ? `<sub>${escaped(low)}</sub>` : ""); };
const said = i => nodes[i].math.join("");
const raised = text => escaped(text).replace(/\^(ʘ\d+ʘ|\(?−?[\w.]+\)?)/g, "<sup>$1</sup>");
const inNames = formula => raised(formula).replace(/ʘ(\d+)ʘ/g, (_, i) => nameOf(i));
const inNumbers = formula => raised(formula.replace(/ʘ(\d+)ʘ/g, (mark, i, at) => {
  const text = nodes[i].data, before = formula.slice(0, at), after = formula.slice(at + mark.length);
  const alone = (/(^|\(|, )$/.test(before) && /^(\)|, )/.test(after)) || mark === formula;
  return text.startsWith("−") && !alone ? `(${text})` : text;
}));
const math = text => `<span class="math">${text}</span>`;
const named = i => math(nameOf(i));
const ratio = (above, below) =>
  `<span class="frac math"><span>∂${nameOf(above)}</span><span>∂${nameOf(below)}</span></span>`;
const factor = text => text.startsWith("−") ? `(${text})` : text;

// Numbers. Where the page can compute, every one of them comes from `compute` and what stands in `leaves`.

const number = x => typeof x === "string" ? Number(x.replace("inf", "Infinity")) : x;
const original = live ? walk.leaves.map(i => number(nodes[i].exact)) : [];
const place = new Map(walk.leaves.map((node, j) => [node, j]));
const isLeaf = i => live && place.has(i);
const RATE = .1;
let leaves = original, rate = RATE, held = new Set(walk.leaves.filter(i => !nodes[i].moves));
let past = [], curve = [], gesture = null;

function recompute() {
  const told = compute(leaves, number(walk.seed));
  nodes.forEach((facts, i) => {
    facts.exact = Number(told.values[i]);
    facts.data = shown(facts.exact);
    facts.slopes = told.slopes[i].map(Number);
    if (!facts.uses) return;
    facts.gradExact = Number(told.gradients[i]);
    facts.grad = shown(facts.gradExact);
    facts.sign = facts.gradExact > 0 ? "+" : facts.gradExact < 0 ? "−" : "0";
  });
}

function contributions(i) {                         // one for each use of node i, as text
  let sum = 0;
  return nodes[i].uses.map(use => {
    if (!live) return use;
    const partial = nodes[use.user].slopes[use.which], upstream = nodes[use.user].gradExact;
    sum += partial * upstream;
    return {...use, partial: shown(partial), upstream: shown(upstream), part: shown(partial * upstream), running: shown(sum)};
  });
}

const root = () => nodes[walk.root].exact;
const exactly = x => Array.isArray(x) ? x : typeof x === "number" && !Number.isFinite(x) ? String(x) : x;

function remember(what) {                           // one thing to undo for each gesture, however many changes it makes
  if (what !== null && what === gesture) return;
  past.push({leaves, curve});
  gesture = what;
}

function change(i, x, what = null) {
  const j = place.get(i);
  if (Object.is(leaves[j], x)) return;
  const again = what !== null && what === gesture;
  remember(what);
  leaves = leaves.map((old, k) => k === j ? x : old);
  recompute();
  curve = [...(again && curve.at(-1).how === "edit" ? curve.slice(0, -1) : curve), {loss: root(), how: "edit"}];
  moved();
}

function down() {
  remember(null);
  leaves = leaves.map((x, j) => {
    const i = walk.leaves[j];
    return held.has(i) || !nodes[i].uses ? x : x - rate * nodes[i].gradExact;
  });
  recompute();
  curve = [...curve, {loss: root(), how: "step"}];
  moved();
}

function undo() {
  if (!past.length) return;
  ({leaves, curve} = past.pop());
  gesture = null;
  recompute();
  moved();
}

function reset() {
  leaves = original; past = []; gesture = null;
  recompute();
  curve = [{loss: root(), how: "start"}];
  moved();
}

function moved() {                                  // signs may be others now: what was revealed, is known
  if (predicting) backward.slice(0, Math.max(0, step - forward.length)).forEach(node => guesses.set(node, "shown"));
  showFigures();
}

// The picture.

const boxes = nodes.map((_, i) => $("n" + i));
const texts = boxes.map((box, i) => {
  const found = {};
  [...box.querySelectorAll("text")].forEach((text, j) => { found[nodes[i].lines[j]] = text; });
  setName(found.name, nodes[i].math);
  return found;
});
const edges = nodes.map((facts, i) => (facts.inputs || []).map((_, j) => $(`e${i}_${j}`)));
const circles = nodes.map((_, i) => $("o" + i)), results = nodes.map((_, i) => $("r" + i));
boxes.forEach((box, i) => {
  box.setAttribute("tabindex", "0");
  box.setAttribute("role", "button");
  box.addEventListener("click", () => choose(i));
  box.addEventListener("focus", () => { if (box.matches(":focus-visible")) picture.follow(box); });
  box.addEventListener("keydown", event => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault(); event.stopPropagation(); choose(i);
      if (isLeaf(i) && event.key === "Enter") { fields.get(i).focus(); fields.get(i).select(); }
    } else if (isLeaf(i) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (/^Arrow(Up|Down)$/.test(event.key) && !(event.shiftKey && event.target !== box)) {
        event.preventDefault(); event.stopPropagation();
        nudge(i, event);
      } else if (/^[\d.−-]$/.test(event.key) && !(current() !== null && asked(current()))) {
        event.preventDefault(); event.stopPropagation();
        choose(i);
        fields.get(i).focus();
        fields.get(i).value = event.key;
      }
    }
  });
  if (isLeaf(i)) { texts[i].data.classList.add("drag"); drag(texts[i].data, i); }
});
nodes.forEach((facts, i) => {
  if (facts.sides) facts.sides.forEach((side, j) => { if (edges[i][j]) nameSide(edges[i][j], circles[i], side, j > 0); });
});
const svg = graph.querySelector("svg");
svg.setAttribute("role", "group");
const picture = view(graph), main = document.querySelector("main");
function arrange() {                                // a wide graph gets the window's width, and what is told stands below
  main.classList.toggle("wide", picture.wide > 2.1 * picture.high);
  const k = Math.min(1.7, (main.clientWidth - 60) / picture.wide);
  main.style.setProperty("--share", k < .6 ? "50%" : `min(${Math.round(picture.high * k + 40)}px, 58%)`);
}
addEventListener("resize", arrange);
arrange();
picture.fit();

const inBackward = () => step > forward.length;
const current = () => step === 0 ? null : inBackward() ? backward[step - forward.length - 1] : forward[step - 1];
const asked = node => predicting && revealedAt.get(node) === step && !guesses.has(node);
const revealed = node => revealedAt.has(node) && revealedAt.get(node) <= step && !asked(node);

function write(text, what) { if (text.textContent !== what) text.textContent = what; }
function light(element) { if (element) { element.classList.add("lit"); element.classList.remove("waiting"); } }

function show() {
  const node = current();
  graph.className = inBackward() ? "backward" : "forward";
  nodes.forEach((facts, i) => {
    const computed = computedAt.get(i) <= step, {data, grad} = texts[i];
    data.classList.toggle("fresh", i === node && !inBackward());
    if (grad) grad.classList.toggle("fresh", i === node && inBackward());
    boxes[i].classList.toggle("chosen", chosen === i);
    for (const part of [boxes[i], circles[i], results[i], ...edges[i]]) if (part) {
      part.classList.remove("lit");
      part.classList.toggle("waiting", !computed);
    }
  });
  if (node !== null) {
    light(boxes[node]);
    if (inBackward()) nodes[node].uses.forEach(({user, which}) => { light(circles[user]); light(edges[user][which]); light(results[user]); });
    else [circles[node], results[node], ...edges[node]].forEach(light);
  }
  showPlace();
  showFigures();
}

const before = nodes.map(() => "");                 // what each box says: what has not changed need not be drawn again

function showFigures() {                            // all that is not the same with other numbers
  const node = current();
  nodes.forEach((facts, i) => {
    const computed = computedAt.get(i) <= step, {data, grad} = texts[i], known = revealed(i);
    const now = `${computed ? facts.exact + facts.data : ""} ${known ? facts.gradExact + facts.grad : asked(i)}`;
    if (now === before[i]) return;
    before[i] = now;
    write(data, computed ? "data " + facts.data : "");
    if (isLeaf(i)) data.classList.toggle("moved", !Object.is(leaves[place.get(i)], original[place.get(i)]));
    if (grad) {
      write(grad, known ? "grad " + facts.grad : asked(i) ? "grad ?" : "");
      const colour = known && facts.sign === "+" ? "plus" : known && facts.sign === "−" ? "minus" : "";
      if (!grad.classList.contains(colour || "zero")) { grad.classList.remove("plus", "minus"); if (colour) grad.classList.add(colour); }
    }
    if (!live) [data, grad].forEach(text => { if (text) squeezeInto(boxes[i], text); });
    if (known) boxes[i].dataset.grad = JSON.stringify(exactly(facts.gradExact)); else delete boxes[i].dataset.grad;
    if (computed) boxes[i].dataset.value = JSON.stringify(exactly(facts.exact)); else delete boxes[i].dataset.value;
    boxes[i].setAttribute("aria-label", said(i) + (computed ? ", data " + facts.data : ", not computed yet")
      + (known ? ", gradient " + facts.grad : "") + (isLeaf(i) ? "; arrows up and down change it" : ""));
  });
  panel.className = inBackward() || (chosen !== null && revealed(chosen)) ? "backward" : "forward";
  panel.innerHTML = chosen !== null ? explained(chosen) : step === 0 ? opening() : inBackward() ? backwardStep(node) : forwardStep(node);
  const derived = panel.className === "backward" && nodes[chosen ?? node]?.derived;
  if (derived) panel.insertAdjacentHTML("beforeend", `<details class="derived" open><summary>How it is derived</summary>${derived}</details>`);
  panel.querySelectorAll("[data-guess]").forEach(button => button.addEventListener("click", () => guess(button.dataset.guess)));
  svg.setAttribute("aria-label", `A graph of ${nodes.length} nodes, from ${listed(walk.leaves)} to ${said(walk.root)}. `
    + (computedAt.get(walk.root) <= step ? `${said(walk.root)} is ${nodes[walk.root].data}. ` : "") + "Choose a node to have it explained.");
  if (live) showNumbers();
  keep();
}

function listed(these) {
  const few = these.slice(0, 6).map(said);
  return few.join(", ") + (these.length > 6 ? ` and ${these.length - 6} more leaves` : "");
}

// The panel.

function opening() {
  const change = live ? `<p class="pale">Change a leaf’s number, in its field or by dragging it in the picture: all that depends on it follows.</p>`
    : `<p class="pale">${escaped(walk.fixed)}</p>`;
  return `<p class="phase">start</p><h2>What is given</h2>
    <p>The leaves have their values. Step on: first every node is computed from its inputs, then, backward from ${named(walk.root)},
    every node’s gradient from the gradients of the nodes that use it.</p>${change}
    <p class="pale">${forward.length} steps forward, ${backward.length} back. With “predict” on, guess the sign of each gradient before you see it.</p>`;
}

function computation(i) {
  const facts = nodes[i];
  if (!facts.op) return `<p>${named(i)} is a leaf: ${math(escaped(facts.data))}</p>`;
  return `<p>${named(i)} = ${math(inNames(facts.symbols))}${live ? ` = ${math(inNumbers(facts.symbols))}` : ""}
    = <span class="math answer">${escaped(facts.data)}</span></p>`;
}

function forwardStep(i) {
  return `<p class="phase"><b>forward</b> · step ${step} of ${forward.length}</p><h2>Compute ${named(i)}</h2>${computation(i)}`;
}

function chain(i, parts, withNumbers) {             // one block per use of node i
  return parts.map(use => {
    const partial = ratio(use.user, i), filled = use.rule && live ? inNumbers(use.rule) : "";
    let lines = `<div>through ${named(use.user)}: ${ratio(walk.root, use.user)} · ${partial}</div>`;
    if (use.rule) lines += `<div class="pale">${partial} = ${math(inNames(use.rule))}${withNumbers && filled && filled !== inNames(use.rule)
      ? ` = ${math(filled)}${filled === use.partial ? "" : ` = ${math(use.partial)}`}` : ""}</div>`;
    if (use.words) lines += `<div class="pale">${escaped(use.words)}</div>`;
    if (use.spread) lines += `<div class="pale">broadcast ${escaped(use.spread)}: summed back over the repeated axes</div>`;
    if (withNumbers) {
      lines += `<div>= ${math(use.partial === undefined ? "" : `${use.upstream} × ${factor(use.partial)} = `)}${math(use.part)}</div>`;
      if (parts.length > 1) lines += `<div class="pale">running sum: ${math(use.running)}</div>`;
    }
    return `<div class="use">${lines}</div>`;
  }).join("");
}

function gradient(i, withNumbers) {
  const facts = nodes[i];
  if (i === walk.root) return `<p>${ratio(i, i)} = ${withNumbers ? math(facts.grad) : "?"}</p><p class="pale">Going back begins here.</p>`;
  const parts = contributions(i), times = parts.length;
  const how = times === 1 ? "It is used once." : `It is used ${times} times; the contributions add up.`;
  const terms = parts.map((use, j) => j ? factor(use.part) : use.part).join(" + ");
  const sum = withNumbers ? `<p class="sum">${ratio(walk.root, i)} = ${times > 1 && times < 7 && parts[0].partial !== undefined
    ? math(terms) + " = " : ""}<span class="math answer">${escaped(facts.grad)}</span></p>` : "";
  return `<p class="pale">${how}</p>${chain(i, parts, withNumbers)}${sum}`;
}

function backwardStep(i) {
  const head = `<p class="phase"><b>backward</b> · step ${step - forward.length} of ${backward.length}</p>
    <h2>The gradient of ${named(i)}</h2>`;
  if (asked(i)) {
    const array = nodes[i].gradExact === null || Array.isArray(nodes[i].gradExact);
    const button = (sign, what) => `<button data-guess="${sign}" aria-label="${what}">${sign}</button>`;
    return `${head}${gradient(i, false)}<p>Which sign will it have?</p><div class="guess">${button("−", "negative")}${button("0", "zero")}
      ${button("+", "positive")}${array ? button("±", "both signs") : ""}<button data-guess="shown">show me</button></div>${score()}`;
  }
  let verdict = "";
  if (predicting && guesses.has(i) && guesses.get(i) !== "shown")
    verdict = guesses.get(i) === nodes[i].sign ? `<p class="right">✓ Right: ${nodes[i].sign}</p>`
      : `<p class="wrong">✗ You said ${guesses.get(i)}; it is ${nodes[i].sign}</p>`;
  return `${head}${verdict}${gradient(i, true)}${predicting ? score() : ""}`;
}

function score() {
  const made = [...guesses].filter(([, sign]) => sign !== "shown"), right = made.filter(([i, sign]) => sign === nodes[i].sign);
  return made.length ? `<p class="pale" id="score">${right.length} of ${made.length} guessed right</p>` : "";
}

function explained(i) {
  const back = `<p class="pale">Esc, or any step, leads back.</p>`;
  const head = `<p class="phase">explained</p><h2>${named(i)}</h2>`;
  if (computedAt.get(i) > step) return `${head}<p>= ${math(inNames(nodes[i].symbols))}: not computed yet.</p>${back}`;
  const rest = !nodes[i].uses ? "<p>It requires no gradient.</p>"
    : revealed(i) ? gradient(i, true) : `${gradient(i, false)}<p class="pale">The backward pass has not come here yet.</p>`;
  return head + computation(i) + rest + back;
}

// Numbers that can be changed.

const fields = new Map();                           // leaf -> where its number is typed

function parsed(text) {
  const plain = text.trim().replaceAll("−", "-").replace(",", ".").replace(/^([+-]?)inf(inity)?$/i, "$1Infinity");
  if (/^nan$/i.test(plain)) return NaN;
  return plain === "" || Number.isNaN(Number(plain)) || /^0[xob]/i.test(plain) ? null : Number(plain);
}

const unit = x => Number.isFinite(x) && x !== 0 ? 10 ** Math.max(0, Math.floor(Math.log10(Math.abs(x)))) : 1;
const rounded = x => Number(x.toPrecision(12));

function nudge(i, event) {
  const x = leaves[place.get(i)];
  if (Number.isFinite(x))
    change(i, rounded(x + (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 1 : .1) * unit(x)), "keys " + i);
}

function drag(handle, i) {
  let from = null;
  handle.addEventListener("pointerdown", event => {
    if (event.button !== 0) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    from = {x: event.clientX, value: leaves[place.get(i)], what: `drag ${i} ${event.timeStamp}`, moved: false};
  });
  handle.addEventListener("pointermove", event => {
    if (from === null || !Number.isFinite(from.value) || (!from.moved && Math.abs(event.clientX - from.x) < 3)) return;
    from.moved = true;
    change(i, rounded(from.value + Math.round(event.clientX - from.x) * (event.shiftKey ? .1 : .01) * unit(from.value)), from.what);
  });
  let dragged = false;
  const end = () => { dragged = from !== null && from.moved; from = null; };
  handle.addEventListener("pointerup", end);
  handle.addEventListener("pointercancel", end);
  handle.addEventListener("click", event => {
    if (dragged) { event.preventDefault(); event.stopPropagation(); } else choose(i);
    dragged = false;
  });
}

function field(i) {
  const label = document.createElement("label"), input = document.createElement("input"), hold = document.createElement("button");
  input.id = "value" + i; input.className = "number"; input.inputMode = "decimal"; input.autocomplete = "off"; input.spellcheck = false;
  label.htmlFor = input.id; label.className = "math"; label.innerHTML = nameOf(i); label.title = "Drag to change it";
  drag(label, i);
  input.addEventListener("input", () => {
    const x = parsed(input.value);
    input.setAttribute("aria-invalid", String(x === null));
    if (x !== null) change(i, x, "typed " + i);
  });
  input.addEventListener("keydown", event => {
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      nudge(i, event);
      input.value = spelled(leaves[place.get(i)]);
    } else if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); input.blur(); boxes[i].focus(); }
    event.stopPropagation();
  });
  input.addEventListener("focus", () => { input.value = spelled(leaves[place.get(i)]); });
  input.addEventListener("blur", () => { gesture = null; input.removeAttribute("aria-invalid"); showNumbers(); });
  hold.className = "held"; hold.textContent = "hold";
  hold.title = "Whether a step down leaves it as it is";
  hold.setAttribute("aria-label", `hold ${said(i)} in steps down`);
  hold.addEventListener("click", () => { held.has(i) ? held.delete(i) : held.add(i); show(); });
  fields.set(i, input);
  return [label, input, ...(nodes[i].uses ? [hold] : [document.createElement("span")])];
}

const spelled = x => String(x).replace("-", "−").replace("Infinity", "inf").replace("NaN", "nan");

function showNumbers() {
  fields.forEach((input, i) => {
    const x = leaves[place.get(i)];
    if (document.activeElement !== input) { input.value = spelled(Number(x.toPrecision(8))); input.title = spelled(x); }
    input.classList.toggle("changed", !Object.is(x, original[place.get(i)]));
    const hold = input.nextElementSibling;
    if (hold.localName === "button") hold.setAttribute("aria-pressed", String(held.has(i)));
  });
  if (document.activeElement !== $("rate")) $("rate").value = spelled(rate);
  const steps = curve.filter(point => point.how === "step").length;
  $("loss").innerHTML = `${named(walk.root)} = ${math(escaped(nodes[walk.root].data))}`;
  $("taken").textContent = steps === 0 ? "" : steps === 1 ? "after one step" : `after ${steps} steps`;
  const one = walk.leaves.find(i => nodes[i].uses && !held.has(i));
  $("hint").innerHTML = one === undefined ? "Every leaf is held: a step down would move none."
    : `One step down takes ${math("α")} · ${ratio(walk.root, one)} from ${named(one)}, and so from each leaf that is not held.`;
  $("hint").hidden = curve.length > 1;
  $("curve").style.display = curve.length > 1 ? "" : "none";
  $("undo").disabled = !past.length;
  $("reset").disabled = !past.length && leaves.every((x, j) => Object.is(x, original[j]));
  draw();
}

function draw() {                                   // the loss, change by change; what was not a step has another colour
  const finite = curve.map(point => point.loss).filter(Number.isFinite);
  const low = Math.min(...finite), high = Math.max(...finite), wide = Math.max(1, curve.length - 1);
  const at = (point, i) => [8 + 284 * i / wide, high > low ? 66 - 58 * (point.loss - low) / (high - low) : 37];
  const line = curve.map((point, i) => !Number.isFinite(point.loss) ? "" :
    `${i && Number.isFinite(curve[i - 1].loss) ? "L" : "M"}${at(point, i).map(x => x.toFixed(1)).join(" ")}`).join("");
  const dot = (point, i) => !Number.isFinite(point.loss) ? "" : `<path class="dot ${point.how}${i === curve.length - 1 ? " now" : ""}" d="M${
    at(point, i).map(x => x.toFixed(1)).join(" ")}h.01"/>`;
  const dots = curve.length > 40 ? curve.map((point, i) => point.how === "edit" || i === curve.length - 1 ? dot(point, i) : "") : curve.map(dot);
  $("curve").innerHTML = `<path class="floor" d="M8 70H292"/><path d="${line}"/>${dots.join("")}`;
  $("curve").setAttribute("aria-label", `The loss, change by change: ${curve.slice(-8).map(point => shown(point.loss)).join(", ")}`);
}

// The link: the step, and what is not as the page came.

const keyOf = i => /^(at|rate|hold|n\d+)$/.test(nodes[i].name) ? "n" + i : nodes[i].name;
let keeping = null;

function keep() {
  clearTimeout(keeping);
  keeping = setTimeout(() => {
    const state = new URLSearchParams();
    if (step) state.set("at", step);
    walk.leaves.forEach((i, j) => { if (live && !Object.is(leaves[j], original[j])) state.set(keyOf(i), Object.is(leaves[j], -0) ? "-0" : leaves[j]); });
    if (rate !== RATE) state.set("rate", rate);
    const toggled = live ? walk.leaves.filter(i => held.has(i) === nodes[i].moves) : [];
    if (toggled.length) state.set("hold", toggled.join(" "));
    try { history.replaceState(null, "", String(state) ? "#" + state : location.href.split("#")[0]); } catch { /* a frame without an address */ }
  }, 120);
}

function restore() {
  const state = new URLSearchParams(location.hash.slice(1));
  if (live) {
    leaves = original.map((x, j) => {
      const given = state.get(keyOf(walk.leaves[j]));
      return given === null || parsed(given) === null ? x : parsed(given);
    });
    const toggled = (state.get("hold") || "").split(" ").filter(Boolean).map(Number);
    held = new Set(walk.leaves.filter(i => toggled.includes(i) === Boolean(nodes[i].moves)));
    rate = parsed(state.get("rate") || "") ?? RATE;
    past = []; gesture = null;
    recompute();
    curve = [{loss: root(), how: "start"}];
  }
  step = Math.max(0, Math.min(last, Math.round(Number(state.get("at"))) || 0));
  chosen = null;
  show();
  if (current() !== null) picture.follow(boxes[current()]);
}

// What the reader does.

function go(to) {
  if (predicting && to > step) {                    // no question may be skipped
    for (let s = Math.max(step, forward.length + 1); s < to; s++)
      if (!guesses.has(backward[s - forward.length - 1])) { to = s; break; }
  }
  step = Math.max(0, Math.min(last, to));
  chosen = null;
  if (step === last) pause();
  show();
  if (current() !== null) picture.follow(boxes[current()]); else picture.fit();
}
function choose(i) {
  pause();
  chosen = i;
  show();
  if (isLeaf(i)) fields.get(i).scrollIntoView({block: "nearest"});
}
function guess(sign) {
  const node = current();
  if (node === null || !asked(node)) return;
  guesses.set(node, sign);
  show();
}
function predict() {
  predicting = !predicting;
  if (predicting) guesses.clear();
  if (predicting && inBackward()) backward.slice(0, step - forward.length - 1).forEach(node => guesses.set(node, "shown"));
  $("predict").setAttribute("aria-pressed", String(predicting));
  show();
}
const sign = (text, otherwise) => () => current() !== null && asked(current()) ? guess(text) : otherwise();

$("predict").onclick = predict;
$("closer").onclick = () => picture.zoom(1.25);
$("farther").onclick = () => picture.zoom(.8);
$("fit").onclick = picture.fit;
scrubber.max = last;

document.addEventListener("keydown", event => {
  if (live && (event.ctrlKey || event.metaKey) && event.key === "z") { event.preventDefault(); return undo(); }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.classList.contains("number")) return;
  const onButton = event.target instanceof HTMLButtonElement;
  const act = (event.shiftKey ? {
    ArrowRight: () => picture.pan(-60, 0), ArrowLeft: () => picture.pan(60, 0),
    ArrowUp: () => picture.pan(0, 60), ArrowDown: () => picture.pan(0, -60),
  } : {
    ArrowRight: () => jump(step + 1), ArrowLeft: () => jump(step - 1),
  })[event.key] || {
    Home: () => jump(0), End: () => jump(last),
    Escape: () => { chosen = null; show(); }, p: predict, f: picture.fit, "0": sign("0", picture.fit),
    "-": sign("−", () => picture.zoom(.8)), "−": sign("−", () => picture.zoom(.8)),
    "+": sign("+", () => picture.zoom(1.25)), "=": sign("+", () => picture.zoom(1.25)),
    ...(live ? {d: down, u: undo, r: reset} : {}),
    ...(onButton ? {} : {" ": play}),
  }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) { event.preventDefault(); act(); }
});

if (live) {
  const first = walk.leaves.filter(i => nodes[i].moves), rest = walk.leaves.filter(i => !nodes[i].moves);
  const byName = (i, j) => said(i).localeCompare(said(j), "en", {numeric: true});
  $("numbers").append(...[...first.sort(byName), ...rest.sort(byName)].flatMap(field));
  $("numbers").hidden = $("descent").hidden = false;
  $("down").onclick = down; $("undo").onclick = undo; $("reset").onclick = reset;
  const series = [1, 2, 5];
  $("rate").addEventListener("input", () => {
    const x = parsed($("rate").value);
    $("rate").setAttribute("aria-invalid", String(x === null));
    if (x !== null) { rate = x; keep(); }
  });
  $("rate").addEventListener("keydown", event => {
    event.stopPropagation();
    if (event.key === "Enter") { event.preventDefault(); down(); }
    const up = event.key === "ArrowUp";
    if ((!up && event.key !== "ArrowDown") || !(rate > 0)) return;
    event.preventDefault();
    const steps = [...Array(37)].map((_, n) => Number(`${series[n % 3]}e${Math.floor(n / 3) - 7}`));
    rate = event.shiftKey ? rounded(rate * (up ? 10 : .1))
      : up ? steps.find(x => x > rate * 1.0001) ?? rate : steps.findLast(x => x < rate * .9999) ?? rate;
    $("rate").value = spelled(rate);
    keep();
  });
  $("rate").addEventListener("blur", () => { $("rate").removeAttribute("aria-invalid"); showNumbers(); });
}
addEventListener("hashchange", restore);
restore();
