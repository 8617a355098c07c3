/** Gathers what arrives between two frames, so that a thousand events a second cost one update a frame. */

/** Calls back at the next frame, or soon where no frames are drawn (a hidden tab). */
export type Schedule = (callback: () => void) => void;

export const frameSchedule: Schedule = (callback) => {
  let called = false;
  const once = () => {
    if (called) return;
    called = true;
    callback();
  };
  requestAnimationFrame(once);
  setTimeout(once, 250);
};

export interface Batch<T> {
  add(item: T): void;
  /** Hands over what is waiting now. */
  flush(): void;
}

export function createBatch<T>(schedule: Schedule, handOver: (items: readonly T[]) => void): Batch<T> {
  let items: T[] = [];
  const flush = () => {
    if (items.length === 0) return;
    const batch = items;
    items = [];
    handOver(batch);
  };
  return {
    add(item) {
      items.push(item);
      if (items.length === 1) schedule(flush);
    },
    flush,
  };
}
