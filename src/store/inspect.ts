/**
 * The checkpoint that is looked into: its listing, the tensor at hand with its figures and a window of its values, what reading the whole file
 * found, and what another checkpoint has otherwise. Long looks are the engine's, one at a time; what came is shown until the next.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type {
  CheckReport,
  EngineApi,
  Finding,
  HeaderDifference,
  Inspected,
  ListedTensor,
  LookProgress,
  TensorStatistics,
  ValueDifference,
  ValueWindow,
} from '../worker/protocol';
import { failureOf, type Failure } from './failure';
import type { PathedFile } from './models';

/** Tensors of more values, and files of more bytes, are read through only when somebody says so. */
export const ASK_ABOVE_VALUES = 64 * 2 ** 20;
export const ASK_ABOVE_BYTES = 2 ** 30;

/** 'asking': it is so large that it is read only when somebody says so. 'left': somebody stopped it. */
export type LookState = 'asking' | 'busy' | 'ready' | 'left' | 'failed';

export interface ShownTensor {
  readonly name: string;
  readonly state: LookState;
  readonly progress: LookProgress | null;
  readonly figures: TensorStatistics | null;
  readonly failure: Failure | null;
}

export interface ShownCheck {
  readonly state: LookState;
  readonly progress: LookProgress | null;
  readonly findings: readonly Finding[];
  readonly report: CheckReport | null;
  readonly failure: Failure | null;
}

export interface ShownComparison {
  readonly other: { readonly key: string; readonly name: string };
  readonly headers: readonly HeaderDifference[];
  /** By tensor, as far as they have come. */
  readonly values: ReadonlyMap<string, ValueDifference>;
  readonly state: LookState;
  readonly progress: LookProgress | null;
  readonly failure: Failure | null;
}

export interface InspectState {
  /** Key of what is shown or asked for. */
  readonly key: string | null;
  readonly listing: Inspected | null;
  readonly opening: boolean;
  readonly failure: Failure | null;
  /** Files that this tab has looked at and not stored. */
  readonly loose: readonly Inspected[];
  readonly tensor: ShownTensor | null;
  readonly window: ValueWindow | null;
  readonly check: ShownCheck | null;
  readonly comparison: ShownComparison | null;
  open(key: string): Promise<void>;
  /** Looks at files where they are; their key, or null where they could not be opened. */
  openFiles(files: readonly PathedFile[]): Promise<string | null>;
  /** Shows a tensor; a large one is asked about first. */
  choose(name: string | null): Promise<void>;
  /** Reads the chosen tensor through, however large. */
  read(): Promise<void>;
  /** Shows values of the chosen tensor from a place on. */
  look(row: number, col: number): Promise<void>;
  runCheck(): Promise<void>;
  compare(other: { readonly key: string; readonly name: string }): Promise<void>;
  /** Compares the values too. */
  compareValues(): Promise<void>;
  /** Stops the long look in work. */
  leave(): void;
  closeComparison(): void;
  dismiss(): void;
}

export type InspectStore = StoreApi<InspectState>;

const CLOSED = { tensor: null, window: null, check: null, comparison: null } as const;

