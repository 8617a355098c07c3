/** The page's side of the service worker: registers it, has samples kept, and tells when a new version waits. */

export interface Registered {
  /** Calls back when a version that is newer than the page's waits, also at once. */
  onWaiting(listener: () => void): void;
  /** Changes to the version that waits, and loads the page anew. */
  useWaiting(): void;
}

/** Beside index.html; named so in vite.config.ts. */
const WORKER = './offline.js';

/** Null where the browser has no service workers, or does not let the page have one. */
export async function registerWorker(): Promise<Registered | null> {
  if (!('serviceWorker' in navigator)) return null;
  const { serviceWorker } = navigator;
  // Private windows and policies refuse, some without a word: the studio then needs its address at every start, as before.
  const registration: ServiceWorkerRegistration | undefined = await serviceWorker
    .register(WORKER)
    .catch(() => undefined);
  if (!registration) return null;
  void serviceWorker.ready.then(({ active }) => active?.postMessage('samples'));
  return {
    onWaiting(listener) {
      // The first version of all has nothing before it, and waits for nobody.
      const look = () => {
        if (registration.waiting && serviceWorker.controller) listener();
      };
      look();
      registration.addEventListener('updatefound', () => {
        registration.installing?.addEventListener('statechange', look);
      });
    },
    useWaiting() {
      serviceWorker.addEventListener('controllerchange', () => window.location.reload(), { once: true });
      registration.waiting?.postMessage('use');
    },
  };
}
