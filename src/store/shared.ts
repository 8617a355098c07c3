/** A link with figures that is open. The recipe on the bench is not touched until the person runs the link's. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { RunResult } from '../run/events';
import type { LinkContent } from './link';

/** What a link with figures holds. */
export type SharedContent = LinkContent & { readonly result: RunResult };

export interface SharedState {
  /** The text after '#/c/' that `content` was read from. */
  readonly payload: string | null;
  readonly content: SharedContent | null;
}

export type SharedStore = StoreApi<SharedState>;

export function createShared(): SharedStore {
  return createStore<SharedState>()(() => ({ payload: null, content: null }));
}

export function hasFigures(content: LinkContent): content is SharedContent {
  return content.result !== null;
}
