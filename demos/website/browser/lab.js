// The lab's page: an editor, the result under what was run, exercises, and links that hold a program.
import { basicSetup, EditorView } from "codemirror";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, keymap } from "@codemirror/view";
import { indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";
import temml from "temml";

const $ = id => document.getElementById(id);
const { settings, examples, exercises } = JSON.parse($("lab-data").textContent);
const result = $("result"), menu = $("menu"), status = $("status"), bar = $("bar");
const opened = performance.now();

// The editor.
const markLine = StateEffect.define();
const marked = StateField.define({
  create: () => Decoration.none,
  update(marks, change) {
    if (change.docChanged) marks = Decoration.none;
    for (const effect of change.effects) if (effect.is(markLine))
      marks = effect.value === null ? Decoration.none
        : Decoration.set([Decoration.line({ class: "cm-wrong" }).range(change.state.doc.line(effect.value).from)]);
    return marks;
  },
  provide: field => EditorView.decorations.from(field),
});
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.bool, tags.null], color: "var(--keyword)" },
  { tag: tags.string, color: "var(--string)" }, { tag: tags.number, color: "var(--number)" },
  { tag: tags.comment, color: "var(--comment)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName)), tags.className], color: "var(--function)" },
]);
const theme = EditorView.theme({
  "&": { backgroundColor: "transparent", color: "var(--ink)" },
  ".cm-scroller": { fontFamily: "var(--code)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--ink)" }, ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--pale)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 7%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    { backgroundColor: "color-mix(in srgb, var(--accent) 28%, transparent)" },
  ".cm-wrong": { backgroundColor: "color-mix(in srgb, var(--mark) 16%, transparent)", boxShadow: "inset 3px 0 var(--mark)" },
  ".cm-panels, .cm-tooltip": { backgroundColor: "var(--card)", color: "var(--ink)", border: "1px solid var(--line)" },
});
const editor = new EditorView({
  parent: $("editor"),
  state: EditorState.create({ doc: "", extensions: [
    keymap.of([{ key: "Mod-Enter", run: () => { run(); return true; } }, indentWithTab]),
    basicSetup, python(), indentUnit.of("    "), syntaxHighlighting(colours), theme, marked, EditorView.lineWrapping,
    EditorView.contentAttributes.of({ "aria-label": "The program", "aria-describedby": "keys" }),
    EditorView.updateListener.of(change => { if (change.docChanged) keep(); }),
  ] }),
});
const program = () => editor.state.doc.toString();
function write(text) {
  editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text }, selection: { anchor: 0 }, scrollIntoView: true });
}
function pointAt(line, focus = false) {
  if (!line || line > editor.state.doc.lines) return;
  editor.dispatch({ effects: markLine.of(line), ...(focus ? { selection: { anchor: editor.state.doc.line(line).from } } : {}), scrollIntoView: focus });
  if (focus) editor.focus();
}

// What is open: an example, an exercise, or a program that a link held.
const store = { get: key => { try { return JSON.parse(localStorage.getItem("ninjagrad." + key)); } catch { return null; } },
                set: (key, x) => { try { localStorage.setItem("ninjagrad." + key, JSON.stringify(x)); } catch { /* a browser that keeps nothing */ } } };
let exercise = null, keeping = false;
const progress = () => store.get("exercises") ?? {};
function keep() { if (keeping && exercise !== null) store.set("answers." + exercise, program()); }

