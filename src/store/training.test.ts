import { describe, expect, it } from 'vitest';
import { StudioError } from '../base/errors';
import { FakeEngine, FAKE_MODEL } from '../app/testing/fake-engine';
import { FAKE_RECIPE, fakeLayer, fakePlan } from '../app/testing/fake-figures';
import { FAKE_STEPS, fakeTraining } from '../app/testing/fake-training';
import type { RunEvent } from '../run/events';
import type { Recipe } from '../recipe/recipe';
import { MOST_POINTS, stepOf } from '../run/training-curve';
import { rowOf } from './presets';
import { progressOf, secondsLeft } from './progress';
import { createRuns } from './run';
import { applyEvents, isActive, newRun, type LiveRun, type TimedEvent } from './run-view';
import { createTrainings, trainedRows } from './training';
import { weightsOf } from '../recipe/row';

/** RTN and a method that trains. */
const RECIPE: Recipe = { ...FAKE_RECIPE, rows: [FAKE_RECIPE.rows[0], rowOf('vq4dit')] };
const plan = fakePlan(RECIPE);
const at = (time: number, ...events: RunEvent[]): TimedEvent[] => events.map((event) => ({ event, at: time }));
const begun = applyEvents(newRun('a', FAKE_MODEL, RECIPE, 0), at(1000, { type: 'plan', plan }));
const stage = { type: 'stage', stage: 'train', block: 0, detail: '' } as const;
const training = (row: number, block: number) =>
  fakeTraining(row, block).map((progress) => ({ type: 'training', row, block, progress }) as const);
const [FIRST_BLOCK] = [plan.layers.filter((layer) => layer.block === 0).map(({ index }) => index)];

describe('the rows that train', () => {
  it('are those whose method trains blocks and is not asked for the layer proxy', () => {
    expect(trainedRows(RECIPE).map(({ row }) => row)).toEqual([1]);
    expect(trainedRows({ ...RECIPE, rows: [rowOf('vq4dit', { proxy: true })] })).toEqual([]);
    expect(trainedRows(FAKE_RECIPE)).toEqual([]);
  });

  it('are none in recipes that this version cannot read', () => {
    expect(trainedRows({ ...RECIPE, rows: [] })).toEqual([]);
    expect(trainedRows({ ...RECIPE, rows: [{ steps: [{ step: 'from-the-future' as never, options: {} }] }] })).toEqual(
      [],
    );
  });
});

describe('a run with training', () => {
  it('gathers curves by row and block, bounded, however many events a batch has', () => {
    const [first] = fakeTraining(1, 0);
    const many = Array.from({ length: 3000 }, (_, i) => ({
      type: 'training' as const,
      row: 1,
      block: i < 2000 ? 0 : 1,
      progress: { ...first, step: (i % 2000) + 1, steps: 2000 },
    }));
    const run = applyEvents(begun, at(2000, stage, ...many));
    expect(run.training.map(({ row, block }) => [row, block])).toEqual([
      [1, 0],
      [1, 1],
    ]);
    for (const { points } of run.training) expect(points.length).toBeLessThanOrEqual(MOST_POINTS);
    expect(run.training.map(stepOf)).toEqual([2000, 1000]);
  });

  it('leaves the curves alone that a batch says nothing of', () => {
    const first = applyEvents(begun, at(2000, stage, ...training(1, 0)));
    const second = applyEvents(first, at(3000, ...training(1, 1)));
    expect(second.training[0]).toBe(first.training[0]);
    expect(applyEvents(second, at(4000, stage)).training).toBe(second.training);
  });

  it('knows layers that are quantized and not measured yet, until they are', () => {
    const stored = FIRST_BLOCK.map((layer) => ({ type: 'layer-stored', row: 1, layer }) as const);
    const run = applyEvents(begun, at(2000, ...stored));
    expect(run.stored).toHaveLength(FIRST_BLOCK.length);
    expect(run.layers).toHaveLength(0);
    const done = applyEvents(
      run,
      at(3000, { type: 'layer-done', result: fakeLayer(plan, 1, 0) }, ...stored.slice(0, 1)),
    );
    expect(done.stored.map(({ layer }) => layer)).toEqual(FIRST_BLOCK.slice(1));
  });

  it('is further with every step, and the further the more is left to measure', () => {
    const shares: number[] = [];
    let run: LiveRun = applyEvents(begun, at(2000, stage));
    const look = () => shares.push(progressOf(run).share);
    look();
    for (const event of training(1, 0)) {
      run = applyEvents(run, at(2000, event));
      look();
    }
    const stored = FIRST_BLOCK.map((layer) => ({ type: 'layer-stored', row: 1, layer }) as const);
    run = applyEvents(run, at(2000, ...stored));
    look();
    run = applyEvents(run, at(2000, { type: 'layer-done', result: fakeLayer(plan, 1, 0) }));
    look();
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares[0]).toBe(0);
    expect(shares.at(-2)).toBeCloseTo((0.9 * FIRST_BLOCK.length) / (2 * plan.layers.length));
    expect(progressOf(run).done).toBe(1);
  });
});

