/** Rows as lists of steps: every edit keeps the order of the slots, can be undone, and what a network refuses is said at its step. */
import { describe, expect, it } from 'vitest';
import { FAKE_MODEL, FakeEngine } from '../app/testing/fake-engine';
import { FAKE_RECIPE } from '../app/testing/fake-figures';
import { SOME_NETWORK } from '../recipe/papers/paper';
import { parseRecipe, RECIPE_LIMITS } from '../recipe/recipe';
import { orderFault, ROW_STEPS } from '../recipe/row';
import type { StepId } from '../step/face';
import { STEP_FACES } from '../step/faces';
import { canMove, firstOptions, isRefusal, withStep } from './edit-steps';
import { persistIn } from './persist';
import { rowOf } from './presets';
import { createRecipes, stepsRemembered } from './recipe';
import { createStudio } from './studio';
import { faultsOf } from './validate';

function memory() {
  const values = new Map<string, string>();
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
}

function bench() {
  const recipes = createRecipes(persistIn(memory()));
  const edit = () => recipes.getState();
  const steps = (row = 0) => edit().recipe.rows[row].steps.map(({ step }) => step);
  return { recipes, edit, steps };
}

describe('steps of a row', () => {
  it('come to stand at the place of their slot, whatever the order they are added in', () => {
    const all = Object.keys(STEP_FACES) as StepId[];
    // One of each slot: of all there are, a row cannot have so many.
    const ids = all.filter((id, i) => all.findIndex((one) => STEP_FACES[one].slot === STEP_FACES[id].slot) === i);
    for (const order of [ids, ids.toReversed()]) {
      let row = rowOf('rtn');
      for (const step of order) row = withStep(row, { step, options: {} }).row;
      expect(orderFault(row.steps.map(({ step }) => STEP_FACES[step]))).toBeNull();
      expect(new Set(row.steps.map(({ step }) => STEP_FACES[step].slot))).toEqual(
        new Set(ids.map((id) => STEP_FACES[id].slot)),
      );
    }
  });

  it('are added, moved within their slot, changed, removed, and every edit is one step back', () => {
    const { edit, steps } = bench();
    expect(edit().addStep(0, 'bias_correction')).toBe(1);
    expect(edit().addStep(0, 'activations')).toBe(0);
    expect(edit().addStep(0, 'rotate')).toBe(0);
    expect(edit().addStep(0, 'rotate')).toBe(1);
    expect(steps()).toEqual(['rotate', 'rotate', 'activations', 'rtn', 'bias_correction']);
    edit().setStepOption(0, 1, 'seed', 1);
    edit().setStepOption(0, 1, 'seed', 12);
    expect(edit().moveStep(0, 1, -1)).toBe(0);
    expect(edit().recipe.rows[0].steps[0].options.seed).toBe(12);
    expect(edit().moveStep(0, 1, 1)).toBe(1);
    expect(canMove(edit().recipe.rows[0], 1, 1)).toBe(false);
    edit().removeStep(0, 3);
    expect(steps()).toEqual(['rotate', 'rotate', 'activations', 'bias_correction']);
    expect(parseRecipe(edit().recipe)).toEqual(edit().recipe);
    expect(edit().faults).toEqual({});
    const back = () => (edit().undo(), steps());
    expect(back()).toContain('rtn');
    // The move that could not be made is a step of its own, and changes nothing.
    edit().undo();
    edit().undo();
    expect(edit().recipe.rows[0].steps[1].options.seed).toBe(12);
    edit().undo();
    expect(edit().recipe.rows[0].steps[1].options.seed).toBe(0);
  });

  it('are one of a slot that has room for one, and a row keeps its last', () => {
    const { edit, steps } = bench();
    edit().setOption(1, 'bits', 4);
    edit().addStep(1, 'shift');
    expect(steps(1)).toEqual(['shift']);
    expect(edit().recipe.rows[1].steps[0].options.bits).toBe(4);
    edit().removeStep(1, 0);
    expect(steps(1)).toEqual(['shift']);
    for (let i = 0; i < 30; i++) edit().addStep(1, 'rotate');
    expect(steps(1)).toHaveLength(ROW_STEPS.max);
  });

  it('may quantize no weights, and get a method afterwards', () => {
    const { edit, steps } = bench();
    edit().addStep(0, 'rotate');
    edit().removeStep(0, 1);
    expect(steps()).toEqual(['rotate']);
    expect(edit().faults).toEqual({});
    edit().addRow();
    edit().setMethod(0, 'gptq');
    expect(steps()).toEqual(['rotate', 'gptq']);
    edit().setOption(0, 'bits', 9);
    expect(edit().faults).toEqual({ 'rows.0.steps.1.bits': { kind: 'whole-number', min: 2, max: 8 } });
  });

  it('keep rules that leave layers as they are when the method changes', () => {
    const { edit } = bench();
    const keep = { match: '*.down_proj', keep: true } as const;
    const row = rowOf('gptq', { bits: 3 });
    edit().setRow(0, {
      steps: [{ ...row.steps[0], layers: [keep, { match: '*.q_proj', options: { damping: 0.1 } }] }],
    });
    edit().setMethod(0, 'rtn');
    expect(edit().recipe.rows[0].steps[0].layers).toEqual([keep]);
  });

  it('name the row, until a person does', () => {
    const { edit } = bench();
    edit().setName(0, 'M');
    edit().setName(0, 'Mine');
    expect(edit().recipe.rows[0].name).toBe('Mine');
    edit().setName(0, '');
    expect(edit().recipe.rows[0]).not.toHaveProperty('name');
    edit().undo();
    expect(edit().recipe.rows[0]).not.toHaveProperty('name');
  });
});