function open(source, { number = null, key = "" } = {}) {
  keeping = false;
  exercise = number;
  const task = number === null ? null : exercises.find(one => one.number === number);
  write(task ? store.get("answers." + number) ?? task.starter : source);
  keeping = true;
  $("task").hidden = !task;
  if (task) $("task-title").textContent = `Exercise ${number}: ${task.title}`;
  $("run").textContent = task ? "Check" : "Run";
  menu.value = task ? `exercise=${number}` : key ? `example=${key}` : "";
  document.title = (task ? `Exercise ${number}` : examples.find(one => one.key === key)?.title ?? "Lab") + " · ninjagrad lab";
  result.replaceChildren(note(task ? "Write the gradients in the place of None, then check them." : "Run the program to see its result here."));
  showProgress();
}
function showProgress() {
  for (const option of menu.querySelectorAll("option[value^='exercise=']")) {
    const number = Number(option.value.slice(9)), done = progress()[number];
    const title = exercises.find(one => one.number === number).title;
    option.textContent = `${number}: ${title}` + (done ? done.right === done.of ? "  ✓ solved" : `  ${done.right} of ${done.of} right` : "");
  }
  const done = exercise === null ? null : progress()[exercise];
  $("task-state").textContent = done ? done.right === done.of ? "✓ solved" : `${done.right} of ${done.of} right` : "";
  $("task-state").className = "state" + (done && done.right === done.of ? " done" : "");
}

// A link holds the program itself, packed; nothing is stored anywhere.
async function packed(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), letter => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();
}
async function follow() {
  const [what, held] = [location.hash.slice(1).split("=")[0], location.hash.slice(location.hash.indexOf("=") + 1)];
  try {
    if (what === "code") return open(await unpacked(held));
    if (what === "exercise" && exercises.some(one => one.number === Number(held))) return open("", { number: Number(held) });
    const found = what === "example" ? examples.find(one => one.key === held) : examples[0];
    if (found) return open(found.source, { key: found.key });
    open(examples[0].source, { key: examples[0].key });
    result.replaceChildren(note(`There is no ${what} called ${held}; this is the first example.`));
  } catch {
    open(examples[0].source, { key: examples[0].key });
    result.replaceChildren(note("This link's program can't be read: a part of the link is missing. This is the first example."));
  }
}

// What is shown.
function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}
const note = text => element("p", text, "pale");

function page(text) {
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts";
  frame.title = "A page that the program wrote";
  frame.srcdoc = text;
  return frame;
}
function harmless(text) {                           // a link may hold a stranger's program: none of its scripts run here
  const found = new DOMParser().parseFromString(text, "text/html");
  found.querySelectorAll("script, link, meta, base, object, embed, form").forEach(one => one.remove());
  found.querySelectorAll("iframe").forEach(frame => frame.replaceWith(page(frame.srcdoc)));
  found.querySelectorAll("*").forEach(one => [...one.attributes].forEach(({ name, value }) => {
    if (name.startsWith("on") || /^\s*javascript:/i.test(value)) one.removeAttribute(name);
  }));
  return [...found.querySelectorAll("head > style"), ...found.body.childNodes].map(one => document.adoptNode(one));
}
function shown(bundle) {
  const box = element("div", "", "shown");
  const markup = bundle["image/svg+xml"]?.replace(/^[^]*?(?=<svg)/, "") ?? bundle["text/html"];
  if (markup !== undefined && /^\s*(<!doctype|<html)/i.test(markup)) box.append(page(markup));
  else if (markup !== undefined) box.append(...harmless(markup));
  else if (bundle["text/latex"] !== undefined) {
    box.innerHTML = temml.renderToString(bundle["text/latex"].replace(/^\$+|\$+$/g, ""), { displayMode: true, throwOnError: false });
  } else if (bundle["image/png"] !== undefined) {
    const image = new Image();
    image.alt = bundle["text/plain"] ?? "a picture";
    image.src = "data:image/png;base64," + bundle["image/png"];
    box.append(image);
  } else box.append(element("pre", bundle["text/plain"]));
  box.querySelectorAll("svg").forEach(svg => {
    svg.querySelectorAll("title").forEach(one => one.remove());
    if (!svg.hasAttribute("role")) { svg.setAttribute("role", "img"); svg.setAttribute("aria-label", "The graph"); }
    svg.style.minWidth = `${0.7 * parseFloat(svg.getAttribute("width"))}pt`;      // wide ones scroll rather than shrink
  });
  if (box.querySelector("table, svg")) { box.tabIndex = 0; box.setAttribute("role", "group"); box.setAttribute("aria-label", "Result"); }
  return box;
}
const places = new Map();
function told(message) {
  if (message.what === "text") {
    const last = result.lastElementChild;
    if (last?.matches(`pre.${message.stream}`)) last.append(message.text);
    else result.append(element("pre", message.text, message.stream));
  } else if (message.what === "show") {
    const box = shown(message.bundle), before = places.get(message.place);
    if (before) before.replaceWith(box); else result.append(box);
    places.set(message.place, box);
  } else if (message.what === "error") failed(message);
  if (message.what !== "show") result.scrollTop = result.scrollHeight;
}
function failed({ type, message, line, frames }) {
  const box = element("div", "", "failed");
  box.setAttribute("role", "alert");
  const text = element("p");
  text.append(element("b", type), message ? `: ${message}` : "");
  box.append(text);
  if (line) {
    const button = element("button", `line ${line}`);
    button.onclick = () => pointAt(line, true);
    box.append(button);
    pointAt(line);
  }
  if (frames?.length) {
    const folded = element("details"), lines = element("pre");
    folded.append(element("summary", "where it happened"), lines);
    lines.textContent = frames.map(one => one.line ? `line ${one.line}${one.where && one.where !== "<module>" ? `, in ${one.where}` : ""}:  ${one.text.trim()}` : one.text).join("\n");
    box.append(folded);
  }
  result.append(box);
}

