/**
 * The recipe being edited. It is always a Recipe by shape, but a field in the middle of typing may hold NaN or a value out of
 * range; `faults` says so and only a recipe without faults is planned, stored, linked or run.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { CATALOGUE, faceOf, type MethodId } from '../method/catalogue';
import type { OptionValue } from '../method/parameters';
import {
  RECIPE_LIMITS,
  SAMPLING_DEFAULTS,
  parseRecipe,
  type Calibration,
  type HeldOut,
  type Recipe,
  type Sampling,
} from '../run/recipe';
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
  /** Where the recipe came from, to be told once: a link, or a link that could not be read. */
  readonly arrival:
    | { readonly kind: 'link'; readonly sample: string | null }
    | { readonly kind: 'bad-link'; readonly failure: Failure }
    | null;
  /** The model that the recipe is checked against. */
  readonly model: StoredModel | null;
  setModel(model: StoredModel | null): void;
  load(recipe: Recipe, arrival?: RecipeState['arrival']): void;
  reset(arrival?: RecipeState['arrival']): void;
  dismissArrival(): void;
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

export function createRecipes(persistence: Persistence): RecipeStore {
  let lastKey = 0;
  const nextKey = () => ++lastKey;

  return createStore<RecipeState>()((set, get) => {
    const settle = (recipe: Recipe, rowKeys: readonly number[]) => {
      const faults = faultsOf(recipe, get()?.model ?? null);
      if (Object.keys(faults).length === 0) persistence.write('recipe', recipe);
      return { recipe, rowKeys, faults };
    };
    const setRows = (rows: Recipe['rows'], rowKeys: readonly number[]) =>
      set(settle({ ...get().recipe, rows }, rowKeys));
    const changeRow = (row: number, change: (old: Recipe['rows'][number]) => Recipe['rows'][number]) =>
      setRows(
        get().recipe.rows.map((old, i) => (i === row ? change(old) : old)),
        get().rowKeys,
      );
    const full = () => get().recipe.rows.length >= RECIPE_LIMITS.rows.max;
    const adopt = (recipe: Recipe, arrival: RecipeState['arrival']) =>
      set({ ...settle(recipe, recipe.rows.map(nextKey)), arrival });

    const first = remembered(persistence) ?? defaultRecipe(null);
    return {
      recipe: first,
      rowKeys: first.rows.map(nextKey),
      faults: faultsOf(first, null),
      arrival: null,
      model: null,

      setModel(model) {
        const { recipe, rowKeys, model: before } = get();
        set({ model });
        if (model === null) return;
        // A recipe nobody has touched yet becomes the model's own; a chosen one only loses data that are not there.
        const untouched = JSON.stringify(recipe) === JSON.stringify(defaultRecipe(before));
        if (untouched) adopt(defaultRecipe(model), get().arrival);
        else set(settle(fitted(recipe, model), rowKeys));
      },
      load: (recipe, arrival = null) => adopt(fitted(recipe, get().model), arrival),
      reset: (arrival = null) => adopt(defaultRecipe(get().model), arrival),
      dismissArrival: () => set({ arrival: null }),

      usePreset(id) {
        const rows = PRESETS.find((preset) => preset.id === id)?.rows();
        if (rows) setRows(rows, rows.map(nextKey));
      },
      addRow() {
        if (full()) return;
        const { recipe, rowKeys } = get();
        const last = recipe.rows[recipe.rows.length - 1];
        // The next method that is not there yet, at the last row's grid; when all are there, one more of the last.
        const fresh = CATALOGUE.find((face) => !recipe.rows.some((row) => row.method === face.id));
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
        changeRow(row, (old) => (old.method === method ? old : rowOf(method, sharedOptions(old, method))));
      },
      setOption: (row, name, value) =>
        changeRow(row, (old) => ({ ...old, options: { ...old.options, [name]: value } })),
      setCalibration(change) {
        const { recipe, rowKeys } = get();
        set(settle({ ...recipe, calibration: { ...recipe.calibration, ...change } }, rowKeys));
      },
      setHeldOut(change) {
        const { recipe, rowKeys } = get();
        set(settle({ ...recipe, heldOut: { ...recipe.heldOut, ...change } }, rowKeys));
      },
      setSampling(change) {
        const { recipe, rowKeys } = get();
        set(settle({ ...recipe, sampling: { ...SAMPLING_DEFAULTS, ...recipe.sampling, ...change } }, rowKeys));
      },
      setNetworks(keys) {
        const { recipe, rowKeys } = get();
        const { networks: _, ...rest } = recipe;
        set(settle(keys.length === 0 ? rest : { ...rest, networks: keys.toSorted() }, rowKeys));
      },
    };
  });
}

/** What both methods have, except values that are only the old method's default of an option whose default differs. */
function sharedOptions(old: Recipe['rows'][number], method: MethodId): Recipe['rows'][number]['options'] {
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

function remembered(persistence: Persistence): Recipe | null {
  try {
    const stored = persistence.read('recipe');
    return stored === null ? null : parseRecipe(stored);
  } catch {
    // From an older version: not worth a message.
    return null;
  }
}
