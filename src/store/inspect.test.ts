/** The store of what is looked into: what is shown, what is asked about first, and what is left. */
import { describe, expect, it, vi } from 'vitest';
import { FakeEngine } from '../app/testing/fake-engine';
import { StudioError } from '../base/errors';
import type { EngineApi, Inspected, ListedTensor, TensorStatistics, ValueDifference } from '../worker/protocol';
import { ASK_ABOVE_VALUES, createInspect } from './inspect';

const tensor = (name: string, values: number, readable = true): ListedTensor => ({
  ...{ name, values, readable, shape: [values], rows: 1, cols: values },
  ...{ dtype: 'F32', bytes: 4 * values, file: 'model.safetensors', left: null },
});

/** An engine of one file, whose long looks are settled by hand. */
function engineOf(...tensors: ListedTensor[]) {
  const engine = new FakeEngine();
  const listing = async (key: string): Promise<Inspected> => ({
    ...(await new FakeEngine().lookAtModel(key)),
    key,
    tensors,
  });
  vi.spyOn(engine, 'lookAtModel').mockImplementation(listing);
  const looks: { resolve: (figures: TensorStatistics) => void; reject: (error: unknown) => void }[] = [];
  const tensorStatistics = vi
    .spyOn(engine, 'tensorStatistics')
    .mockImplementation(
      () => new Promise<never>((resolve, reject) => looks.push({ resolve: resolve as never, reject })),
    );
  return { engine, looks, tensorStatistics };
}

const figures = { name: 'w' } as TensorStatistics;
const left = new StudioError('QS-RUN-01', 'The look was left.');

describe('what is looked into', () => {
  it('is opened by its key, and a tensor of it read through', async () => {
    const { engine, looks } = engineOf(tensor('w', 10));
    const store = createInspect(engine);
    const opening = store.getState().open('a');
    expect(store.getState()).toMatchObject({ key: 'a', opening: true, listing: null });
    await opening;
    const choosing = store.getState().choose('w');
    expect(store.getState().tensor).toMatchObject({ name: 'w', state: 'busy' });
    looks[0].resolve(figures);
    await choosing;
    expect(store.getState().tensor).toMatchObject({ state: 'ready', figures });
    // The same again asks for nothing.
    await store.getState().choose('w');
    expect(looks).toHaveLength(1);
  });

  it('is asked about where it is large, and not read where there is nothing to read', async () => {
    const large = tensor('large', ASK_ABOVE_VALUES + 1);
    const { engine, looks, tensorStatistics } = engineOf(large, tensor('packed', 9, false), tensor('empty', 0));
    const store = createInspect(engine);
    await store.getState().open('a');
    for (const name of ['packed', 'empty']) {
      await store.getState().choose(name);
      expect(store.getState().tensor).toMatchObject({ name, state: 'ready', figures: null });
    }
    await store.getState().choose('large');
    expect(store.getState().tensor?.state).toBe('asking');
    expect(tensorStatistics).not.toHaveBeenCalled();
    const reading = store.getState().read();
    expect(store.getState().tensor?.state).toBe('busy');
    looks[0].resolve(figures);
    await reading;
    expect(store.getState().tensor?.state).toBe('ready');
  });

  it('says that a look was left and what failed, and drops answers that come late', async () => {
    const { engine, looks } = engineOf(tensor('w', 10), tensor('v', 10));
    const store = createInspect(engine);
    await store.getState().open('a');
    const first = store.getState().choose('w');
    store.getState().leave();
    expect(engine.calls).toContain('leaveLook');
    looks[0].reject(left);
    await first;
    expect(store.getState().tensor).toMatchObject({ state: 'left', failure: null });
    const second = store.getState().read();
    const third = store.getState().choose('v');
    looks[1].resolve(figures);
    looks[2].reject(new StudioError('QS-FILE-03', 'The file has changed.'));
    await Promise.all([second, third]);
    expect(store.getState().tensor).toMatchObject({ name: 'v', state: 'failed', failure: { code: 'QS-FILE-03' } });
  });

  it('ends one long look by the next', async () => {
    const { engine, looks } = engineOf(tensor('w', 10));
    const store = createInspect(engine);
    await store.getState().open('a');
    const reading = store.getState().choose('w');
    const checking = store.getState().runCheck();
    expect(store.getState().tensor?.state).toBe('left');
    await checking;
    expect(store.getState().check).toMatchObject({ state: 'ready', findings: [] });
    looks[0].reject(left);
    await reading;
    expect(store.getState().tensor?.state).toBe('left');
  });

  it('is compared by headers first, then by values as they come', async () => {
    const { engine } = engineOf(tensor('w', 10));
    const difference: ValueDifference = {
      tensor: 'w',
      is: 'same bytes',
      relative: 0,
      largest: 0,
      values: 0,
      brokenInOne: 0,
    };
    vi.spyOn(engine, 'compareHeaders').mockResolvedValue([{ tensor: 'w', is: 'values', a: null, b: null }]);
    const told = async (...[, , , onDifference]: Parameters<EngineApi['compareValues']>) => {
      onDifference(difference);
      expect(store.getState().comparison?.values.get('w')).toBe(difference);
      return [difference];
    };
    vi.spyOn(engine, 'compareValues').mockImplementation(told as never);
    const store = createInspect(engine);
    await store.getState().open('a');
    await store.getState().compare({ key: 'b', name: 'other' });
    expect(store.getState().comparison).toMatchObject({ state: 'asking', headers: [{ tensor: 'w' }] });
    await store.getState().compareValues();
    expect(store.getState().comparison).toMatchObject({ state: 'ready' });
    store.getState().closeComparison();
    expect(store.getState().comparison).toBeNull();
  });

  it('may be files that are not stored, which stay at hand', async () => {
    const store = createInspect(new FakeEngine());
    const file = new File([], 'x.safetensors');
    expect(await store.getState().openFiles([{ path: 'x.safetensors', file }])).toBe('file-x.safetensors');
    await store.getState().open('a');
    await store.getState().open('file-x.safetensors');
    expect(store.getState()).toMatchObject({ key: 'file-x.safetensors', loose: [{ key: 'file-x.safetensors' }] });
    const failing = createInspect(new FakeEngine({ failures: { lookAtFiles: left } }));
    expect(await failing.getState().openFiles([{ path: 'x', file }])).toBeNull();
    expect(failing.getState().failure?.code).toBe('QS-RUN-01');
  });
});