describe('rules for layers', () => {
  const NAMES = ['a.0.q', 'a.0.down', 'a.1.q', 'a.1.down'];
  const path = 'rows.0.steps.0.layers';

  it('are set, changed as one step while a field is typed in, and gone with the last', () => {
    const { edit } = bench();
    const rules = () => edit().recipe.rows[0].steps[0].layers;
    edit().setRules(0, 0, [{ match: '*.dow', options: { bits: 8 } }], '0 match');
    edit().setRules(0, 0, [{ match: '*.down', options: { bits: 8 } }], '0 match');
    edit().setRules(0, 0, [{ match: '*.down', keep: true }]);
    expect(parseRecipe(edit().recipe)).toEqual(edit().recipe);
    edit().undo();
    expect(rules()).toEqual([{ match: '*.down', options: { bits: 8 } }]);
    edit().undo();
    expect(rules()).toBeUndefined();
    edit().setRules(0, 0, [{ match: '*', keep: true }]);
    edit().setRules(0, 0, []);
    expect(edit().recipe.rows[0].steps[0]).not.toHaveProperty('layers');
  });

  it('have their faults in place: of the pattern, of an option, and of what they match once layers are known', () => {
    const { edit } = bench();
    edit().setModel(FAKE_MODEL);
    edit().setRules(0, 0, [
      { match: '', keep: true },
      { match: '*.q', options: { bits: 99 } },
      { match: '*.q', keep: true },
      { match: '*.gate', options: { bits: 4 } },
    ]);
    const known = {
      [`${path}.0.match`]: { kind: 'pattern', most: 200 },
      [`${path}.1.bits`]: { kind: 'whole-number', min: 2, max: 8 },
      [`${path}.2.match`]: { kind: 'same-rule', rule: 1 },
    };
    expect(edit().faults).toEqual(known);
    edit().setFacts(FAKE_MODEL.key, SOME_NETWORK, NAMES);
    expect(edit().faults).toEqual({ ...known, [`${path}.3.match`]: { kind: 'idle-rule', example: 'a.0.q' } });
    edit().setRules(0, 0, [{ match: 'a.0.*', options: {} }]);
    expect(edit().faults).toEqual({});
    // Another model's layers are not known yet.
    edit().setRules(0, 0, [{ match: '*.gate', options: {} }]);
    edit().setModel({ ...FAKE_MODEL, key: 'another' });
    expect(edit().layers).toBeNull();
    expect(edit().faults).toEqual({});
  });
});

describe('rows', () => {
  it('are inserted behind one, as many as there is room for', () => {
    const { edit } = bench();
    const row = rowOf('gptq', { bits: 5 });
    expect(edit().insertRows([row, row], 0)).toBe(1);
    expect(edit().recipe.rows[2]).toBe(row);
    expect(edit().insertRows(Array.from({ length: 40 }, () => row))).toBe(6);
    expect(edit().recipe.rows).toHaveLength(RECIPE_LIMITS.rows.max);
    expect(new Set(edit().rowKeys).size).toBe(RECIPE_LIMITS.rows.max);
  });
});

describe('what a network refuses', () => {
  const noRotation = 'The residual stream of a DiT cannot be rotated.';

  it('is said at its step, and goes with the network', () => {
    const { edit } = bench();
    edit().setModel(FAKE_MODEL);
    edit().addStep(0, 'rotate');
    edit().setFacts('another', { ...SOME_NETWORK, noRotation });
    expect(edit().facts).toBeNull();
    edit().setFacts(FAKE_MODEL.key, { ...SOME_NETWORK, noRotation });
    expect(edit().faults).toEqual({ 'rows.0.steps.0': { kind: 'refused', why: noRotation } });
    edit().setModel({ ...FAKE_MODEL, key: 'another' });
    expect(edit().facts).toBeNull();
    expect(edit().faults).toEqual({});
  });

  it('may be one of its forms, and another one is begun with', () => {
    const odd = { ...SOME_NETWORK, hidden: 46 };
    const { rotate } = STEP_FACES;
    expect(rotate.refuses?.(odd, firstOptions(rotate, null) as never)).toContain('46 channels');
    expect(firstOptions(rotate, odd)).toMatchObject({ matrix: 'blocks' });
    const first = firstOptions(rotate, { ...SOME_NETWORK, noRotation });
    expect(isRefusal(first) && first.why).toBe(noRotation);
  });

  it('is all but methods where it is not known how to run it', () => {
    const { edit } = bench();
    edit().addStep(0, 'rotate');
    const why = 'There is no config.json.';
    const faults = faultsOf(edit().recipe, { ...FAKE_MODEL, limitation: why });
    expect(faults['rows.0.steps.0']).toEqual({ kind: 'weight-only', why });
  });

  it('is known once the engine has looked at the model', async () => {
    const engine = new FakeEngine({ models: [FAKE_MODEL], facts: { ...SOME_NETWORK, noRotation } });
    const studio = createStudio({
      engine,
      routeHost: { location: { hash: '', replace: () => undefined }, addEventListener: () => undefined },
      storage: memory(),
      planDelay: 1,
    });
    await studio.models.getState().refresh();
    studio.models.getState().open(FAKE_MODEL.key);
    await expect.poll(() => studio.recipes.getState().facts?.noRotation).toBe(noRotation);
  });
});

describe('what is remembered', () => {
  it('may name steps whose faces are not here yet', () => {
    const storage = memory();
    expect(stepsRemembered(storage)).toBe(true);
    persistIn(storage).write('recipe', FAKE_RECIPE);
    expect(stepsRemembered(storage)).toBe(true);
    persistIn(storage).write('recipe', { rows: [{ steps: [{ step: 'of another version' }] }] });
    expect(stepsRemembered(storage)).toBe(false);
    expect(stepsRemembered(null)).toBe(true);
  });
});
