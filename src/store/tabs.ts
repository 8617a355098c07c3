/**
 * Other tabs of the studio: which runs they hold, and word from one to the others that what is stored has changed. A run is held by a
 * lock of the browser's, which goes with the tab, so what is held is alive.
 */
import { RUN_LOCK } from '../worker/protocol';

export interface Tabs {
  /** Ids of the runs that a tab is working on, this one's among them. */
  heldRuns(): Promise<ReadonlySet<string>>;
  tell(): void;
  onTold(listener: () => void): void;
}

const CHANNEL = 'quantelier-tabs';

/** Where there is nobody else: tests, and browsers without locks. */
export const ALONE: Tabs = {
  heldRuns: () => Promise.resolve(new Set()),
  tell: () => undefined,
  onTold: () => undefined,
};

export function browserTabs(): Tabs {
  const channel = typeof BroadcastChannel === 'function' ? new BroadcastChannel(CHANNEL) : null;
  return {
    async heldRuns() {
      // Only pages from a secure address have locks; others cannot have WebGPU either.
      const { held = [] } = (await globalThis.navigator?.locks?.query()) ?? {};
      const names = held.map(({ name = '' }) => name).filter((name) => name.startsWith(RUN_LOCK));
      return new Set(names.map((name) => name.slice(RUN_LOCK.length)));
    },
    tell: () => channel?.postMessage('changed'),
    onTold: (listener) => channel?.addEventListener('message', listener),
  };
}
