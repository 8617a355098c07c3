import { describe, expect, it } from 'vitest';
import { FAKE_CLASSIFIER, FAKE_MODEL } from '../app/testing/fake-engine';
import { FAKE_RECIPE } from '../app/testing/fake-figures';
import { parseRecipe } from '../recipe/recipe';
import { persistIn, type KeyValueStorage } from './persist';
import { defaultRecipe, fitted, PRESETS } from './presets';
import { createRecipes } from './recipe';
import { faultsOf } from './validate';
import { weightsOf } from '../recipe/row';

function memory(): KeyValueStorage {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

const store = (storage = memory()) => createRecipes(persistIn(storage));
const methods = (recipes: ReturnType<typeof store>) => recipes.getState().recipe.rows.map((row) => weightsOf(row).step);

describe('presets', () => {
  it('are valid recipes', () => {
    for (const preset of PRESETS) {
      const recipe = { ...defaultRecipe(null), rows: preset.rows() };
      expect(parseRecipe(recipe)).toEqual(recipe);
      expect(faultsOf(recipe, null)).toEqual({});
    }
  });

  it('default to the paper trio on the model’s own texts', () => {
    const recipe = defaultRecipe(FAKE_MODEL);
    expect(recipe.rows.map((row) => weightsOf(row).step)).toEqual(['rtn', 'gptq', 'gptaq', 'rescomp']);
    expect(recipe.calibration.file).toBe('calibration.jsonl');
    expect(recipe.heldOut.file).toBe('held-out.jsonl');
    expect(defaultRecipe({ ...FAKE_MODEL, texts: [] }).calibration.source).toBe('random');
    expect(
      defaultRecipe({ ...FAKE_MODEL, limitation: 'No config.' }).rows.every((row) => weightsOf(row).step === 'rtn'),
    ).toBe(true);
  });

  it('keep a chosen source, and replace only texts that are not there', () => {
    const random = {
      ...FAKE_RECIPE,
      calibration: { ...FAKE_RECIPE.calibration, source: 'random', file: null },
    } as const;
    expect(fitted(random, FAKE_MODEL)).toEqual(random);
    const other = { ...FAKE_MODEL, texts: ['train.txt'] };
    expect(fitted(FAKE_RECIPE, other).calibration.file).toBe('train.txt');
    expect(fitted(FAKE_RECIPE, other).heldOut.file).toBeNull();
    expect(fitted(FAKE_RECIPE, { ...FAKE_MODEL, texts: [] }).calibration.source).toBe('random');
  });
});

describe('the recipe store', () => {
  it('adds, duplicates, moves and deletes rows within their limits', () => {
    const recipes = store();
    recipes.getState().addRow();
    expect(methods(recipes)).toEqual(['rtn', 'gptq', 'gptaq', 'rescomp', 'gptq_r']);
    recipes.getState().moveRow(4, -1);
    expect(methods(recipes)[3]).toBe('gptq_r');
    recipes.getState().moveRow(0, -1);
    expect(methods(recipes)[0]).toBe('rtn');
    for (let i = 0; i < 20; i++) recipes.getState().duplicateRow(0);
    expect(methods(recipes)).toHaveLength(16);
    for (let i = 0; i < 20; i++) recipes.getState().removeRow(0);
    expect(methods(recipes)).toHaveLength(1);
    expect(new Set(recipes.getState().rowKeys).size).toBe(1);
  });

  it('keeps shared options when the method changes, but not another method’s defaults', () => {
    const recipes = store();
    recipes.getState().setOption(2, 'bits', 4);
    recipes.getState().setOption(2, 'groupSize', 64);
    recipes.getState().setMethod(2, 'shift');
    const { options } = weightsOf(recipes.getState().recipe.rows[2]);
    expect(options).toMatchObject({ bits: 4, groupSize: 64, alpha: 0.5 });
    recipes.getState().setMethod(2, 'rtn');
    expect(Object.keys(weightsOf(recipes.getState().recipe.rows[2]).options)).toEqual([
      'bits',
      'groupSize',
      'symmetric',
      'clip',
      'progressive',
    ]);
  });

  it('says what is wrong beside the field, and remembers only recipes without faults', () => {
    const storage = memory();
    const recipes = store(storage);
    recipes.getState().setOption(1, 'damping', 0.02);
    recipes.getState().setOption(1, 'bits', 9);
    recipes.getState().setCalibration({ windows: NaN });
    expect(recipes.getState().faults).toEqual({
      'rows.1.steps.0.bits': { kind: 'whole-number', min: 2, max: 8 },
      'calibration.windows': { kind: 'whole-number', min: 1, max: 4096 },
    });
    const later = store(storage);
    expect(weightsOf(later.getState().recipe.rows[1]).options).toMatchObject({ bits: 3, damping: 0.02 });
  });

  it('has a prompt that is continued, where the model writes text', () => {
    const recipes = store();
    const { setContinuation } = recipes.getState();
    setContinuation({ prompt: 'Once', tokens: 8 });
    expect(recipes.getState().faults).toEqual({});
    expect(parseRecipe(recipes.getState().recipe).continuation).toEqual({ prompt: 'Once', tokens: 8 });
    expect(fitted(recipes.getState().recipe, FAKE_MODEL).continuation).toEqual({ prompt: 'Once', tokens: 8 });
    expect(fitted(recipes.getState().recipe, FAKE_CLASSIFIER).continuation).toBeUndefined();
    setContinuation({ prompt: 'Once', tokens: NaN });
    expect(recipes.getState().faults['continuation.tokens']).toMatchObject({ kind: 'whole-number', max: 64 });
    setContinuation(null);
    expect(recipes.getState().recipe).not.toHaveProperty('continuation');
  });

  it('shares a codebook with networks, in one order, and without an empty list', () => {
    const recipes = store();
    recipes.getState().setNetworks(['b', 'a']);
    expect(recipes.getState().recipe.networks).toEqual(['a', 'b']);
    recipes.getState().setModel(FAKE_MODEL);
    expect(recipes.getState().recipe.networks).toEqual(['a', 'b']);
    recipes.getState().setNetworks([]);
    expect(recipes.getState().recipe).not.toHaveProperty('networks');
  });

  it('finds rows that are the same, and methods that the model cannot carry', () => {
    const recipes = store();
    recipes.getState().duplicateRow(1);
    expect(recipes.getState().faults).toEqual({ 'rows.2.method': { kind: 'same-row', row: 1 } });
    const faults = faultsOf(FAKE_RECIPE, { ...FAKE_MODEL, limitation: 'There is no config.json.' });
    expect(Object.keys(faults)).toEqual(['rows.1.method', 'rows.2.method', 'rows.3.method']);
  });

  it('takes a model’s texts while nobody has touched it', () => {
    const recipes = store();
    recipes.getState().setModel(FAKE_MODEL);
    expect(recipes.getState().recipe.calibration.file).toBe('calibration.jsonl');
    recipes.getState().setModel({ ...FAKE_MODEL, key: 'other', texts: [] });
    expect(recipes.getState().recipe.calibration.source).toBe('random');
  });

  it('survives a storage that refuses', () => {
    const broken: KeyValueStorage = {
      getItem: () => {
        throw new Error('no');
      },
      setItem: () => {
        throw new Error('no');
      },
      removeItem: () => undefined,
    };
    const recipes = store(broken);
    recipes.getState().setOption(0, 'bits', 4);
    expect(weightsOf(recipes.getState().recipe.rows[0]).options.bits).toBe(4);
  });
});
