const facts = JSON.parse($("data").textContent), {nodes, sides} = facts, marks = ["w", "r"];
const last = Math.max(...sides.map(side => side.events.length));
const pace = 1400;                                  // milliseconds a step
let step = 0;

const nameOf = i => { const [base, low] = nodes[i].math; return escaped(base) + (low ? `<sub>${escaped(low)}</sub>` : "") || sides[1].values[i].text; };
const flat = x => Array.isArray(x) ? x.flatMap(flat) : [Number(String(x).replace("inf", "Infinity"))];
const shape = x => Array.isArray(x) ? [x.length, ...(x.length ? shape(x[0]) : [])].join() : "";
const near = (x, y) => Object.is(x, y) || Math.abs(x - y) <= 1e-9 * Math.max(1, Math.abs(y));
const same = (a, b) => shape(a) === shape(b) && flat(a).every((x, i) => near(x, flat(b)[i]));

const texts = marks.map(mark => nodes.map((node, i) => {
  const box = $(`${mark}-n${i}`), found = {};
  [...box.querySelectorAll("text")].forEach((text, j) => { found[node.lines[j]] = text; });
  if (found.name) setName(found.name, node.math);
  box.setAttribute("role", "img");
  return found;
}));
const pictures = marks.map(mark => view($(`${mark}-graph`)));
marks.forEach((mark, m) => {
  const svg = $(`${mark}-graph`).querySelector("svg");
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", `The graph of ${nodes.length} nodes, with the gradients of the ${m ? "right" : "broken"} engine`);
});

function after(side, k) {                           // every node's gradient after k events
  const grads = [...side.before];
  side.events.slice(0, k).forEach(event => { grads[event.to] = event; });
  return grads;
}

function show() {
  const now = sides.map(side => after(side, step));
  marks.forEach((mark, m) => {
    const side = sides[m], event = side.events[step - 1];
    document.querySelectorAll(`#${mark}-graph .lit`).forEach(part => part.classList.remove("lit"));
    nodes.forEach((node, i) => {
      const differs = !same(now[0][i].exact, now[1][i].exact), {data, grad} = texts[m][i], other = !same(sides[0].values[i].exact, sides[1].values[i].exact);
      grad.textContent = `grad ${differs ? "≠ " : ""}${now[m][i].text}`;
      grad.classList.toggle("differs", differs);
      data.textContent = `data ${other ? "≠ " : ""}${side.values[i].text}`;
      data.classList.toggle("differs", other);
      const box = $(`${mark}-n${i}`);
      squeezeInto(box, data);
      squeezeInto(box, grad);
      box.dataset.grad = JSON.stringify(now[m][i].exact);
      box.setAttribute("aria-label", `${node.math.join("") || "constant"}, data ${side.values[i].text}, gradient ${now[m][i].text}${differs ? ", another on the other side" : ""}`);
    });
    if (event) {
      for (const id of [`n${event.to}`, `n${event.by}`, `o${event.by}`, `r${event.by}`, `e${event.by}_${event.position}`]) {
        const part = $(`${mark}-${id}`);
        if (part) part.classList.add("lit");
      }
      const before = after(side, step - 1)[event.to].text;
      $(`${mark}-event`).innerHTML = `<span class="math">${nameOf(event.by)}</span> hands <b class="math">${escaped(event.part)}</b> to
        <span class="math">${nameOf(event.to)}</span>, whose gradient goes from <span class="math">${escaped(before)}</span> to
        <b class="math ${same(now[0][event.to].exact, now[1][event.to].exact) ? "" : "differs"}">${escaped(event.text)}</b>.`;
    } else $(`${mark}-event`).textContent = step === 0 ? "The backward pass begins at the result." : "Nothing more happens here.";
  });
  showPlace();
}

function go(to) { step = Math.max(0, Math.min(last, to)); if (step === last) pause(); show(); keep(); }
function keep() { try { history.replaceState(null, "", step ? "#at=" + step : location.href.split("#")[0]); } catch { /* a frame without an address */ } }
const fit = () => pictures.forEach(picture => picture.fit()), zoom = by => pictures.forEach(picture => picture.zoom(by));
scrubber.max = last;
$("fit").onclick = fit;
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const act = {
    ArrowRight: () => jump(step + 1), ArrowLeft: () => jump(step - 1), Home: () => jump(0), End: () => jump(last), f: fit, "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(.8),
    ...(event.target instanceof HTMLButtonElement ? {} : {" ": play}),
  }[event.key];
  if (act) { event.preventDefault(); act(); }
});
step = Math.max(0, Math.min(last, Number(new URLSearchParams(location.hash.slice(1)).get("at")) || 0));
show();