const MARKS = { right: "✓", wrong: "✗", todo: "·", missing: "?", follows: "↑" };
function graded(report) {
  const list = element("ul", "", "answers");
  for (const line of report.lines) {
    const item = element("li", "", line.state === "right" ? "right-answer" : line.state);
    const what = line.state === "wrong" ? line.mistake === "unknown" ? "none of the usual mistakes" : line.mistake
      : line.state === "follows" ? `fine for what it was fed; look further up: ${line.from?.join(", ") || "the lines above"}`
      : line.state === "missing" ? report.error ? "not reached" : "there is no variable of this name"
      : line.state === "todo" ? "not written yet" : "right";
    item.append(element("span", MARKS[line.state], "mark"), element("code", line.name), " ", element("span", what, "what"));
    if (line.state === "wrong" && line.evidence) item.append(element("p", line.evidence));
    if (!["right", "follows"].includes(line.state)) {
      if (line.hint) item.append(element("p", "→ " + line.hint));
      for (const [title, text] of [["where it is used", line.uses], ["a strong hint", line.own]]) if (text) {
        const folded = element("details");
        folded.append(element("summary", title), element("p", text));
        item.append(folded);
      }
    }
    list.append(item);
  }
  if (report.output) result.append(element("pre", report.output));
  result.append(list);
  if (report.note) result.append(element("p", report.note));
  if (report.error) failed({ type: report.error.line ? `Stopped in line ${report.error.line}` : "Stopped", message: report.error.what, line: report.error.line });
  const right = report.lines.filter(line => line.state === "right").length, of = report.lines.length;
  const taken = report.borrowed.map(one => one.what + (one.line ? ` (line ${one.line})` : ""));
  const whole = of > 0 && right === of && !report.error && !taken.length;
  result.append(element("p", whole ? `All ${right} right, by hand.` : right === of && taken.length
    ? `All ${right} right, but not by hand: this program ${taken.slice(0, 3).join(", ")}.` : `${right} of ${of} right.`, whole ? "state done" : ""));
  const before = progress()[exercise];
  store.set("exercises", { ...progress(), [exercise]: { right: taken.length ? Math.min(right, of - 1) : report.error ? Math.min(right, of - 1) : right, of,
                                                        attempts: (before?.attempts ?? 0) + 1 } });
  showProgress();
}

