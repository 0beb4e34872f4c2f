/* Keeps the page itself, so that it opens with no network. Sounds are not kept here: WebKit does not play parts of them
 * out of this cache (vite-pwa/vite-plugin-pwa#894); the page keeps them whole. VERSION and SHELL stand above. */

const CACHE = `page-${VERSION}`;
const LATE = ["catalogue.json"]; // asked for anew each time, and kept for when nobody answers
const PATIENCE_MS = 3000; // away from home, nobody says that nobody will answer

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(["./", ...SHELL.filter((name) => name !== "index.html")].map((name) => new Request(name, { cache: "reload" })));
    const seen = await self.clients.matchAll({ includeUncontrolled: true, type: "window" });
    const pages = seen.flatMap(({ url }) => ["./", ...LATE].map((name) => new URL(name, url).href));
    await Promise.allSettled(pages.map((page) => cache.add(page))); // what was loaded before there was a worker
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith("page-") && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

const newOrKept = async (request, key) => {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(key);
  const asked = (async () => {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await cache.put(key, answer.clone());
    return answer;
  })();
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, kept));
  return (await Promise.race(kept ? [asked, late] : [asked]).catch(() => kept))?.clone() ?? Response.error();
};

/** So the page and its scripts are of one version; another comes with its own worker. */
const keptOrNew = async (request, key) => (await caches.match(key, { cacheName: CACHE })) ?? fetch(request);

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  const scope = new URL(self.registration.scope);
  if (request.method !== "GET" || !address.href.startsWith(scope.href)) return;
  const name = address.pathname.slice(scope.pathname.length);
  // A person's page has a folder of its own; an address with a secret in it leads to the page.
  if (request.mode === "navigate" && name === "") event.respondWith(keptOrNew(request, scope.href));
  else if (request.mode === "navigate" && name.startsWith("k/")) event.respondWith(newOrKept(request, scope.href));
  else if (request.mode === "navigate" && name.endsWith("/")) event.respondWith(newOrKept(request, address.origin + address.pathname));
  else if (LATE.some((each) => name === each || name.endsWith(`/${each}`))) event.respondWith(newOrKept(request, address.href));
  else if (SHELL.includes(name)) event.respondWith(keptOrNew(request, request));
});
