/** A link with figures that is open. The recipe on the bench is not touched until the person runs the link's. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { RunResult } from '../run/events';
import type { EngineApi, StoredModel } from '../worker/protocol';
import type { FilesCompared } from './file-difference';
import type { LinkContent } from './link';

/** What a link with figures holds. */
export type SharedContent = LinkContent & { readonly result: RunResult };

export interface SharedState {
  /** The text after '#/c/' that `content` was read from. */
  readonly payload: string | null;
  readonly content: SharedContent | null;
  /** A stored model that was held against the link's, file by file; null where there is none, or one of them does not tell its files. */
  readonly held: { readonly key: string; readonly files: FilesCompared } | null;
  /** Holds a stored model against the link's that is open. */
  hold(model: StoredModel): Promise<void>;
}

export type SharedStore = StoreApi<SharedState>;

export function createShared(engine: Pick<EngineApi, 'filePrints'>): SharedStore {
  return createStore<SharedState>()((set, get) => ({
    payload: null,
    content: null,
    held: null,
    async hold({ key }) {
      const { content } = get();
      // A model whose files cannot be read any more says so where it is opened; here it is not held against anything.
      const [{ compareFiles }, ours] = await Promise.all([
        import('./file-difference'),
        engine.filePrints(key).catch(() => undefined),
      ]);
      const files = compareFiles(content?.result.model.files, ours);
      if (get().content === content) set({ held: files && { key, files } });
    },
  }));
}

export function hasFigures(content: LinkContent): content is SharedContent {
  return content.result !== null;
}
