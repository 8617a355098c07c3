/** Small hooks that several screens share. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { StoreApi } from 'zustand/vanilla';

/**
 * A store's value, looked at no more often than every so many milliseconds; the last one always arrives. Between two looks it stays
 * the same object, whatever else renders the component: the charts below are drawn anew for every new one.
 */
export function useSampled<State, Value>(
  store: StoreApi<State>,
  select: (state: State) => Value,
  milliseconds: number,
): Value {
  const [value, setValue] = useState(() => select(store.getState()));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = 0;
    const look = () => {
      timer = undefined;
      last = performance.now();
      setValue(() => select(store.getState()));
    };
    const lookSoon = () => {
      timer ??= setTimeout(look, Math.max(0, last + milliseconds - performance.now()));
    };
    // It may have changed since it was first rendered.
    look();
    const unsubscribe = store.subscribe(lookSoon);
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  }, [store, select, milliseconds]);
  return value;
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

/**
 * A row that is deleted would take the focus with it. Told the place of the row before it goes, this gives the focus to the button that
 * deletes the row in its place, or the one before, or to the screen's heading. Buttons that delete have `data-remove`.
 */
export function useFocusAfterRemoval(rows: number) {
  const list = useRef<HTMLElement>(null);
  const wish = useRef<number | null>(null);
  useEffect(() => {
    if (wish.current === null) return;
    const buttons = list.current?.querySelectorAll<HTMLElement>('[data-remove]') ?? [];
    const next = buttons[Math.min(wish.current, buttons.length - 1)] ?? document.querySelector<HTMLElement>('main h1');
    wish.current = null;
    next?.focus();
  }, [rows]);
  const removing = useCallback((place: number) => {
    wish.current = place;
  }, []);
  return { list, removing };
}
