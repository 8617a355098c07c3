import { beforeEach, describe, expect, it } from 'vitest';
import { StudioError } from '../base/errors';
import { FakeEngine, FAKE_MODEL } from '../app/testing/fake-engine';
import { FAKE_RECIPE, fakeLayer, fakePlan, fakeResult } from '../app/testing/fake-figures';
import { createRuns, type RunStore } from './run';
import { applyEvents, isActive, newRun } from './run-view';
import { progressOf } from './progress';

let updates = 0;
let frames = 0;
let over = 0;

function runs(engine: FakeEngine): RunStore {
  updates = frames = over = 0;
  const store = createRuns({
    engine,
    schedule: (callback) => {
      frames++;
      setTimeout(callback, 5);
    },
    now: Date.now,
    onOver: () => over++,
  });
  store.subscribe(() => updates++);
  return store;
}

const until = async (store: RunStore, done: () => boolean) => {
  // However long it takes: only the test's own limit ends the waiting.
  if (!done()) await new Promise<void>((resolve) => store.subscribe(() => done() && resolve()));
};
const phase = (store: RunStore) => store.getState().run?.phase;
const ended = (store: RunStore) => () => !isActive(phase(store) ?? 'running');

describe('a run', () => {
  let engine: FakeEngine;
  beforeEach(() => {
    engine = new FakeEngine();
  });

  it('goes to its end, in one update a frame, however many events come in it', async () => {
    const store = runs(engine);
    const id = store.getState().start(FAKE_MODEL, FAKE_RECIPE);
    expect(id).toMatch(/^[0-9a-z]+$/);
    expect(store.getState().start(FAKE_MODEL, FAKE_RECIPE)).toBeNull();
    await until(store, ended(store));
    const { run } = store.getState();
    expect(run?.phase).toBe('finished');
    expect(run?.layers).toHaveLength(112);
    expect(run?.rows).toHaveLength(4);
    expect(run && progressOf(run)).toEqual({ done: 112, total: 112, share: 1 });
    expect(over).toBe(1);
    // Besides the frames' there are two: the start, and what waits at the end is not left to a frame.
    expect(updates).toBeLessThanOrEqual(frames + 2);
  });

  it('pauses, continues and is cancelled with its layers kept', async () => {
    const store = runs(engine);
    store.getState().start(FAKE_MODEL, FAKE_RECIPE);
    await until(store, () => (store.getState().run?.layers.length ?? 0) > 4);
    await store.getState().pause();
    await until(store, () => phase(store) === 'paused');
    await store.getState().unpause();
    expect(phase(store)).toBe('running');
    await store.getState().cancel();
    expect(phase(store)).toBe('cancelling');
    await until(store, ended(store));
    expect(phase(store)).toBe('cancelled');
    expect(store.getState().run?.layers.length).toBeGreaterThan(4);
    expect(store.getState().run?.result).not.toBeNull();
  });

  it('keeps what it has when the device is lost, and goes on from there', async () => {
    const error = new StudioError('QS-GPU-04', 'The GPU was reset.');
    engine = new FakeEngine({ loss: { after: 10, error } });
    const store = runs(engine);
    store.getState().start(FAKE_MODEL, FAKE_RECIPE);
    await until(store, ended(store));
    expect(phase(store)).toBe('failed');
    expect(store.getState().run?.failure).toEqual({ code: 'QS-GPU-04', sentence: 'The GPU was reset.', facts: {} });
    expect(store.getState().run?.layers).toHaveLength(40);
    store.getState().resume(engine.runs[0]);
    await until(store, ended(store));
    expect(phase(store)).toBe('finished');
    expect(store.getState().run?.restored).toBe(40);
    expect(store.getState().run?.layers).toHaveLength(112);
  });

  it('fails with the import that it waited for', async () => {
    const store = runs(engine);
    const failed = Promise.reject<never>(new StudioError('QS-FILE-03', 'The sample is cut off.'));
    store.getState().startWhenThere('sample', failed, () => FAKE_RECIPE);
    await until(store, ended(store));
    expect(store.getState().run?.failure?.code).toBe('QS-FILE-03');
    expect(engine.calls).not.toContain('start');
  });

  it('can be cancelled before its model is there', async () => {
    const store = runs(engine);
    let arrive: (model: typeof FAKE_MODEL) => void = () => undefined;
    store.getState().startWhenThere('sample', new Promise((resolve) => (arrive = resolve)), () => FAKE_RECIPE);
    await store.getState().cancel();
    arrive(FAKE_MODEL);
    await until(store, ended(store));
    expect(phase(store)).toBe('cancelled');
    expect(engine.calls).not.toContain('start');
  });

  it('goes back and says so when an order fails', async () => {
    engine = new FakeEngine({
      failures: { pause: new StudioError('QS-RUN-01', 'This run is not going in this tab.') },
    });
    const store = runs(engine);
    store.getState().start(FAKE_MODEL, FAKE_RECIPE);
    await until(store, () => phase(store) === 'running');
    await store.getState().pause();
    expect(phase(store)).toBe('running');
    expect(store.getState().run?.notices).toHaveLength(1);
    await until(store, ended(store));
  });
});

describe('the reducer', () => {
  const plan = fakePlan(FAKE_RECIPE);
  const start = applyEvents(newRun('a', FAKE_MODEL, FAKE_RECIPE, 0), [{ event: { type: 'plan', plan }, at: 10 }]);
  const done = (layer: number) =>
    ({ event: { type: 'layer-done', result: fakeLayer(plan, 1, layer) }, at: 20 }) as const;

  it('takes a layer once, however often it is told', () => {
    const layers = [fakeLayer(plan, 1, 0)];
    const run = applyEvents(start, [{ event: { type: 'restored', layers }, at: 15 }, done(0), done(1), done(1)]);
    expect(run.layers.map((layer) => layer.layer)).toEqual([0, 1]);
    expect(run.restored).toBe(1);
  });

  it('changes nothing for an empty batch', () => {
    expect(applyEvents(start, [])).toBe(start);
  });

  it('does not let a late pause undo a cancel', () => {
    const run = applyEvents({ ...start, phase: 'cancelling' }, [{ event: { type: 'paused' }, at: 30 }]);
    expect(run.phase).toBe('cancelling');
  });

  it('replaces what it gathered by the engine’s own record', () => {
    const result = fakeResult(FAKE_RECIPE, 3);
    const run = applyEvents(start, [done(0), { event: { type: 'end', outcome: 'cancelled', result }, at: 40 }]);
    expect(run.phase).toBe('cancelled');
    expect(run.layers).toBe(result.layers);
    expect(run.clock.endedAt).toBe(40);
  });
});
