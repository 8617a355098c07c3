/**
 * The screens behind the first one, each a file of its own that is fetched when it is wanted, or in the first idle moment after the
 * first paint. Once it is here a screen renders at once: nothing is suspended, so nothing jumps. The library is not among them: it is
 * what the first paint shows.
 */
import { useEffect, useSyncExternalStore, type ComponentType } from 'react';
import type { Route } from '../store/route';

/** A screen that shows a run is told which. */
export type ScreenComponent = ComponentType<{ id: string | null }>;
export type LazyScreen = Exclude<Route['screen'], 'library' | 'unknown'>;

const FILES: Readonly<Record<LazyScreen, () => Promise<ScreenComponent>>> = {
  inspect: async () => (await import('./inspect/inspect')).Inspect,
  recipe: async () => (await import('./recipe/recipe')).Recipe,
  run: async () => (await import('./run/run')).Run,
  compare: async () => (await import('./compare/compare')).Compare,
  link: async () => (await import('./shared/shared')).Shared,
  lesson: async () => (await import('./lesson/lessons')).Lessons,
};

export type LoadedScreen = ScreenComponent | 'loading' | 'failed';

const loaded: Partial<Record<LazyScreen, LoadedScreen>> = {};
const listeners = new Set<() => void>();

function put(name: LazyScreen, value: LoadedScreen): void {
  loaded[name] = value;
  for (const listener of listeners) listener();
}

/** Fetches a screen; asking again after a failure tries again. Never rejects: the screen's place says what went wrong. */
export async function loadScreen(name: LazyScreen): Promise<void> {
  const known = loaded[name];
  if (known !== undefined && known !== 'failed') return;
  put(name, 'loading');
  try {
    put(name, await FILES[name]());
  } catch {
    put(name, 'failed');
  }
}

/** All of them, so that going on needs no network. */
export function loadAllScreens(): void {
  for (const name of Object.keys(FILES) as LazyScreen[]) void loadScreen(name);
}

/** Which screen's file a route needs; null where none. */
export function fileOf(screen: Route['screen']): LazyScreen | null {
  return screen === 'library' || screen === 'unknown' ? null : screen;
}

/** The screen of a route, or how far it is; asks for it. Null for what needs no file. */
export function useScreen(name: LazyScreen | null): LoadedScreen | null {
  useEffect(() => {
    if (name !== null) void loadScreen(name);
  }, [name]);
  return useSyncExternalStore(subscribe, () => (name === null ? null : (loaded[name] ?? 'loading')));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
