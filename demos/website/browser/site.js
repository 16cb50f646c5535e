// On every page: the search, and how far the reader is with the exercises. The index is loaded when it is first wanted.
import MiniSearch from "minisearch";

const root = document.documentElement.dataset.root;
const box = document.getElementById("search"), list = document.getElementById("found");
let index = null;

function load() {
  if (index !== null) return;
  index = false;
  const script = document.createElement("script");
  script.src = root + "search-index.js";            // a script, not JSON, so that it works from a folder too
  script.onload = () => {
    index = MiniSearch.loadJSON(window.SEARCH, { fields: ["title", "text"], storeFields: ["title", "where", "address"] });
    find();
  };
  document.head.append(script);
}
function find() {
  list.replaceChildren();
  const words = box.value.trim();
  if (!index || !words) return;
  const hits = index.search(words, { prefix: true, fuzzy: word => word.length > 4 ? 0.2 : 0, boost: { title: 4 } }).slice(0, 12);
  for (const hit of hits) {
    const item = document.createElement("li"), link = document.createElement("a"), where = document.createElement("small");
    link.href = root + hit.address;
    link.textContent = hit.title;
    where.textContent = hit.where;
    link.append(where);
    item.append(link);
    list.append(item);
  }
  if (!hits.length) {
    const none = document.createElement("li");
    none.className = "none";
    none.textContent = "Nothing is found.";
    list.append(none);
  }
}
box.addEventListener("focus", load);
box.addEventListener("input", find);
document.addEventListener("keydown", event => {
  const links = [...list.querySelectorAll("a")], at = links.indexOf(document.activeElement);
  if (event.key === "/" && !event.target.closest("input, textarea, [contenteditable=true]")) { event.preventDefault(); box.focus(); }
  else if (!event.target.closest(".search")) return;
  else if (event.key === "ArrowDown" && links.length) { event.preventDefault(); links[Math.min(at + 1, links.length - 1)].focus(); }
  else if (event.key === "ArrowUp" && links.length) { event.preventDefault(); at > 0 ? links[at - 1].focus() : box.focus(); }
  else if (event.key === "Enter" && event.target === box && links.length) { event.preventDefault(); links[0].click(); }
  else if (event.key === "Escape") { box.value = ""; find(); box.focus(); }
});
document.addEventListener("click", event => { if (!event.target.closest(".search")) list.replaceChildren(); });

try {
  const done = JSON.parse(localStorage.getItem("ninjagrad.exercises")) ?? {};
  for (const place of document.querySelectorAll("[data-exercise]")) {
    const one = done[place.dataset.exercise];
    if (!one) continue;
    place.textContent = one.right === one.of ? "✓ solved in this browser" : `${one.right} of ${one.of} right so far`;
    place.classList.toggle("done", one.right === one.of);
  }
} catch { /* a browser that keeps nothing */ }
if (location.protocol.startsWith("http") && navigator.serviceWorker)
  navigator.serviceWorker.register(root + "offline.js").then(() => navigator.serviceWorker.ready).then(async () => {
    const store = await caches.open("ninjagrad");     // this page came before the worker could see it
    const own = performance.getEntriesByType("resource").map(one => one.name).filter(name => name.startsWith(location.origin));
    for (const address of [location.href.split("#")[0], ...own])
      if (!await store.match(address)) await store.add(address).catch(() => {});
  }).catch(() => {});
