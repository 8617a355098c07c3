/** The stored models, and which one is open. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { EngineApi, StoredModel } from '../worker/protocol';
import { failureOf, type Failure } from './failure';
import type { Persistence } from './persist';

export interface PathedFile {
  readonly path: string;
  readonly file: File;
}

export interface ModelsState {
  readonly models: readonly StoredModel[];
  /** False until the list has been read once. */
  readonly loaded: boolean;
  /** What is being brought in, in the words of its source; null when nothing is. */
  readonly importing: string | null;
  readonly failure: Failure | null;
  /** Key of the open model. */
  readonly currentKey: string | null;
  refresh(): Promise<void>;
  open(key: string): void;
  importFiles(files: readonly PathedFile[]): Promise<StoredModel | null>;
  importSample(id: string): Promise<StoredModel | null>;
  /** The files that were just refused as a model are to be looked into: whoever does that takes them, once. */
  keepRefused(): void;
  takeRefused(): readonly PathedFile[] | null;
  /** Adds a text or a set of images; its name, or null where it was refused. */
  addData(key: string, file: File): Promise<string | null>;
  /** Takes a model out of sight. It is deleted only when it is discarded. */
  setAside(key: string): Aside;
  /** Gives a model another name. */
  rename(key: string, name: string): Promise<void>;
  dismiss(): void;
}

/** Something that is out of sight and not deleted yet. Only one of the two is to be called, and once. */
export interface Aside {
  restore(): void;
  discard(): Promise<void>;
}

export type ModelsStore = StoreApi<ModelsState>;

/** `onImport` is called before anything is brought in: what is to be deleted should make room. */
export function createModels(
  engine: EngineApi,
  persistence: Persistence,
  onImport: () => void = () => undefined,
): ModelsStore {
  const remembered = persistence.read('model');
  const aside = new Set<string>();
  let discarding: Promise<void> = Promise.resolve();
  let refused: readonly PathedFile[] | null = null;
  let kept: readonly PathedFile[] | null = null;
  return createStore<ModelsState>()((set, get) => {
    const put = (model: StoredModel) => {
      // Who brings it in again wants it.
      aside.delete(model.key);
      set({ models: [...get().models.filter((other) => other.key !== model.key), model] });
    };
    const discard = async (key: string) => {
      if (!aside.delete(key)) return;
      try {
        await engine.removeModel(key);
      } catch (error) {
        await get().refresh();
        set({ failure: failureOf(error) });
      }
    };

    const bring = async (what: string, work: () => Promise<StoredModel>): Promise<StoredModel | null> => {
      if (get().importing !== null) return null;
      set({ importing: what, failure: null });
      try {
        onImport();
        await discarding;
        const model = await work();
        put(model);
        get().open(model.key);
        return model;
      } catch (error) {
        set({ failure: failureOf(error) });
        return null;
      } finally {
        set({ importing: null });
      }
    };

    return {
      models: [],
      loaded: false,
      importing: null,
      failure: null,
      currentKey: typeof remembered === 'string' ? remembered : null,
      async refresh() {
        try {
          const models = (await engine.listModels()).filter(({ key }) => !aside.has(key));
          const { currentKey } = get();
          // The browser may have dropped the remembered model.
          const kept = models.some((model) => model.key === currentKey);
          set({ models, loaded: true, currentKey: kept ? currentKey : null });
        } catch (error) {
          set({ loaded: true, failure: failureOf(error) });
        }
      },
      open(key) {
        persistence.write('model', key);
        set({ currentKey: key });
      },
      async importFiles(files) {
        const what = files.length === 1 ? files[0].path : `${files.length} files`;
        const model = await bring(what, () => engine.importFiles(files));
        refused = model === null && get().failure !== null ? files : null;
        return model;
      },
      keepRefused() {
        kept = refused;
      },
      takeRefused() {
        const files = kept;
        kept = null;
        return files;
      },
      importSample: (id) => bring(id, () => engine.importSample(id)),
      async addData(key, file) {
        try {
          const model = await engine.addData(key, file.name, file);
          const known = get().models.find((other) => other.key === key);
          const before = known ? dataOf(known) : [];
          put(model);
          set({ failure: null });
          // The engine may have made the name unique.
          return dataOf(model).find((name) => !before.includes(name)) ?? file.name;
        } catch (error) {
          set({ failure: failureOf(error) });
          return null;
        }
      },
      setAside(key) {
        const { models, currentKey } = get();
        aside.add(key);
        if (currentKey === key) persistence.write('model', null);
        set({
          models: models.filter((model) => model.key !== key),
          currentKey: currentKey === key ? null : currentKey,
        });
        return {
          restore() {
            if (!aside.delete(key)) return;
            const at = models.findIndex((model) => model.key === key);
            set({ models: get().models.toSpliced(at, 0, models[at]) });
            if (currentKey === key) get().open(key);
          },
          discard: () => (discarding = discard(key)),
        };
      },
      async rename(key, name) {
        const wanted = name.trim();
        if (wanted === '') return;
        try {
          const model = await engine.renameModel(key, wanted);
          set({ models: get().models.map((other) => (other.key === key ? model : other)) });
        } catch (error) {
          set({ failure: failureOf(error) });
        }
      },
      dismiss() {
        refused = null;
        set({ failure: null });
      },
    };
  });
}

/** The open model, or null. */
export function currentModel(state: ModelsState): StoredModel | null {
  return state.models.find((model) => model.key === state.currentKey) ?? null;
}

/** The files beside a model that it can be calibrated with. */
export function dataOf({ task, texts, images }: StoredModel): readonly string[] {
  switch (task) {
    case 'classification':
      return images;
    case 'diffusion':
      return [];
    default:
      return texts;
  }
}
