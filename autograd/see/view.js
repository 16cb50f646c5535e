// What pages with a picture of a graph share: names set as mathematics, numbers in four digits, and a picture that can be
// zoomed and moved.

const escaped = text => String(text).replace(/[&<>]/g, c => ({"&": "&amp;", "<": "&lt;", ">": "&gt;"}[c]));

function shown(x) {                                 // four digits, as Python's :.4g; but a zero without a sign
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "−inf";
  if (x === 0) return "0";
  const [digits, power] = x.toExponential(3).split("e"), e = Number(power);
  const bare = text => text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  const text = e < -4 || e > 3 ? `${bare(digits)}e${e < 0 ? "-" : "+"}${String(Math.abs(e)).padStart(2, "0")}`
    : bare(x.toFixed(3 - e));
  return text.replaceAll("-", "−");
}

function squeeze(text, room) {                      // letters here may be wider than those the picture was laid out with
  text.removeAttribute("textLength");
  if (room <= 0 || text.getComputedTextLength() <= room) return;      // a page that is not shown yet has no room
  text.setAttribute("textLength", room);
  text.setAttribute("lengthAdjust", "spacingAndGlyphs");
}

function squeezeInto(box, text) {
  const around = box.querySelector("path, polygon").getBBox();
  squeeze(text, around.x + around.width - Number(text.getAttribute("x")) - 3);
}

function setName(text, [base, low]) {               // in a picture
  text.classList.add("name");
  if (!low) { text.textContent = base; return; }
  text.textContent = base;
  const below = document.createElementNS(text.namespaceURI, "tspan");
  below.setAttribute("dy", "3"); below.setAttribute("class", "low");
  below.textContent = low;
  text.append(below);
}

// The picture in `frame`, as large as there is room for. Wheel, two fingers and keys zoom it, dragging moves it.
function view(frame) {
  const svg = frame.querySelector("svg");
  const [, , wide, high] = svg.getAttribute("viewBox").split(" ").map(Number);
  let k = 1, x = wide / 2, y = high / 2, own = false, near = false;       // pixels for a unit; the middle; whether the reader chose them, or `follow`
  svg.removeAttribute("width"); svg.removeAttribute("height");
  frame.querySelectorAll(".op").forEach(circle => {
    const text = circle.querySelector("text"), place = circle.querySelector("ellipse, path").getBBox();
    text.textContent = {"-": "−", "*": "·"}[text.textContent] || text.textContent;
    text.setAttribute("x", place.x + place.width / 2);
    text.setAttribute("text-anchor", "middle");
    squeeze(text, place.width - 4);
  });
  frame.querySelectorAll("svg title").forEach(title => title.remove());

  const best = () => Math.min((frame.clientWidth - 20) / wide, (frame.clientHeight - 20) / high, 1.7);
  function apply() {
    const w = frame.clientWidth / k, h = frame.clientHeight / k;
    if (w > 0 && h > 0) svg.setAttribute("viewBox", `${x - w / 2} ${y - h / 2} ${w} ${h}`);
  }
  function fit() { own = near = false; k = Math.max(best(), .01); x = wide / 2; y = high / 2; apply(); }
  function zoom(factor, px = frame.clientWidth / 2, py = frame.clientHeight / 2) {
    const to = Math.min(6, Math.max(Math.min(best(), 1) / 2, k * factor));
    x += (px - frame.clientWidth / 2) * (1 / k - 1 / to);
    y += (py - frame.clientHeight / 2) * (1 / k - 1 / to);
    k = to; own = true; apply();
  }
  function pan(dx, dy) { x -= dx / k; y -= dy / k; own = true; apply(); }
  function follow(box) {                            // bring a node into sight; near enough to read, unless the reader zoomed
    const middle = () => {
      const place = box.getBoundingClientRect(), around = frame.getBoundingClientRect();
      return [place, around, place.left + place.width / 2 - around.left - around.width / 2,
              place.top + place.height / 2 - around.top - around.height / 2];
    };
    const [place, around, dx, dy] = middle();
    if (!own && best() < .7 && k < .85) {
      x += dx / k; y += dy / k; k = .85; near = true;
      return apply();
    }
    if (place.left < around.left + 4 || place.right > around.right - 4) x += dx / k;
    if (place.top < around.top + 4 || place.bottom > around.bottom - 4) y += dy / k;
    apply();
  }

  frame.addEventListener("wheel", event => {
    event.preventDefault();
    const around = frame.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY * (event.ctrlKey ? .01 : .0016)), event.clientX - around.left, event.clientY - around.top);
  }, {passive: false});
  const fingers = new Map();
  let moved = false;
  frame.addEventListener("pointerdown", event => {
    if (event.defaultPrevented) return;
    moved = false;
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
  });
  frame.addEventListener("pointermove", event => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY];
    if (fingers.size === 2) {
      const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      const apart = at => Math.hypot(at[0] - other[0], at[1] - other[1]), around = frame.getBoundingClientRect();
      zoom(apart(now) / Math.max(apart(before), 1), (now[0] + other[0]) / 2 - around.left, (now[1] + other[1]) / 2 - around.top);
      moved = true;
    } else if (moved || Math.hypot(now[0] - before[0], now[1] - before[1]) > 4) {
      if (!moved) frame.setPointerCapture(event.pointerId);
      moved = true;
      pan(now[0] - before[0], now[1] - before[1]);
    } else return;
    fingers.set(event.pointerId, now);
  });
  const lift = event => fingers.delete(event.pointerId);
  frame.addEventListener("pointerup", lift);
  frame.addEventListener("pointercancel", lift);
  frame.addEventListener("click", event => { if (moved) { event.stopPropagation(); moved = false; } }, true);
  new ResizeObserver(() => own || near ? apply() : fit()).observe(frame);
  fit();
  return {fit, zoom, pan, follow, scale: () => k, wide, high};
}

// Which operand an edge brings, written where it arrives.
function nameSide(edge, circle, text, low) {
  const path = edge.querySelector("path"), length = path.getTotalLength(), end = path.getPointAtLength(length);
  const at = path.getPointAtLength(Math.max(0, length - 9)), centre = circle.getBBox();
  const middle = centre.y + centre.height / 2, up = Math.abs(at.y - middle) > 1 ? at.y < middle : !low;
  const mark = document.createElementNS(path.namespaceURI, "text");
  mark.setAttribute("x", end.x);
  mark.setAttribute("y", (at.y + end.y) / 2 + (up ? -6 : 12));
  mark.setAttribute("text-anchor", "end");
  mark.setAttribute("class", "side");
  mark.textContent = text;
  edge.append(mark);
}
