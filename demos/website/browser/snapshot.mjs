// Run by node when the site is built: starts Python, imports what most programs use, and writes down its memory. In a
// browser Python then goes on from there, several times as fast as it starts.
import fs from "node:fs";
import zlib from "node:zlib";
import { pathToFileURL } from "node:url";

const [folder, packages, target] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
const python = await loadPyodide({ _makeSnapshot: true, env: { HOME: "/home/pyodide" } });
const extractDir = python.runPython("import sysconfig; sysconfig.get_path('purelib')");
python.unpackArchive(new Uint8Array(fs.readFileSync(packages)), "zip", { extractDir });
python.runPython("import lab; lab.warm()");
fs.writeFileSync(target, zlib.gzipSync(python.makeMemorySnapshot(), { level: 9 }));
