/**
 * The studio's service worker: keeps the page's own files, so that it opens without a network. The build writes the list of files before it
 * (vite.config.ts). A version is kept whole under its own name, and served whole: files of two versions are never mixed, but that the one before
 * stays as long as a tab may still want a part of it. A new version waits until a person asks for it. Nothing but the studio's own files
 * is ever stored or answered here, and every request goes where the page sent it.
 */

interface Files {
  readonly version: string;
  /** Needed to open the studio and every screen: paths from the worker's own place. */
  readonly shell: readonly string[];
  /** The samples, fetched one by one when the page has time. */
  readonly samples: readonly string[];
}

interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface Fetching extends Event {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

interface Scope {
  readonly QUANTELIER_FILES: Files;
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: Waiting) => void): void;
  addEventListener(type: 'fetch', listener: (event: Fetching) => void): void;
  addEventListener(type: 'message', listener: (event: MessageEvent & Waiting) => void): void;
}

const scope = globalThis as unknown as Scope;
const { version, shell, samples } = scope.QUANTELIER_FILES;

/** Of this place only: another studio may live beside it under the same origin. */
const OWN = `quantelier ${scope.registration.scope} `;
const NAME = OWN + version;
/** This version and the one before. */
const KEPT = 2;

const INDEX = 'index.html';
const addressOf = (path: string) => new URL(path, scope.registration.scope).href;
const known = new Set([...shell, ...samples].map(addressOf));

scope.addEventListener('install', (event) => event.waitUntil(keepShell()));
scope.addEventListener('activate', (event) => event.waitUntil(forgetOld().then(() => scope.clients.claim())));
scope.addEventListener('message', (event) => {
  if (event.data === 'use') event.waitUntil(scope.skipWaiting());
  if (event.data === 'samples') event.waitUntil(keepSamples());
});
scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || !url.href.startsWith(scope.registration.scope)) return;
  if (request.mode === 'navigate') {
    const own = url.origin + url.pathname === scope.registration.scope || url.pathname.endsWith(`/${INDEX}`);
    if (own) event.respondWith(answer(new Request(addressOf(INDEX))));
  } else if (request.headers.get('range') === null) {
    event.respondWith(answer(request));
  }
});

async function keepShell(): Promise<void> {
  const cache = await caches.open(NAME);
  // Names with a hash never change their contents; all others are asked for anew.
  const hashed = /-[\w-]{8}\.\w+$/;
  await cache.addAll(
    shell.map((path) => new Request(addressOf(path), { cache: hashed.test(path) ? 'default' : 'reload' })),
  );
}

async function keepSamples(): Promise<void> {
  const cache = await caches.open(NAME);
  for (const address of samples.map(addressOf)) {
    if (await cache.match(address)) continue;
    try {
      await cache.add(address);
    } catch {
      // No network, or no room: the next visit tries again.
      return;
    }
  }
}

async function forgetOld(): Promise<void> {
  // In the order in which they were made.
  const names = (await caches.keys()).filter((name) => name.startsWith(OWN));
  for (const name of names.slice(0, -KEPT)) if (name !== NAME) await caches.delete(name);
}

/** From this version, else from the one before, else from the network. */
async function answer(request: Request): Promise<Response> {
  const names = [NAME, ...(await caches.keys()).filter((name) => name.startsWith(OWN) && name !== NAME).reverse()];
  for (const cacheName of names) {
    const cached = await caches.match(request, { cacheName, ignoreSearch: true, ignoreVary: true });
    if (cached) return cached;
  }
  const fresh = await fetch(request);
  if (fresh.ok && known.has(request.url)) await keep(request, fresh.clone());
  return fresh;
}

/** Full or forbidden storage costs the offline copy, not the answer. */
async function keep(request: Request, response: Response): Promise<void> {
  try {
    await (await caches.open(NAME)).put(request, response);
  } catch {
    return;
  }
}

export {};
