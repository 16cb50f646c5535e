// What was loaded once is there without a network too. With one, it is always fetched anew.
const STORE = "ninjagrad";
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", event => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", event => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  event.respondWith(fetch(request).then(async answer => {
    if (answer.status === 200) (await caches.open(STORE)).put(request, answer.clone());
    return answer;
  }).catch(async () => await caches.match(request, { ignoreSearch: true }) ?? Response.error()));
});
