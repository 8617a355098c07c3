/**
 * What is said in passing, in sight wherever the person is: one deed that can still be undone, and the failure of what was dropped.
 * A deed that removes something is only done for good when it is *settled*: by the next deed, by being dismissed, or after a while.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Failure } from './failure';
import type { Preset } from './presets';

/** What was done, without words. */
export type Deed =
  | { readonly kind: 'model-removed'; readonly name: string }
  | { readonly kind: 'run-removed'; readonly name: string }
  | { readonly kind: 'row-removed'; readonly row: number }
  | { readonly kind: 'preset'; readonly preset: Preset['id'] }
  /** A paper's row is put at a place. */
  | { readonly kind: 'paper'; readonly title: string; readonly row: number }
  | { readonly kind: 'rows-added'; readonly rows: number; readonly behind: number }
  /** The recipe of a run, of the sample or of a link took the place of the one on the bench. */
  | { readonly kind: 'recipe-replaced'; readonly by: 'run' | 'sample' | 'link' }
  | { readonly kind: 'data-added'; readonly file: string; readonly model: string };

export interface Toast {
  /** Tells one from the next. */
  readonly id: number;
  readonly deed: Deed;
}

export interface ToastsState {
  readonly toast: Toast | null;
  readonly failure: Failure | null;
  /** Says what was done, how it is undone and, where it is put off, how it is done for good. Settles what was said before. */
  say(deed: Deed, undo: () => void, settle?: () => void): void;
  /** Takes the deed back; false where there is none. */
  undo(): boolean;
  /** Lets the deed stand. */
  settle(): void;
  fail(failure: Failure): void;
  dismissFailure(): void;
}

export type ToastsStore = StoreApi<ToastsState>;

export function createToasts(): ToastsStore {
  let lastId = 0;
  let deeds: { undo: () => void; settle?: () => void } | null = null;
  return createStore<ToastsState>()((set) => {
    /** Emptied first: what is called may say something itself. */
    const take = () => {
      const taken = deeds;
      deeds = null;
      set({ toast: null });
      return taken;
    };
    return {
      toast: null,
      failure: null,
      say(deed, undo, settle) {
        take()?.settle?.();
        deeds = { undo, settle };
        set({ toast: { id: ++lastId, deed } });
      },
      undo() {
        const taken = take();
        taken?.undo();
        return taken !== null;
      },
      settle() {
        take()?.settle?.();
      },
      fail: (failure) => set({ failure }),
      dismissFailure: () => set({ failure: null }),
    };
  });
}
