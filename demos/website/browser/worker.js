// Python, in a thread of its own, so that a program that never ends can be ended. It is told what to run and tells
// the page what came of it. Whatever it loads lies beside it in the same folder.
import { Graphviz } from "@hpcc-js/wasm-graphviz";

const here = new URL(".", import.meta.url);
const at = address => new URL(address, here).href;
const tell = (kind, more = {}) => postMessage({ kind, ...more });
let python, lab, settings;
const loaded = new Set();

async function bytes(address) {
  const answer = await fetch(at(address));
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.arrayBuffer();
}

// Python's memory as it was written down once it had started. Without it, or where it can't be read, Python starts anew.
async function memory() {
  if (!settings.snapshot) return undefined;
  const answer = await fetch(at(settings.snapshot));
  return new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function start(given) {
  settings = given;
  tell("progress", { text: "Python is being fetched", part: 0.1 });
  const packages = bytes("python.zip"), drawing = Graphviz.load(), remembered = memory();
  const { loadPyodide } = await import(at(settings.pyodide + "pyodide.mjs"));
  const options = { indexURL: at(settings.pyodide), env: { HOME: "/home/pyodide" } };
  tell("progress", { text: "Python is starting", part: 0.35 });
  try {
    python = await loadPyodide({ ...options, _loadSnapshot: await remembered });
  } catch {
    python = await loadPyodide(options);
  }
  tell("progress", { text: "ninjagrad is being unpacked", part: 0.8 });
  const place = python.runPython("import sysconfig; sysconfig.get_path('purelib')");
  python.unpackArchive(await packages, "zip", { extractDir: place });
  const graphviz = await drawing;
  lab = python.pyimport("lab");
  lab.start(source => graphviz.layout(source, "svg", "dot"), message => tell("result", JSON.parse(message)));
  tell("ready");
}

// What a program needs beside Python is loaded when it is first wanted.
async function prepare(source) {
  if (/\b(derive|sympy|mpmath)\b/.test(source) && !loaded.has("sympy")) {
    tell("progress", { text: "SymPy is being loaded, for derive", part: 0.5 });
    for (const wheel of await Promise.all(settings.wheels.map(name => bytes("wheels/" + name))))
      python.unpackArchive(wheel, "wheel");
    tell("progress", { text: "SymPy is being loaded, for derive", part: 0.8 });
    python.runPython("import sympy");
    loaded.add("sympy");
  }
  if (settings.numpy && /\b(numpy|[Tt]ensor|torch|nn)\b/.test(source) && !loaded.has("numpy")) {
    tell("progress", { text: "NumPy is being loaded", part: 0.5 });
    await python.loadPackage("numpy", { messageCallback: () => {} });
    loaded.add("numpy");
  }
}

onmessage = async ({ data }) => {
  try {
    if (data.kind === "start") return await start(data.settings);
    const began = performance.now();
    await prepare(data.source);
    tell("running");
    if (data.kind === "run") lab.run(data.source);
    if (data.kind === "grade") tell("graded", { report: JSON.parse(lab.grade(data.number, data.source)) });
    tell("done", { seconds: (performance.now() - began) / 1000 });
  } catch (error) {
    tell("broken", { text: String(error.message ?? error) });
  }
};
