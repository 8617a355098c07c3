import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { StudioError } from '../base/errors';
import { FakeEngine, FAKE_MODEL, type FakeSettings } from '../app/testing/fake-engine';
import { FAKE_RECIPE, fakeResult } from '../app/testing/fake-figures';
import { encodeLink } from './link';
import { SAMPLES } from './samples';
import { createStudio } from './studio';

function studio(settings: FakeSettings = {}, hash = '') {
  const location = { hash, replace: (url: string) => void (location.hash = url) };
  const engine = new FakeEngine(settings);
  const made = createStudio({
    engine,
    routeHost: { location, addEventListener: () => undefined },
    storage: null,
    schedule: (callback) => setTimeout(callback, 1),
    planDelay: 1,
  });
  return { ...made, engine, location };
}

const until = async (done: () => boolean) => {
  // However long it takes: only the test's own limit ends the waiting.
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 2));
};

describe('the studio', () => {
  it('wakes up: models, runs, GPU, storage', async () => {
    const { wake, models, device, storedRuns } = studio({ models: [FAKE_MODEL] });
    await wake();
    expect(models.getState().models).toHaveLength(1);
    expect(device.getState().gpu.state).toBe('ready');
    expect(device.getState().storage?.usedBytes).toBeGreaterThan(0);
    expect(storedRuns.getState().loaded).toBe(true);
  });

  it('stays readable without a GPU', async () => {
    const { wake, device } = studio({ failures: { describeGpu: new StudioError('QS-GPU-01', 'none') } });
    await wake();
    expect(device.getState().gpu).toMatchObject({ state: 'none', failure: { code: 'QS-GPU-01' } });
  });

  it('plans when a model is opened, and only the last recipe of a burst', async () => {
    const { models, recipes, plan, engine } = studio();
    await models.getState().importSample('stories-1m');
    await until(() => plan.getState().state === 'ready');
    const before = engine.calls.filter((call) => call === 'plan').length;
    for (const bits of [2, 4, 5, 6]) recipes.getState().setOption(0, 'bits', bits);
    await until(() => plan.getState().state === 'ready');
    expect(engine.calls.filter((call) => call === 'plan').length).toBe(before + 1);
    recipes.getState().setOption(0, 'bits', 99);
    // The plan of before stays, and is said to be of before.
    expect(plan.getState()).toMatchObject({ state: 'held' });
    recipes.getState().setOption(0, 'bits', 6);
    await until(() => plan.getState().state === 'ready');
  });

  it('runs the sample from nothing, and goes to the run', async () => {
    const { runSample, run, location, recipes, storedRuns } = studio();
    runSample('stories-1m', FAKE_RECIPE);
    const id = run.getState().run?.id;
    expect(location.hash).toBe(`#/run/${id}`);
    await until(() => run.getState().run?.phase === 'finished');
    expect(recipes.getState().recipe).toEqual(FAKE_RECIPE);
    await until(() => storedRuns.getState().runs.length === 1);
  });

  it('shows a recipe of a link and runs nothing', async () => {
    const recipe = { ...FAKE_RECIPE, rows: FAKE_RECIPE.rows.slice(0, 2) };
    const { recipes, location, engine } = studio({}, `#/c/${encodeLink({ recipe, sample: 'stories-1m' })}`);
    await until(() => recipes.getState().arrival !== null);
    expect(recipes.getState().recipe).toEqual(recipe);
    expect(recipes.getState().arrival).toEqual({ kind: 'link', sample: 'stories-1m', before: null });
    expect(location.hash).toBe('#/recipe');
    expect(engine.calls).toEqual([]);
  });

  it('takes the recipe of a link though another screen has come before it was read', async () => {
    const recipe = { ...FAKE_RECIPE, rows: FAKE_RECIPE.rows.slice(0, 1) };
    const { recipes, routes, location } = studio({}, `#/c/${encodeLink({ recipe, sample: null })}`);
    routes.getState().go({ screen: 'library' });
    await until(() => recipes.getState().arrival !== null);
    expect(recipes.getState().recipe).toEqual(recipe);
    expect(location.hash).toBe('#/library');
  });

  it('keeps the recipe as it is for a damaged link', async () => {
    const { recipes } = studio({}, '#/c/1.zzzz');
    await until(() => recipes.getState().arrival !== null);
    expect(recipes.getState().arrival).toMatchObject({ kind: 'bad-link', failure: { code: 'QS-LINK-01' } });
    expect(recipes.getState().recipe.rows).toHaveLength(4);
  });

  it('shows the figures of a link at its own address, and leaves the recipe and the engine alone', async () => {
    const result = fakeResult(FAKE_RECIPE);
    const recipe = { ...FAKE_RECIPE, rows: FAKE_RECIPE.rows.slice(0, 2) };
    const hash = `#/c/${encodeLink({ recipe, sample: 'stories-1m', result })}`;
    const { shared, recipes, location, engine, ...rest } = studio({}, hash);
    const before = recipes.getState().recipe;
    await until(() => shared.getState().content !== null);
    expect(location.hash).toBe(hash);
    expect(recipes.getState().recipe).toBe(before);
    expect(recipes.getState().arrival).toBeNull();
    expect(engine.calls).toEqual([]);

    // Only by the button, on the model that it is of, without another screen; the recipe of before can be had back.
    recipes.getState().setOption(0, 'bits', 7);
    const own = recipes.getState().recipe;
    const [sample] = SAMPLES;
    rest.runShared({ model: null, sample });
    await until(() => rest.run.getState().run?.phase === 'finished');
    expect(location.hash).toBe(hash);
    expect(rest.run.getState().run?.recipe).toEqual(recipe);
    expect(rest.toasts.getState().toast?.deed).toEqual({ kind: 'recipe-replaced', by: 'link' });
    rest.toasts.getState().undo();
    expect(recipes.getState().recipe).toEqual(own);
  });

  it('holds a model that passes for the link’s against it, file by file', async () => {
    const print = (name: string, digit: string) => ({ name, bytes: 7, sha256: digit.repeat(64) });
    const made = fakeResult(FAKE_RECIPE);
    const files = [print('config.json', 'a'), print('model.safetensors', 'b')];
    const result = { ...made, model: { ...made.model, files } };
    const model = { ...FAKE_MODEL, key: 'another' };
    const prints = { another: [print('config.json', 'a'), print('model.safetensors', 'c')] };
    const hash = `#/c/${encodeLink({ recipe: FAKE_RECIPE, sample: null, result })}`;
    const { shared } = studio({ models: [model], prints }, hash);
    await until(() => shared.getState().content !== null);
    await shared.getState().hold(model);
    expect(shared.getState().held).toEqual({
      key: 'another',
      files: { both: 2, apart: [{ name: 'model.safetensors', is: 'other' }] },
    });
  });

  it('reads the recipe of a link whose figures are of a newer version, and says so', async () => {
    const whole = encodeLink({ recipe: FAKE_RECIPE, sample: null, result: fakeResult(FAKE_RECIPE) });
    const bytes = inflateRawSync(Buffer.from(whole.slice(2), 'base64url'));
    const content = JSON.parse(bytes.toString()) as { recipe: object; results: object };
    const newer = { recipe: content.recipe, results: { ...content.results, v: 9 } };
    const hash = `#/c/1.${deflateRawSync(JSON.stringify(newer)).toString('base64url')}`;
    const { recipes, location } = studio({}, hash);
    await until(() => recipes.getState().arrival !== null);
    expect(location.hash).toBe('#/recipe');
    expect(JSON.stringify(recipes.getState().arrival)).toContain('version is 9');
  });

  it('exports one file at a time and keeps its failure', async () => {
    const { exports } = studio();
    await exports.getState().build('a', 1, 'gptq');
    expect(exports.getState().task).toMatchObject({ state: 'ready', kind: 'gptq' });
    const failing = studio({ failures: { export: new StudioError('QS-RUN-01', 'not finished') } });
    await failing.exports.getState().build('a', 1, 'gptq');
    expect(failing.exports.getState().task).toMatchObject({ state: 'failed', failure: { code: 'QS-RUN-01' } });
  });
});
