/** Small hooks that several screens share. */
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type { StoreApi } from 'zustand/vanilla';

/** Showing sampled values may take this share of the time; the rest is free to answer a person. */
const SHARE = 0.25;

/**
 * A store's value, looked at no more often than every so many milliseconds, and less often where showing it (a chart) is slow; the
 * last one always arrives.
 */
export function useSampled<State, Value>(
  store: StoreApi<State>,
  select: (state: State) => Value,
  milliseconds: number,
): Value {
  const subscribe = useCallback(
    (listener: () => void) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      let last = 0;
      let pause = milliseconds;
      const look = () => {
        timer = undefined;
        last = performance.now();
        listener();
        // By the next task React has rendered and the charts are drawn.
        setTimeout(() => (pause = Math.max(milliseconds, (performance.now() - last) / SHARE)));
      };
      const unsubscribe = store.subscribe(() => {
        timer ??= setTimeout(look, Math.max(0, last + pause - performance.now()));
      });
      return () => {
        unsubscribe();
        clearTimeout(timer);
      };
    },
    [store, milliseconds],
  );
  return useSyncExternalStore(subscribe, () => select(store.getState()));
}

/** The width of an element: hand `measure` to its ref. */
export function useWidth(first: number): {
  width: number;
  measure: (element: HTMLElement | null) => (() => void) | undefined;
} {
  const [width, setWidth] = useState(first);
  const measure = useCallback((element: HTMLElement | null) => {
    if (!element) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.round(entry.contentRect.width)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { width, measure };
}

/** The time, once a second while wanted. */
export function useSeconds(running: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}
