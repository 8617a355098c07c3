import { describe, expect, it } from 'vitest';
import { StudioError } from '../base/errors';
import { FakeEngine } from '../app/testing/fake-engine';
import { fakePlan, FAKE_RECIPE } from '../app/testing/fake-figures';
import { rowOf } from './presets';
import { codebookRows, createCodebooks } from './codebooks';

const WANTED = { row: 1, layer: 3, book: 0 };

describe('the codebook that is looked at', () => {
  it('is asked for, shown, and closed', async () => {
    const store = createCodebooks(new FakeEngine());
    const opening = store.getState().open('a', WANTED);
    expect(store.getState().shown).toMatchObject({ runId: 'a', ...WANTED, state: 'busy', view: null });
    await opening;
    expect(store.getState().shown).toMatchObject({ state: 'ready', view: { row: 1, layer: 3 } });
    store.getState().close();
    expect(store.getState().shown).toBeNull();
  });

  it('stays until the next one is there, and answers that come late are dropped', async () => {
    const store = createCodebooks(new FakeEngine());
    await store.getState().open('a', WANTED);
    const { view } = store.getState().shown ?? {};
    const second = store.getState().open('a', { ...WANTED, layer: 4 });
    expect(store.getState().shown).toMatchObject({ state: 'busy', layer: 4 });
    expect(store.getState().shown?.view).toBe(view);
    const third = store.getState().open('a', { ...WANTED, layer: 5 });
    await Promise.all([second, third]);
    expect(store.getState().shown?.view?.layer).toBe(5);
    const fourth = store.getState().open('a', WANTED);
    store.getState().close();
    await fourth;
    expect(store.getState().shown).toBeNull();
  });

  it('is not the one of another run', async () => {
    const store = createCodebooks(new FakeEngine());
    await store.getState().open('a', WANTED);
    const other = store.getState().open('b', WANTED);
    expect(store.getState().shown?.view).toBeNull();
    await other;
  });

  it('says why there is none', async () => {
    const failures = { codebookView: new StudioError('QS-RUN-01', 'Layer 3 of row 1 is not quantized yet.') };
    const store = createCodebooks(new FakeEngine({ failures }));
    await store.getState().open('a', WANTED);
    expect(store.getState().shown).toMatchObject({ state: 'failed', view: null, failure: { code: 'QS-RUN-01' } });
  });

  it('exists for rows of the codebook family', () => {
    const rows = [FAKE_RECIPE.rows[0], rowOf('kmeans'), rowOf('gptq', { bits: 3 }), rowOf('gptvq')];
    const planned = fakePlan({ ...FAKE_RECIPE, rows }).rows;
    expect(codebookRows(planned).map(({ method }) => method)).toEqual(['kmeans', 'gptvq']);
    expect(codebookRows([{ ...planned[0], method: 'from-the-future' }])).toEqual([]);
  });
});
