// Keeps copies of the pages of the course, and answers with them when there is no connection.
//
// A browser has this worker only after somebody pressed "Keep for offline reading". It reads nothing of an account:
// each copy is fetched without cookies, as a visitor sees the page. It answers only GET: pages from the network first,
// else from the copies; other addresses, such as those of tests, get the copy of /offline, which says what is kept.
// What is sent (POST) never passes through here.

const PREFIX = "palpate-copies-";
const CONTENTS = "/offline/contents";
const VERSION = "/offline/version";
const OFFLINE_PAGE = "/offline";
const FILES = ["/static/", "/pictures/"];
const FETCHED_AT_ONCE = 4;

/** Ask as a visitor, for a copy that looks as this browser's pages do. */
const ask = async (address, looks) => {
  const { language, zone, theme } = looks;
  const headers = { "Accept-Language": language, "Palpate-Copy": String(new URLSearchParams({ zone, theme })) };
  const response = await fetch(address, { credentials: "omit", cache: "no-store", headers });
  if (!response.ok || response.redirected) throw new Error(`${address}: ${response.status}`);
  return response;
};

/** The complete copies of this browser: their cache, and what is known about them. The list is stored last. */
const findCopies = async () => {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  for (const name of names.sort().reverse()) {
    const cache = await caches.open(name);
    const list = await cache.match(CONTENTS);
    if (list) return { name, cache, facts: await list.json() };
  }
  return null;
};

const removeAllBut = async (kept) => {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== kept);
  await Promise.all(names.map((name) => caches.delete(name)));
};

const fill = async (cache, addresses, looks, report) => {
  let [next, done, bytes] = [0, 0, 0];
  const fetchOthers = async () => {
    while (next < addresses.length) {
      const address = addresses[next++];
      const response = await ask(address, looks);
      bytes += (await response.clone().arrayBuffer()).byteLength;
      await cache.put(address, response);
      report({ done: ++done, total: addresses.length });
    }
  };
  const stop = (error) => {
    next = addresses.length;
    throw error;
  };
  await Promise.all(Array.from({ length: FETCHED_AT_ONCE }, () => fetchOthers().catch(stop)));
  return bytes;
};

/** Make all copies anew. The earlier ones stay until these are complete. */
const makeCopies = async (looks, report) => {
  const name = `${PREFIX}${Date.now()}`;
  const cache = await caches.open(name);
  try {
    const { version, pages, files } = await (await ask(CONTENTS, looks)).json();
    const bytes = await fill(cache, [...pages, ...files], looks, report);
    const facts = { version, looks, bytes, keptAt: Date.now() };
    await cache.put(CONTENTS, new Response(JSON.stringify(facts)));
    await removeAllBut(name);
  } catch (error) {
    await caches.delete(name);
    throw error;
  }
};

let making = null;

/** Make copies, one set at a time. */
const keep = (looks, report = () => {}) => {
  making ??= makeCopies(looks, report).finally(() => {
    making = null;
  });
  return making;
};

/** After a connection: replace copies of another publication or version. */
const renew = async () => {
  const copies = await findCopies();
  if (!copies) return;
  try {
    const { version } = await (await ask(VERSION, copies.facts.looks)).json();
    if (version !== copies.facts.version) await keep(copies.facts.looks);
  } catch {
    // The next page that is opened tries again. Until then, the copies show their date.
  }
};

const findCopy = async (address) => {
  const copies = await findCopies();
  return copies?.cache.match(address, { ignoreVary: true });
};

const openPage = async (event) => {
  try {
    const response = await fetch(event.request);
    event.waitUntil(renew());
    return response;
  } catch {
    const { pathname, search } = new URL(event.request.url);
    return (await findCopy(pathname + search)) ?? (await findCopy(OFFLINE_PAGE)) ?? Response.error();
  }
};

const loadFile = async (request) => {
  try {
    return await fetch(request);
  } catch {
    return (await findCopy(request.url)) ?? Response.error();
  }
};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(openPage(event));
  else if (FILES.some((folder) => pathname.startsWith(folder))) event.respondWith(loadFile(request));
});

// The page /offline asks for copies, and is told how far they are.
self.addEventListener("message", (event) => {
  const [port] = event.ports;
  if (!port) return;
  const report = (news) => port.postMessage(news);
  event.waitUntil(
    keep(event.data, report).then(
      () => report({ isKept: true }),
      () => report({ isFailed: true }),
    ),
  );
});
