// Pages of today's work live without network; everything else goes to the network and says so when there is none.
const SHELL = "ops-shell-1", PAGES = "ops-pages";
const FILES = [{% for one in shell %}"{{ one|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %}];
const OFFLINE = "{{ offline|escapejs }}";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => Promise.allSettled(FILES.map((one) => cache.add(one)))).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// A page names what to keep; what it no longer names is dropped, so that a done task leaves the phone.
self.addEventListener("message", (event) => {
  if (!event.data || !Array.isArray(event.data.keep)) return;
  event.waitUntil((async () => {
    const cache = await caches.open(PAGES);
    const wanted = event.data.keep.map((one) => new URL(one, self.location.origin).href);
    for (const request of await cache.keys()) if (!wanted.includes(request.url)) await cache.delete(request);
    for (const url of wanted) {
      const answer = await fetch(url, { credentials: "same-origin" }).catch(() => null);
      if (answer && answer.ok && !answer.redirected) await cache.put(url, answer);
    }
  })());
});

async function page(request) {
  try {
    return await fetch(request);
  } catch (problem) {
    const kept = await (await caches.open(PAGES)).match(request, { ignoreSearch: true });
    return kept || (await caches.match(OFFLINE)) || Promise.reject(problem);
  }
}

async function file(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) (await caches.open(SHELL)).put(request, answer.clone());
  return answer;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
});
