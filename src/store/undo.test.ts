/** Whatever could cost a person something can be had back: presets, rows, links, deletions, data that a drop changed. */
import { describe, expect, it } from 'vitest';
import { StudioError } from '../base/errors';
import { FakeEngine, FAKE_CLASSIFIER, FAKE_MODEL, type FakeSettings } from '../app/testing/fake-engine';
import { FAKE_RECIPE, fakeResult } from '../app/testing/fake-figures';
import type { StoredRun } from '../worker/protocol';
import { kindOf } from './intake';
import { encodeLink } from './link';
import type { KeyValueStorage } from './persist';
import { createStudio } from './studio';
import { weightsOf } from '../recipe/row';
import { rowOf } from './presets';

function memory(): KeyValueStorage {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

const OWN = { ...FAKE_MODEL, key: 'own', name: 'model', sample: false };
const RUN: StoredRun = {
  id: 'one',
  modelKey: OWN.key,
  modelName: OWN.name,
  recipe: FAKE_RECIPE,
  state: 'finished',
  finishedLayers: 28,
  totalLayers: 28,
  updated: '2026-11-23T12:01:00.000Z',
  result: fakeResult(FAKE_RECIPE),
};

function studio(settings: FakeSettings = {}, { hash = '', storage = memory() } = {}) {
  const listeners: (() => void)[] = [];
  const location = { hash, replace: (url: string) => void (location.hash = url) };
  const engine = new FakeEngine({ models: [FAKE_MODEL, OWN], runs: [RUN], ...settings });
  const made = createStudio({
    engine,
    routeHost: { location, addEventListener: (_, listener) => listeners.push(listener) },
    storage,
    schedule: (callback) => setTimeout(callback, 1),
    planDelay: 1,
  });
  const visit = (to: string) => {
    location.hash = to;
    for (const listener of listeners) listener();
  };
  return { ...made, engine, location, visit };
}

const file = (path: string, content = 'text') => ({ path, file: new File([content], path.split('/').pop() ?? path) });

describe('the recipe', () => {
  it('comes back from a preset and from a deleted row, as it was', () => {
    const { acts, recipes, toasts } = studio();
    recipes.getState().setOption(1, 'bits', 5);
    const before = recipes.getState().recipe;
    for (const deed of [() => acts.usePreset('codebooks'), () => acts.removeRow(1)]) {
      deed();
      expect(recipes.getState().recipe).not.toEqual(before);
      expect(toasts.getState().toast).not.toBeNull();
      expect(toasts.getState().undo()).toBe(true);
      expect(recipes.getState().recipe).toEqual(before);
      expect(toasts.getState().toast).toBeNull();
    }
    expect(toasts.getState().undo()).toBe(false);
  });

  it('goes back change by change, and over what was typed in a field at once', () => {
    const { recipes } = studio();
    const first = recipes.getState().recipe;
    recipes.getState().addRow();
    const second = recipes.getState().recipe;
    for (const windows of [1, 12, 128]) recipes.getState().setCalibration({ windows });
    recipes.getState().setCalibration({ seed: 7 });
    expect(recipes.getState().undo()).toBe(true);
    expect(recipes.getState().recipe.calibration).toMatchObject({ windows: 128, seed: 1 });
    recipes.getState().undo();
    expect(recipes.getState().recipe).toEqual(second);
    recipes.getState().undo();
    expect(recipes.getState().recipe).toEqual(first);
    expect(recipes.getState().undo()).toBe(false);
  });

  it('says nothing of a preset that changes nothing', () => {
    const { acts, toasts } = studio();
    acts.usePreset('trio');
    expect(toasts.getState().toast).toBeNull();
  });

  it('can be had back from a link, also after a reload', async () => {
    const storage = memory();
    const first = studio({}, { storage });
    first.recipes.getState().setOption(1, 'bits', 5);
    const own = first.recipes.getState().recipe;
    const link = (bits: number) =>
      `#/c/${encodeLink({ recipe: { ...FAKE_RECIPE, rows: [rowOf('rtn', { bits })] }, sample: null })}`;
    const bits = () => weightsOf(first.recipes.getState().recipe.rows[0]).options.bits;
    first.visit(link(6));
    await expect.poll(bits).toBe(6);
    expect(first.recipes.getState().recipe.rows).toHaveLength(1);
    // A second link does not take the place of what the first one did.
    first.visit(link(7));
    await expect.poll(bits).toBe(7);
    const again = studio({}, { storage });
    expect(weightsOf(again.recipes.getState().recipe.rows[0]).options.bits).toBe(7);
    again.recipes.getState().leaveLink();
    expect(again.recipes.getState().recipe).toEqual(own);
    expect(again.recipes.getState().arrival).toBeNull();
    expect(studio({}, { storage }).recipes.getState().arrival).toBeNull();
  });

  it('is not touched by a link that cannot be read', async () => {
    const { recipes, visit } = studio();
    recipes.getState().setOption(1, 'bits', 5);
    const own = recipes.getState().recipe;
    visit('#/c/1.zzzz');
    await expect.poll(() => recipes.getState().arrival).not.toBeNull();
    expect(recipes.getState().recipe).toEqual(own);
    expect(recipes.getState().arrival).toMatchObject({ kind: 'bad-link', failure: { code: 'QS-LINK-01' } });
  });
});

describe('a deletion in the library', () => {
  it('takes a model out of sight, and deletes it only when it stands', async () => {
    const { acts, engine, models, toasts, wake } = studio();
    await wake();
    models.getState().open(OWN.key);
    const names = () => models.getState().models.map(({ key }) => key);
    acts.removeModel(OWN.key);
    expect(names()).toEqual([FAKE_MODEL.key]);
    expect(models.getState().currentKey).toBeNull();
    await models.getState().refresh();
    expect(names()).toEqual([FAKE_MODEL.key]);
    toasts.getState().undo();
    expect(names()).toEqual([FAKE_MODEL.key, OWN.key]);
    expect(models.getState().currentKey).toBe(OWN.key);
    expect(engine.calls).not.toContain('removeModel');

    acts.removeModel(OWN.key);
    toasts.getState().settle();
    expect(engine.calls).toContain('removeModel');
    await models.getState().refresh();
    expect(engine.models.map(({ key }) => key)).toEqual([FAKE_MODEL.key]);
  });

  it('stands once the next one is asked for, and makes room before anything is brought in', async () => {
    const { acts, engine, take, wake } = studio();
    await wake();
    acts.removeModel(OWN.key);
    acts.removeRun(RUN.id);
    expect(engine.calls.filter((call) => call.startsWith('remove'))).toEqual(['removeModel']);
    await take([file('other/model.safetensors')]);
    expect(engine.calls.indexOf('removeRun')).toBeGreaterThan(-1);
    expect(engine.calls.indexOf('removeRun')).toBeLessThan(engine.calls.indexOf('importFiles'));
  });

  it('that is refused shows the run again, and says why', async () => {
    const refusal = new StudioError('QS-RUN-03', 'This run is going in another tab.');
    const { acts, storedRuns, toasts, wake } = studio({ failures: { removeRun: refusal } });
    await wake();
    acts.removeRun(RUN.id);
    expect(storedRuns.getState().runs).toEqual([]);
    toasts.getState().settle();
    await expect.poll(() => storedRuns.getState().failure?.code).toBe('QS-RUN-03');
    expect(storedRuns.getState().runs.map(({ id }) => id)).toEqual([RUN.id]);
  });
});

describe('what is dropped', () => {
  it.each([
    [['corpus.txt'], 'text'],
    [['calibration.jsonl', 'held-out.txt'], 'text'],
    [['results.json'], 'result'],
    [['stories-1m.quantelier.json'], 'result'],
    [['config.json'], 'model'],
    [['tokenizer_config.json'], 'model'],
    [['model.safetensors.index.json'], 'model'],
    [['images.npz'], 'numpy'],
    [['model.safetensors', 'corpus.txt'], 'model'],
    [['folder/corpus.txt', 'folder/model.bin'], 'model'],
    [['holiday.jpg'], 'model'],
  ] as const)('%j is a %s', (names, kind) => {
    expect(kindOf(names.map((name) => file(name)))).toBe(kind);
  });

  it('a text becomes calibration data of the open model, says so, and can be taken back', async () => {
    const { models, recipes, routes, take, toasts, visit, wake } = studio();
    await wake();
    models.getState().open(FAKE_MODEL.key);
    visit('#/compare');
    const before = recipes.getState().recipe;
    await take([file('corpus.txt')]);
    expect(recipes.getState().recipe.calibration).toMatchObject({ source: 'file', file: 'corpus.txt' });
    expect(routes.getState().route.screen).toBe('compare');
    expect(toasts.getState().toast?.deed).toEqual({ kind: 'data-added', file: 'corpus.txt', model: FAKE_MODEL.name });
    toasts.getState().undo();
    expect(recipes.getState().recipe).toEqual(before);
  });

  it('a text beside a model that had none can be taken back too', async () => {
    const bare = { ...FAKE_MODEL, texts: [] };
    const { models, recipes, take, toasts, wake } = studio({ models: [bare] });
    await wake();
    models.getState().open(bare.key);
    expect(recipes.getState().recipe.calibration.source).toBe('random');
    await take([file('corpus.txt')]);
    expect(recipes.getState().recipe.calibration).toMatchObject({ source: 'file', file: 'corpus.txt' });
    toasts.getState().undo();
    expect(recipes.getState().recipe.calibration.source).toBe('random');
  });

  it('two texts: the one that says so is held out', async () => {
    const { models, recipes, take, wake } = studio();
    await wake();
    models.getState().open(FAKE_MODEL.key);
    await take([file('mine-held-out.txt'), file('mine.txt')]);
    expect(recipes.getState().recipe.calibration.file).toBe('mine.txt');
    expect(recipes.getState().recipe.heldOut.file).toBe('mine-held-out.txt');
  });

  it('a text without a model is refused where the person is', async () => {
    const { take, toasts, routes, visit } = studio();
    visit('#/compare');
    await take([file('corpus.txt')]);
    expect(toasts.getState().failure).toMatchObject({ code: 'QS-FILE-20' });
    expect(toasts.getState().failure?.sentence).toContain('"corpus.txt"');
    expect(routes.getState().route.screen).toBe('compare');
  });

  it('images go to an open classifier; else, or where they are none, the file opens as a model', async () => {
    const refused = new StudioError('QS-FILE-04', 'no images');
    for (const [open, failures, calls] of [
      [FAKE_CLASSIFIER.key, {}, ['addData']],
      [FAKE_CLASSIFIER.key, { addData: refused }, ['addData', 'importFiles']],
      [FAKE_MODEL.key, {}, ['importFiles']],
    ] as const) {
      const { engine, models, take, wake } = studio({ models: [FAKE_MODEL, FAKE_CLASSIFIER], failures });
      await wake();
      models.getState().open(open);
      await take([file('pictures.npz')]);
      expect(engine.calls.filter((call) => /addData|importFiles/.test(call))).toEqual(calls);
    }
  });

  it('a results file opens, and what is none is refused where the person is', async () => {
    const { location, take, toasts, resultFiles } = studio();
    await take([file('results.json', JSON.stringify(fakeResult(FAKE_RECIPE)))]);
    expect(location.hash).toContain('#/compare/');
    location.hash = '#/library';
    await take([file('notes.json', '[1, 2]')]);
    expect(toasts.getState().failure?.code).toBe('QS-FILE-04');
    expect(resultFiles.getState().failure).toBeNull();
    expect(location.hash).toBe('#/library');
  });
});
