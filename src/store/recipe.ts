/**
 * The recipe being edited. It is always a Recipe by shape, but a field in the middle of typing may hold NaN or a value out of
 * range; `faults` says so and only a recipe without faults is planned, stored, linked or run.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { CATALOGUE, faceOf } from '../method/catalogue';
import { type MethodId } from '../method/face';
import type { Options, OptionValue } from '../method/parameters';
import {
  RECIPE_LIMITS,
  SAMPLING_DEFAULTS,
  parseRecipe,
  type Calibration,
  type HeldOut,
  type Recipe,
  type Sampling,
} from '../recipe/recipe';
import { weightsOf, withWeights, type RecipeRow } from '../recipe/row';
import { methodIn } from '../recipe/rows';
import type { StoredModel } from '../worker/protocol';
import type { Failure } from './failure';
import type { Persistence } from './persist';
import { PRESETS, defaultRecipe, fitted, rowOf, type Preset } from './presets';
import { faultsOf, type Faults } from './validate';

export interface RecipeState {
  readonly recipe: Recipe;
  readonly faults: Faults;
  /** A key a row that survives reordering: rows have no identity of their own. */
  readonly rowKeys: readonly number[];
  /** Where the recipe came from, to be told once: a link, with what it took the place of, or a link that could not be read. */
  readonly arrival:
    | { readonly kind: 'link'; readonly sample: string | null; readonly before: Recipe | null }
    | { readonly kind: 'bad-link'; readonly failure: Failure }
    | null;
  /** The model that the recipe is checked against. */
  readonly model: StoredModel | null;
  setModel(model: StoredModel | null): void;
  /** Puts another recipe on the bench. */
  load(recipe: Recipe): void;
  /** Puts a link's recipe on the bench; the one that was there can be had back until this is dismissed, also after a reload. */
  loadLink(recipe: Recipe, sample: string | null): void;
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
  setMethod(row: number, method: MethodId): void;
  setOption(row: number, name: string, value: OptionValue): void;
  setCalibration(change: Partial<Calibration>): void;
  setHeldOut(change: Partial<HeldOut>): void;
  setSampling(change: Partial<Sampling>): void;
  /** Keys of the other networks that a codebook is shared with; none is allowed. */
  setNetworks(keys: readonly string[]): void;
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
      const faults = faultsOf(recipe, get()?.model ?? null);
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

      setModel(model) {
        const { recipe, rowKeys, model: before } = get();
        set({ model });
        if (model === null) return;
        // A recipe nobody has touched yet becomes the model's own; a chosen one only loses data that are not there.
        const untouched = same(recipe, defaultRecipe(before));
        const next = untouched ? defaultRecipe(model) : fitted(recipe, model);
        set(settle(next, untouched ? next.rows.map(nextKey) : rowKeys));
      },
      load: (recipe) => adopt(fitted(recipe, get().model)),
      loadLink(recipe, sample) {
        const { recipe: own, arrival, model } = get();
        const next = fitted(recipe, model);
        // Of one link after another, what is worth having back is what no link brought.
        const kept = arrival?.kind === 'link' ? arrival.before : own;
        const worth = kept !== null && !same(kept, next) && !same(kept, defaultRecipe(model));
        adopt(next);
        arrive({ kind: 'link', sample, before: worth ? kept : null });
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
      setMethod(row, method) {
        // Options that both methods have are kept: a person compares methods at one setting.
        changeRow(row, (old) => {
          if (methodIn(old).method === method) return old;
          return withWeights(old, weightsOf(rowOf(method, sharedOptions(old, method))));
        });
      },
      setOption: (row, name, value) =>
        changeRow(
          row,
          (old) => {
            const weights = weightsOf(old);
            return withWeights(old, { ...weights, options: { ...weights.options, [name]: value } });
          },
          `${get().rowKeys[row]} ${name}`,
        ),
      setCalibration: (to) => setData('calibration', to),
      setHeldOut: (to) => setData('heldOut', to),
      setSampling: (to) => setData('sampling', to, SAMPLING_DEFAULTS),
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

/** What both methods have, except values that are only the old method's default of an option whose default differs. */
function sharedOptions(row: RecipeRow, method: MethodId): Options {
  const old = methodIn(row);
  const from = faceOf(old.method).parameters;
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

function remembered(persistence: Persistence, key: string): Recipe | null {
  try {
    const stored = persistence.read(key);
    return stored === null ? null : parseRecipe(stored);
  } catch {
    // From an older version: not worth a message.
    return null;
  }
}
