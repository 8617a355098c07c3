/**
 * The recipe being edited. It is always a Recipe by shape, but a field in the middle of typing may hold NaN or a value out of
 * range; `faults` says so and only a recipe without faults is planned, stored, linked or run.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { CATALOGUE, faceOf } from '../method/catalogue';
import { type MethodId } from '../method/face';
import { defaultOptions, type Options, type OptionValue } from '../method/parameters';
import {
  RECIPE_LIMITS,
  SAMPLING_DEFAULTS,
  parseRecipe,
  type Calibration,
  type ContinuationRequest,
  type HeldOut,
  type Recipe,
  type Sampling,
} from '../recipe/recipe';
import { weightsOf, weightsStep, type RecipeRow, type RecipeStep } from '../recipe/row';
import { methodIn } from '../recipe/rows';
import type { StepId } from '../step/face';
import { faceOfStep, stepFace } from '../step/known';
import type { LayerRule } from '../recipe/layer-rules';
import type { NetworkFacts } from '../step/network-facts';
import type { StoredModel } from '../worker/protocol';
import {
  firstOptions,
  isRefusal,
  withMoved,
  withOption,
  withoutStep,
  withRules,
  withStep,
  type Edited,
} from './edit-steps';
import type { Failure } from './failure';
import { persistIn, type KeyValueStorage, type Persistence } from './persist';
import { PRESETS, defaultRecipe, fitted, rowOf, type Preset } from './presets';
import { faultsOf, type Faults } from './validate';

export interface RecipeState {
  readonly recipe: Recipe;
  readonly faults: Faults;
  /** A key a row that survives reordering: rows have no identity of their own. */
  readonly rowKeys: readonly number[];
  /** Where the recipe came from, to be told once: a link, with what it took the place of, or a link that could not be read. */
  readonly arrival:
    | {
        readonly kind: 'link';
        readonly sample: string | null;
        readonly before: Recipe | null;
        /** What the author says, and what of the link cannot be read; missing for nothing. */
        readonly note?: string;
        readonly fault?: string;
      }
    | { readonly kind: 'bad-link'; readonly failure: Failure }
    | null;
  /** The model that the recipe is checked against. */
  readonly model: StoredModel | null;
  /** What its network can have; null until it was inspected, and where it is not known how to run it. */
  readonly facts: NetworkFacts | null;
  /** Names of its layers that can be quantized; null until they are known. */
  readonly layers: readonly string[] | null;
  /** Of the model with this key; those of another one come too late. */
  setFacts(modelKey: string, facts: NetworkFacts | null, layers?: readonly string[]): void;
  setModel(model: StoredModel | null): void;
  /** Puts another recipe on the bench. */
  load(recipe: Recipe): void;
  /** Puts a link's recipe on the bench; the one that was there can be had back until this is dismissed, also after a reload. */
  loadLink(recipe: Recipe, sample: string | null, beside?: LinkBeside): void;
  /** A link that could not be read changes nothing. */
  refuseLink(failure: Failure): void;
  dismissArrival(): void;
  /** Back to the recipe that a link took the place of. */
  leaveLink(): void;
  /** The recipe as it stands, to go back to. */
  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;
  /** Takes the last change back; false where there is none. */
  undo(): boolean;
  usePreset(id: Preset['id']): void;
  addRow(): void;
  duplicateRow(row: number): void;
  removeRow(row: number): void;
  moveRow(row: number, by: -1 | 1): void;
  /** Puts rows behind one, or at the end; as many as there is room for. Where the first of them stands. */
  insertRows(rows: readonly RecipeRow[], behind?: number): number;
  /** Another row in the place of one. */
  setRow(row: number, to: RecipeRow): void;
  /** Null: its steps name it. */
  setName(row: number, name: string | null): void;
  /** Another method in the place of a row's own, or one where it has none. */
  setMethod(row: number, method: MethodId): void;
  /** Of the step that quantizes the row's weights. */
  setOption(row: number, name: string, value: OptionValue): void;
  /** Puts a step at the place of its slot, with the first options that the network takes; which of the row's it is. */
  addStep(row: number, step: StepId): number;
  removeStep(row: number, at: number): void;
  /** Among the steps of its slot; its place afterwards. */
  moveStep(row: number, at: number, by: -1 | 1): number;
  setStepOption(row: number, at: number, name: string, value: OptionValue): void;
  /** Other rules for layers; changes of the same `what`, as in typing, are one step back. */
  setRules(row: number, at: number, rules: readonly LayerRule[], what?: string | null): void;
  setCalibration(change: Partial<Calibration>): void;
  setHeldOut(change: Partial<HeldOut>): void;
  setSampling(change: Partial<Sampling>): void;
  /** Null: nothing is continued. */
  setContinuation(to: ContinuationRequest | null): void;
  /** Keys of the other networks that a codebook is shared with; none is allowed. */
  setNetworks(keys: readonly string[]): void;
}

