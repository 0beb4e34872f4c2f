/* Keeps the page itself, so that it opens with no network. Sounds are not kept here: WebKit does not play parts of them
 * out of this cache (vite-pwa/vite-plugin-pwa#894); the page keeps them whole. VERSION and SHELL stand above. */

const CACHE = `page-${VERSION}`;
const LATE = ["catalogue.json"]; // asked for anew each time, and kept for when nobody answers

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(["./", ...SHELL.filter((name) => name !== "index.html")].map((name) => new Request(name, { cache: "reload" })));
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
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await cache.put(key, answer.clone());
    return answer;
  } catch {
    return (await cache.match(key)) ?? Response.error();
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  const scope = new URL(self.registration.scope);
  if (request.method !== "GET" || !address.href.startsWith(scope.href)) return;
  const name = address.pathname.slice(scope.pathname.length);
  // A page of a person lies in a folder of its own; an address with a secret in it leads to the page.
  if (request.mode === "navigate" && (name === "" || name.startsWith("k/"))) {
    event.respondWith(newOrKept(request, scope.href));
  } else if (request.mode === "navigate" && name.endsWith("/")) event.respondWith(newOrKept(request, address.origin + address.pathname));
  else if (LATE.some((each) => name === each || name.endsWith(`/${each}`))) event.respondWith(newOrKept(request, address.href));
  else if (SHELL.includes(name)) {
    event.respondWith(caches.match(request, { cacheName: CACHE }).then((kept) => kept ?? fetch(request)));
  }
});