// Python, in its worker.
const state = name => { document.body.dataset.state = name; };
let worker, ready, running = false, waiting = null, late = null;
function say(text, part = null) {
  status.textContent = text;
  bar.hidden = part === null;
  if (part !== null) bar.value = part;
}
function start() {
  ready = false;
  const address = new URL("worker.js", document.baseURI).href;
  const script = URL.createObjectURL(new Blob([`import ${JSON.stringify(address)};`], { type: "text/javascript" }));
  worker = new Worker(script, { type: "module" });  // from a blob, so that the page's security policy is the worker's too
  worker.onerror = event => broken(event.message || "it could not be loaded");
  worker.onmessage = ({ data }) => {
    if (data.kind === "progress") say(data.text + " …", data.part);
    else if (data.kind === "ready") {
      ready = true;
      say(`Ready, ${((performance.now() - opened) / 1000).toFixed(1)} s after the page was opened.`);
      state("ready");
      late ??= setTimeout(keepAll, 3000);
      if (waiting) waiting();
    } else if (data.kind === "running") say("Running …", undefined), bar.removeAttribute("value");
    else if (data.kind === "result") told(data);
    else if (data.kind === "graded") graded(data.report);
    else if (data.kind === "done") finished(`Done in ${data.seconds.toFixed(2)} s.`);
    else if (data.kind === "broken") broken(data.text);
  };
  worker.postMessage({ kind: "start", settings });
}
function broken(text) {
  finished("Python has stopped.");
  failed({ type: "The lab", message: `Python can't go on: ${text}`, frames: [] });
  worker.terminate();
  start();
}
function finished(text) {
  running = false;
  state("done");
  say(text);
  $("stop").disabled = true;
  $("run").disabled = false;
  result.setAttribute("aria-busy", "false");
  if (!result.querySelector(".failed")) result.scrollTop = 0;
  if (matchMedia("(max-width: 760px)").matches) result.scrollIntoView({ block: "start" });
}
function run() {
  if (running) return;
  if (waiting) return;
  editor.dispatch({ effects: markLine.of(null) });
  const job = exercise === null ? { kind: "run", source: program() } : { kind: "grade", number: exercise, source: program() };
  $("run").disabled = true;
  $("stop").disabled = false;
  state("running");
  const go = () => {
    waiting = null;
    running = true;
    places.clear();
    result.replaceChildren();
    result.setAttribute("aria-busy", "true");
    worker.postMessage(job);
  };
  if (ready) go();
  else { waiting = go; result.replaceChildren(note("This runs as soon as Python has started.")); }
}
function stop() {
  if (!running && !waiting) return;
  const started = running;
  waiting = null;
  if (started) worker.terminate();
  finished("Stopped.");
  result.append(note("Stopped. Python starts anew, which takes a moment."));
  if (started) start();
}

// Once all is quiet, what the lab loads is put by, `derive`'s wheels too, so that it works without a network from then on.
async function keepAll() {
  if (!navigator.serviceWorker || !self.caches || navigator.connection?.saveData) return;
  const store = await caches.open("ninjagrad");
  for (const name of settings.files)
    if (!await store.match(name)) await store.add(name).catch(() => {});
  document.body.dataset.kept = "true";
}

$("run").onclick = run;
$("stop").onclick = stop;
$("link").onclick = async () => {
  history.replaceState(null, "", "#code=" + await packed(program()));
  try { await navigator.clipboard.writeText(location.href); say("The link is copied. It holds the program itself."); }
  catch { say("The address of this page now holds the program: copy it."); }
};
$("anew").onclick = () => {
  if (exercise !== null) { store.set("answers." + exercise, null); open("", { number: exercise }); }
  else { const found = examples.find(one => menu.value === `example=${one.key}`); if (found) open(found.source, { key: found.key }); }
};
menu.onchange = () => {
  if (location.hash === "#" + menu.value) follow();
  else if (menu.value) location.hash = menu.value;
};
addEventListener("hashchange", follow);
document.addEventListener("keydown", event => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && !event.defaultPrevented) { event.preventDefault(); run(); }
});
follow();
start();