export function createInspect(engine: EngineApi): InspectStore {
  return createStore<InspectState>()((set, get) => {
    /** What becomes of one of the long looks while it is still the one that is shown. */
    const changing = <Part extends 'tensor' | 'check' | 'comparison'>(
      part: Part,
      begin: NonNullable<InspectState[Part]>,
    ) => {
      let mine = begin;
      set({ [part]: mine } as Partial<InspectState>);
      const shown = () => get()[part] === mine;
      const change = (by: Partial<NonNullable<InspectState[Part]>>) => {
        if (!shown()) return;
        mine = { ...mine, ...by };
        set({ [part]: mine } as Partial<InspectState>);
      };
      return { change, value: () => mine };
    };
    /** A look that was left says so, and is no failure. */
    const ended = (error: unknown) => {
      const failure = failureOf(error);
      return failure.code === 'QS-RUN-01' ? { state: 'left' as const } : { state: 'failed' as const, failure };
    };
    /** The engine does one long look at a time: the others end. */
    const endOthers = (part: 'tensor' | 'check' | 'comparison') => {
      for (const other of ['tensor', 'check', 'comparison'] as const) {
        const look = get()[other];
        if (other !== part && look?.state === 'busy')
          set({ [other]: { ...look, state: 'left' } } as Partial<InspectState>);
      }
    };

    const tensorOf = (name: string): ListedTensor | undefined =>
      get().listing?.tensors.find((one) => one.name === name);

    const readThrough = async (name: string) => {
      const { key } = get();
      if (key === null) return;
      endOthers('tensor');
      const begin: ShownTensor = { name, state: 'busy', progress: null, figures: null, failure: null };
      const { change } = changing('tensor', begin);
      try {
        const figures = await engine.tensorStatistics(key, name, (progress) => change({ progress }));
        change({ state: 'ready', figures, progress: null });
      } catch (error) {
        change({ ...ended(error), progress: null });
      }
    };

    return {
      ...{ key: null, listing: null, opening: false, failure: null, loose: [] },
      ...CLOSED,
      async open(key) {
        if (get().key === key && (get().listing !== null || get().opening)) return;
        get().leave();
        const known = get().loose.find((one) => one.key === key) ?? null;
        set({ key, listing: known, opening: known === null, failure: null, ...CLOSED });
        if (known) return;
        try {
          const listing = await engine.lookAtModel(key);
          if (get().key === key) set({ listing, opening: false });
        } catch (error) {
          if (get().key === key) set({ opening: false, failure: failureOf(error) });
        }
      },
      async openFiles(files) {
        get().leave();
        set({ opening: true, failure: null });
        try {
          const listing = await engine.lookAtFiles(files);
          const loose = [...get().loose.filter(({ key }) => key !== listing.key), listing];
          set({ key: listing.key, listing, opening: false, loose, ...CLOSED });
          return listing.key;
        } catch (error) {
          set({ opening: false, failure: failureOf(error) });
          return null;
        }
      },
      async choose(name) {
        if (name === null || get().tensor?.name === name) {
          if (name === null) set({ tensor: null, window: null });
          return;
        }
        const listed = tensorOf(name);
        set({ window: null });
        if (!listed || !listed.readable || listed.values === 0) {
          set({ tensor: { name, state: 'ready', progress: null, figures: null, failure: null } });
          return;
        }
        if (listed.values > ASK_ABOVE_VALUES) {
          set({ tensor: { name, state: 'asking', progress: null, figures: null, failure: null } });
          return;
        }
        await readThrough(name);
      },
      async read() {
        const name = get().tensor?.name;
        if (name !== undefined) await readThrough(name);
      },
      async look(row, col) {
        const { key, tensor } = get();
        if (key === null || tensor === null) return;
        try {
          const window = await engine.tensorWindow(key, tensor.name, row, col);
          if (get().key === key && get().tensor?.name === tensor.name) set({ window });
        } catch (error) {
          set({ failure: failureOf(error) });
        }
      },
      async runCheck() {
        const { key } = get();
        if (key === null) return;
        endOthers('check');
        const begin: ShownCheck = { state: 'busy', progress: null, findings: [], report: null, failure: null };
        const { change, value } = changing('check', begin);
        try {
          const report = await engine.checkModel(
            key,
            (progress) => change({ progress }),
            (finding) => change({ findings: [...value().findings, finding] }),
          );
          change({ state: 'ready', report, findings: report.findings, progress: null });
        } catch (error) {
          change({ ...ended(error), progress: null });
        }
      },
      async compare(other) {
        const { key } = get();
        if (key === null) return;
        const begin: ShownComparison = {
          ...{ other, headers: [], values: new Map(), state: 'busy', progress: null, failure: null },
        };
        const { change } = changing('comparison', begin);
        try {
          change({ headers: await engine.compareHeaders(key, other.key), state: 'asking' });
        } catch (error) {
          change({ state: 'failed', failure: failureOf(error) });
        }
      },
      async compareValues() {
        const { key, comparison } = get();
        if (key === null || comparison === null) return;
        endOthers('comparison');
        const { change, value } = changing('comparison', { ...comparison, state: 'busy', values: new Map() });
        const byTensor = (differences: Iterable<ValueDifference>) =>
          new Map([...differences].map((difference) => [difference.tensor, difference]));
        try {
          const all = await engine.compareValues(
            key,
            comparison.other.key,
            (progress) => change({ progress }),
            (difference) => change({ values: byTensor([...value().values.values(), difference]) }),
          );
          change({ state: 'ready', values: byTensor(all), progress: null });
        } catch (error) {
          change({ ...ended(error), progress: null });
        }
      },
      leave() {
        const { tensor, check, comparison } = get();
        if ([tensor, check, comparison].some((look) => look?.state === 'busy')) {
          // Whoever waited hears of it as of a failure; what has come stays.
          engine.leaveLook().catch(() => undefined);
        }
      },
      closeComparison() {
        if (get().comparison?.state === 'busy') get().leave();
        set({ comparison: null });
      },
      dismiss: () => set({ failure: null }),
    };
  });
}