/** What else a link says. */
export interface LinkBeside {
  readonly note: string;
  readonly fault: string | null;
}

export type RecipeStore = StoreApi<RecipeState>;

export type Snapshot = Pick<RecipeState, 'recipe' | 'rowKeys'>;

/** Changes that can be taken back, one by one. */
const MOST_STEPS = 100;

export function createRecipes(persistence: Persistence): RecipeStore {
  let lastKey = 0;
  const nextKey = () => ++lastKey;
  /** What the recipe was before each change, the last at the end, with what was changed. */
  const past: { readonly before: Snapshot; readonly what: string | null }[] = [];

  return createStore<RecipeState>()((set, get) => {
    const settle = (recipe: Recipe, rowKeys: readonly number[]) => {
      const faults = faultsOf(recipe, get()?.model ?? null, get()?.facts ?? null, get()?.layers ?? null);
      if (Object.keys(faults).length === 0) persistence.write('recipe', recipe);
      return { recipe, rowKeys, faults };
    };
    const snapshot = (): Snapshot => ({ recipe: get().recipe, rowKeys: get().rowKeys });
    /** A person's change. Those of one field in a row, as in typing, are one step back. */
    const change = (recipe: Recipe, rowKeys: readonly number[], what: string | null = null) => {
      if (what === null || past.at(-1)?.what !== what) past.push({ before: snapshot(), what });
      if (past.length > MOST_STEPS) past.shift();
      set(settle(recipe, rowKeys));
    };
    const setRows = (rows: Recipe['rows'], rowKeys: readonly number[], what: string | null = null) =>
      change({ ...get().recipe, rows }, rowKeys, what);
    const changeRow = (row: number, to: (old: RecipeRow) => RecipeRow, what: string | null = null) =>
      setRows(
        get().recipe.rows.map((old, i) => (i === row ? to(old) : old)),
        get().rowKeys,
        what,
      );
    /** An edit of a row's steps; the place of what was edited. */
    const editRow = (row: number, edit: (old: RecipeRow) => Edited): number => {
      const edited = edit(get().recipe.rows[row]);
      changeRow(row, () => edited.row);
      return edited.at;
    };
    const setStepOption = (row: number, at: number, name: string, value: OptionValue) =>
      changeRow(row, (old) => withOption(old, at, name, value), `${get().rowKeys[row]} ${at} ${name}`);
    const setData = (part: 'calibration' | 'heldOut' | 'sampling', to: object, defaults: object = {}) => {
      const { recipe, rowKeys } = get();
      change(
        { ...recipe, [part]: { ...defaults, ...recipe[part], ...to } },
        rowKeys,
        `${part} ${Object.keys(to).join(' ')}`,
      );
    };
    const full = () => get().recipe.rows.length >= RECIPE_LIMITS.rows.max;
    const adopt = (recipe: Recipe) => change(recipe, recipe.rows.map(nextKey));
    const arrive = (arrival: RecipeState['arrival']) => {
      persistence.write(BEFORE_LINK, arrival?.kind === 'link' ? arrival.before : null);
      set({ arrival });
    };

    const first = remembered(persistence, 'recipe') ?? defaultRecipe(null);
    const before = remembered(persistence, BEFORE_LINK);
    return {
      recipe: first,
      rowKeys: first.rows.map(nextKey),
      faults: faultsOf(first, null),
      arrival: before && { kind: 'link', sample: null, before },
      model: null,
      facts: null,
      layers: null,

      setFacts(modelKey, facts, layers = []) {
        const { recipe, rowKeys, model } = get();
        if (model?.key !== modelKey) return;
        set({ facts, layers: layers.length === 0 ? null : layers });
        set(settle(recipe, rowKeys));
      },
      setModel(model) {
        const { recipe, rowKeys, model: before } = get();
        set(model?.key === before?.key ? { model } : { model, facts: null, layers: null });
        if (model === null) return;
        // A recipe nobody has touched yet becomes the model's own; a chosen one only loses data that are not there.
        const untouched = same(recipe, defaultRecipe(before));
        const next = untouched ? defaultRecipe(model) : fitted(recipe, model);
        set(settle(next, untouched ? next.rows.map(nextKey) : rowKeys));
      },
      load: (recipe) => adopt(fitted(recipe, get().model)),
      loadLink(recipe, sample, { note, fault } = { note: '', fault: null }) {
        const { recipe: own, arrival, model } = get();
        const next = fitted(recipe, model);
        // Of one link after another, what is worth having back is what no link brought.
        const kept = arrival?.kind === 'link' ? arrival.before : own;
        const worth = kept !== null && !same(kept, next) && !same(kept, defaultRecipe(model));
        adopt(next);
        const told = { ...(note ? { note } : {}), ...(fault ? { fault } : {}) };
        arrive({ kind: 'link', sample, before: worth ? kept : null, ...told });
      },
      refuseLink: (failure) => arrive({ kind: 'bad-link', failure }),
      dismissArrival: () => arrive(null),
      leaveLink() {
        const { arrival } = get();
        if (arrival?.kind !== 'link' || arrival.before === null) return;
        adopt(fitted(arrival.before, get().model));
        arrive(null);
      },
      snapshot,
      restore: ({ recipe, rowKeys }) => change(fitted(recipe, get().model), rowKeys),
      undo() {
        const step = past.pop();
        if (step === undefined) return false;
        const { recipe, rowKeys } = step.before;
        set(settle(fitted(recipe, get().model), rowKeys));
        return true;
      },

      usePreset(id) {
        const rows = PRESETS.find((preset) => preset.id === id)?.rows();
        if (rows) setRows(rows, rows.map(nextKey));
      },
      addRow() {
        if (full()) return;
        const { recipe, rowKeys } = get();
        const last = recipe.rows[recipe.rows.length - 1];
        // The next method that is not there yet, at the last row's grid; when all are there, one more of the last.
        const used = recipe.rows.map((row) => methodIn(row).method);
        const fresh = CATALOGUE.find((face) => !used.includes(face.id));
        const row = fresh ? rowOf(fresh.id, sharedOptions(last, fresh.id)) : { ...last };
        setRows([...recipe.rows, row], [...rowKeys, nextKey()]);
      },
      duplicateRow(row) {
        if (full()) return;
        const { recipe, rowKeys } = get();
        setRows(recipe.rows.toSpliced(row + 1, 0, { ...recipe.rows[row] }), rowKeys.toSpliced(row + 1, 0, nextKey()));
      },
      removeRow(row) {
        const { recipe, rowKeys } = get();
        if (recipe.rows.length <= RECIPE_LIMITS.rows.min) return;
        setRows(recipe.rows.toSpliced(row, 1), rowKeys.toSpliced(row, 1));
      },
      moveRow(row, by) {
        const { recipe, rowKeys } = get();
        const to = row + by;
        if (to < 0 || to >= recipe.rows.length) return;
        setRows(moved(recipe.rows, row, to), moved(rowKeys, row, to));
      },
      insertRows(rows, behind = get().recipe.rows.length - 1) {
        const { recipe, rowKeys } = get();
        const at = behind + 1;
        const added = rows.slice(0, RECIPE_LIMITS.rows.max - recipe.rows.length);
        if (added.length > 0) {
          setRows(recipe.rows.toSpliced(at, 0, ...added), rowKeys.toSpliced(at, 0, ...added.map(nextKey)));
        }
        return at;
      },
      setRow: (row, to) => changeRow(row, () => to),
      setName: (row, name) =>
        changeRow(row, ({ name: _, ...old }) => ({ ...(name ? { name } : {}), ...old }), `${get().rowKeys[row]} name`),
      setMethod(row, method) {
        changeRow(row, (old) => (methodIn(old).method === method ? old : withStep(old, methodStep(old, method)).row));
      },
      setOption: (row, name, value) => {
        const old = get().recipe.rows[row];
        setStepOption(row, old.steps.indexOf(weightsOf(old)), name, value);
      },
      addStep: (row, step) =>
        editRow(row, (old) => {
          if (faceOfStep(step).slot === 'weights') return withStep(old, methodStep(old, step as MethodId));
          const { parameters } = faceOfStep(step);
          const first = firstOptions(faceOfStep(step), get().facts);
          // One that the network takes in no form is not offered; told to all the same, the fault says why.
          return withStep(old, { step, options: isRefusal(first) ? defaultOptions(parameters) : first });
        }),
      removeStep: (row, at) => void editRow(row, (old) => ({ row: withoutStep(old, at), at })),
      moveStep: (row, at, by) => editRow(row, (old) => withMoved(old, at, by)),
      setStepOption,
      setRules: (row, at, rules, what = null) =>
        changeRow(row, (old) => withRules(old, at, rules), what && `${get().rowKeys[row]} ${at} rules ${what}`),
      setCalibration: (to) => setData('calibration', to),
      setHeldOut: (to) => setData('heldOut', to),
      setSampling: (to) => setData('sampling', to, SAMPLING_DEFAULTS),
      setContinuation(to) {
        const { recipe, rowKeys } = get();
        const { continuation: _, ...rest } = recipe;
        change(to === null ? rest : { ...rest, continuation: to }, rowKeys, 'continuation');
      },
      setNetworks(keys) {
        const { recipe, rowKeys } = get();
        const { networks: _, ...rest } = recipe;
        change(keys.length === 0 ? rest : { ...rest, networks: keys.toSorted() }, rowKeys);
      },
    };
  });
}