describe('the estimate of what is left, with training', () => {
  /** Ten milliseconds a step, all of the first block. */
  const trained = training(1, 0).flatMap((event, i) => at(1000 + 40 * i, event));

  it('says nothing before the pace of a step is known', () => {
    expect(secondsLeft(begun, 1000)).toBeNull();
    expect(secondsLeft(applyEvents(begun, trained.slice(0, 1)), 1000)).toBeNull();
  });

  it('counts the steps of the blocks that are not trained', () => {
    const options = weightsOf(RECIPE.rows[1]).options as Record<string, number>;
    const each = options.steps + options.calibrationSteps;
    const half = applyEvents(begun, trained.slice(0, 1 + trained.length / 2));
    const left = (FAKE_STEPS / 2 + 3 * each) * 0.01;
    expect(secondsLeft(half, 1000 + (FAKE_STEPS / 2) * 10)).toBeCloseTo(left + 26, 0);
  });

  it('leaves pauses out', () => {
    const paused = [...trained.slice(0, 10), ...at(1400, { type: 'paused' }), ...at(90_000, { type: 'continued' })];
    const run = applyEvents(begun, [
      ...paused,
      { event: trained[10].event, at: 90_500 },
      { event: trained[11].event, at: 90_540 },
    ]);
    expect(run.pace.rows[1].ms / run.pace.rows[1].steps).toBeCloseTo(10);
  });
});

describe('curves that were kept', () => {
  const events = fakeTraining(1, 0);

  it('come back with a run that is resumed, beside what it tells then', async () => {
    const engine = new FakeEngine({ trained: [1], loss: { after: 10, error: new StudioError('QS-GPU-04', 'Reset.') } });
    const store = createRuns({
      engine,
      schedule: (callback) => setTimeout(callback, 5),
      now: Date.now,
      onOver: () => undefined,
    });
    const over = async () => {
      for (let i = 0; i < 3000 && isActive(store.getState().run?.phase ?? 'running'); i++) {
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    };
    store.getState().start(FAKE_MODEL, FAKE_RECIPE);
    await over();
    expect(store.getState().run?.phase).toBe('failed');
    expect(store.getState().run?.training.map(({ block }) => block)).toEqual([0, 1]);
    // Another tab, which has watched nothing.
    store.setState({ run: null });
    store.getState().resume(engine.runs[0]);
    expect(store.getState().run?.training).toEqual([]);
    await over();
    const curves = store.getState().run?.training ?? [];
    expect(curves.map(({ block }) => block)).toEqual([0, 1, 2, 3]);
    expect(curves.map(stepOf)).toEqual([FAKE_STEPS, FAKE_STEPS, FAKE_STEPS, FAKE_STEPS]);
    expect(curves[0].points).toHaveLength(events.length);
  });

  it('are none in a new run', () => {
    const engine = new FakeEngine({ trained: [1] });
    const store = createRuns({ engine, schedule: () => undefined, now: Date.now, onOver: () => undefined });
    store.getState().start(FAKE_MODEL, FAKE_RECIPE);
    expect(store.getState().run?.training).toEqual([]);
    expect(engine.calls).not.toContain('trainingCurves');
  });

  it('are read once for a stored run, and a failure costs nothing else', async () => {
    const engine = new FakeEngine();
    const trainings = createTrainings(engine);
    await Promise.all([trainings.getState().load('a'), trainings.getState().load('a')]);
    expect(engine.calls.filter((call) => call === 'trainingCurves')).toHaveLength(1);
    expect(trainings.getState().byRun).toEqual({ a: [] });
    const broken = createTrainings(
      new FakeEngine({ failures: { trainingCurves: new StudioError('QS-APP-01', 'no') } }),
    );
    await broken.getState().load('a');
    expect(broken.getState().byRun).toEqual({ a: [] });
  });
});
