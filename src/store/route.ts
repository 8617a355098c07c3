/**
 * Where the person is. Routes live in the fragment, so that the studio works from any static host and from any path, and so that
 * a recipe in a link is never sent to the host.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';

export type Route =
  | { readonly screen: 'library' }
  | { readonly screen: 'recipe' }
  /** id null: the run at hand. */
  | { readonly screen: 'run'; readonly id: string | null }
  | { readonly screen: 'compare'; readonly id: string | null }
  /** id null: the list of lessons; `query`: where in the lesson, read by the lesson itself. */
  | { readonly screen: 'lesson'; readonly id: string | null; readonly query: string }
  /** key null: no model is chosen; tensor null: the whole file. */
  | { readonly screen: 'inspect'; readonly key: string | null; readonly tensor: string | null }
  /** A recipe in a link; the text after '#/c/'. */
  | { readonly screen: 'link'; readonly payload: string }
  /** An address that names nothing here; the text after '#'. */
  | { readonly screen: 'unknown'; readonly path: string };

export type Screen = Route['screen'];

const LIBRARY: Route = { screen: 'library' };

/** As much of an unknown address as is kept, to be shown. */
const LONGEST_PATH = 200;
const LONGEST_QUERY = 600;

/** Reads a fragment. None at all is the library. */
export function parseRoute(hash: string): Route {
  const [screen, rest] = splitOnce(hash.replace(/^#?\/?/, ''));
  switch (screen) {
    case 'recipe':
      return { screen };
    case 'run':
    case 'compare':
      return { screen, id: rest === '' ? null : decode(rest) };
    case 'lesson':
      return parseLesson(rest);
    case 'inspect': {
      const [key, tensor] = splitOnce(rest);
      return { screen, key: key === '' ? null : decode(key), tensor: tensor === '' ? null : decode(tensor) };
    }
    case 'c':
      return { screen: 'link', payload: rest };
    case '':
      return LIBRARY;
    case 'library':
      if (rest === '') return LIBRARY;
  }
  return { screen: 'unknown', path: hash.replace(/^#/, '').slice(0, LONGEST_PATH) };
}

export function formatRoute(route: Route): string {
  switch (route.screen) {
    case 'run':
    case 'compare':
      return route.id === null ? `#/${route.screen}` : `#/${route.screen}/${encodeURIComponent(route.id)}`;
    case 'lesson': {
      const place = route.id === null ? '#/lesson' : `#/lesson/${encodeURIComponent(route.id)}`;
      return route.query === '' ? place : `${place}?${route.query}`;
    }
    case 'inspect': {
      const parts = [route.key, route.key === null ? null : route.tensor].filter((part) => part !== null);
      return ['#/inspect', ...parts.map(encodeURIComponent)].join('/');
    }
    case 'link':
      return `#/c/${route.payload}`;
    case 'unknown':
      return `#${route.path}`;
    default:
      return `#/${route.screen}`;
  }
}

function parseLesson(text: string): Route {
  const mark = text.indexOf('?');
  const [id, query] = mark === -1 ? [text, ''] : [text.slice(0, mark), text.slice(mark + 1)];
  return { screen: 'lesson', id: id === '' ? null : decode(id), query: query.slice(0, LONGEST_QUERY) };
}

/** What stays the same while one goes through the steps of a lesson, or the tensors of a file; a change of it shows another screen. */
export function placeOf(route: Route): string {
  if (route.screen === 'lesson') return formatRoute({ ...route, query: '' });
  if (route.screen === 'inspect') return formatRoute({ ...route, tensor: null });
  return formatRoute(route);
}

/** A lesson for a projector has the whole window. */
export function isPresented(route: Route): boolean {
  return route.screen === 'lesson' && route.query.split('&').includes('p=1');
}

function splitOnce(path: string): [string, string] {
  const slash = path.indexOf('/');
  return slash === -1 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The part of `window` that routing needs. */
export interface RouteHost {
  readonly location: { hash: string; replace(url: string): void };
  addEventListener(type: 'hashchange', listener: () => void): void;
}

export interface RouteState {
  readonly route: Route;
  go(route: Route): void;
  /** Like go, without a step in the history; nothing where the address has moved on and this is not told yet. */
  replace(route: Route): void;
}

export type RouteStore = StoreApi<RouteState>;

export function createRoutes(host: RouteHost): RouteStore {
  const store = createStore<RouteState>()((set) => ({
    route: parseRoute(host.location.hash),
    go(route) {
      // hashchange comes later; the screen should not wait for it.
      set({ route });
      host.location.hash = formatRoute(route);
    },
    replace(route) {
      // Whoever has gone elsewhere since must not be taken back: the address is there at once, its hashchange comes later.
      const gone = formatRoute(parseRoute(host.location.hash)) !== formatRoute(store.getState().route);
      if (gone) return;
      set({ route });
      host.location.replace(formatRoute(route));
    },
  }));
  host.addEventListener('hashchange', () => {
    const route = parseRoute(host.location.hash);
    if (formatRoute(route) !== formatRoute(store.getState().route)) store.setState({ route });
  });
  return store;
}