function same(a: Recipe, b: Recipe): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A step that quantizes weights in a row: options that its own method has as well are kept, for methods are compared at one setting. */
function methodStep(row: RecipeRow, method: MethodId): RecipeStep {
  const { layers } = weightsStep(row) ?? {};
  const step = weightsOf(rowOf(method, sharedOptions(row, method)));
  // Rules are of layers, whatever quantizes them; those with options may have some that the method has not.
  const kept = layers?.filter(({ options }) => options === undefined) ?? [];
  return kept.length === 0 ? step : { ...step, layers: kept };
}

/** What both methods have, except values that are only the old method's default of an option whose default differs. */
function sharedOptions(row: RecipeRow, method: MethodId): Options {
  const old = weightsStep(row);
  if (old === null) return {};
  const from = faceOf(old.step).parameters;
  const to = faceOf(method).parameters;
  return Object.fromEntries(
    Object.entries(old.options).filter(
      ([name, value]) => Object.hasOwn(to, name) && !(value === from[name].default && value !== to[name].default),
    ),
  );
}

function moved<T>(list: readonly T[], from: number, to: number): T[] {
  return list.toSpliced(from, 1).toSpliced(to, 0, list[from]);
}

/** Where the recipe that a link took the place of is kept. */
const BEFORE_LINK = 'recipe-before-link';

/** Whether the steps of what is remembered are all known; if not, their faces are to be loaded before it is read. */
export function stepsRemembered(storage: KeyValueStorage | null): boolean {
  const persistence = persistIn(storage);
  return ['recipe', BEFORE_LINK].every((key) => {
    const text = JSON.stringify(persistence.read(key));
    return [...text.matchAll(/"step":"([^"]*)"/g)].every(([, step]) => stepFace(step) !== null);
  });
}

function remembered(persistence: Persistence, key: string): Recipe | null {
  try {
    const stored = persistence.read(key);
    return stored === null ? null : parseRecipe(stored);
  } catch {
    // From an older version: not worth a message.
    return null;
  }
}
