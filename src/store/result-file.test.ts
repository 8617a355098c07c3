import { describe, expect, it, vi } from 'vitest';
import { fakeResult } from '../app/testing/fake-figures';
import { StudioError } from '../base/errors';
import { FakeEngine } from '../app/testing/fake-engine';
import { FIGURE_FILES } from '../report/files';
import { parseResult } from '../report/read-result';
import { createResultFiles, isFileId, isResultsFile } from './result-file';

const file = (value: unknown) => new File([typeof value === 'string' ? value : JSON.stringify(value)], 'results.json');

describe('an allocation in a results file', () => {
  const allocation = {
    ...{ measure: 'hessian', candidates: ['2-bit', '4-bit'], budget: 100, bits: 96, error: 0.5, exact: true },
    layers: [{ layer: 0, pick: 1, bits: [48, 96], errors: [2, 0.5] }],
    front: [
      [48, 2],
      [96, 0.5],
    ],
  };
  const withOne = (changed: object): unknown => {
    const result = fakeResult();
    const [first, ...rest] = result.rows;
    return JSON.parse(
      JSON.stringify({ ...result, rows: [{ ...first, allocation: { ...allocation, ...changed } }, ...rest] }),
    );
  };

  it('is read as it was written', () => {
    expect(parseResult(withOne({})).rows[0].allocation).toEqual(allocation);
  });

  it.each([
    [{ measure: 7 }, /measure is not a string/],
    [{ exact: 'yes' }, /exact is not true or false/],
    [{ candidates: [2, 4] }, /candidates is not a list of words/],
    [{ layers: [{ ...allocation.layers[0], pick: 2 }] }, /choice is none of 2 candidates/],
    [{ layers: [{ ...allocation.layers[0], layer: 1e6 }] }, /none of the plan's/],
    [{ layers: [{ ...allocation.layers[0], errors: [1] }] }, /errors is not 2 numbers/],
    [{ front: [[1]] }, /front is not 2 numbers/],
    [{ front: 3 }, /front is not a list/],
  ])('is refused with %j', (changed, sentence) => {
    expect(() => parseResult(withOne(changed))).toThrow(sentence);
  });
});

describe('figures by window in a results file', () => {
  const withOne = (row: object, planned: object = {}): unknown => {
    const { plan, rows, ...result } = fakeResult();
    const first = { ...rows[0], ...row };
    const of = { ...plan, rows: [{ ...plan.rows[0], ...planned }, ...plan.rows.slice(1)] };
    return JSON.parse(JSON.stringify({ ...result, plan: of, rows: [first, ...rows.slice(1)] }));
  };

  it('are read as they were written, windows without a number among them', () => {
    const read = parseResult(
      withOne({ windows: { of: 'nll', values: [1, NaN, 2] } }, { without: [{ row: 1, steps: ['Rotate'] }] }),
    );
    expect(read.rows[0].windows).toEqual({ of: 'nll', values: [1, null, 2] });
    expect(read.plan.rows[0].without).toEqual([{ row: 1, steps: ['Rotate'] }]);
  });

  it.each([
    [{ windows: [1, 2] }, {}, /windows is not an object/],
    [{ windows: { of: 'taste', values: [1] } }, {}, /of a figure that this page does not know/],
    [{ windows: { of: 'hit', values: 3 } }, {}, /windows.values is not a list/],
    [{ windows: { of: 'hit', values: Array.from({ length: 100_001 }, () => 1) } }, {}, /windows.values is not a list/],
    [{ windows: { of: 'hit', values: [1, 'yes'] } }, {}, /a window in it is not a number/],
    [{}, { without: 'Rotate' }, /without is not a list/],
    [{}, { without: Array.from({ length: 65 }, () => ({ row: 1, steps: [] })) }, /without has 65 rows/],
    [{}, { without: [{ row: 1, steps: 'Rotate' }] }, /not a list of words/],
  ])('are refused where they have another shape: case %#', (row, planned, sentence) => {
    expect(() => parseResult(withOne(row, planned))).toThrow(sentence);
  });
});

describe('what layers read, in a results file', () => {
  const view = { label: '', rows: [0], peaks: [9, null], most: [2, 0], rms: 0.7 };
  const stage = {
    block: 0,
    stage: 1,
    layers: [3],
    channels: 2,
    views: [view, { ...view, label: 'Rotate', rows: [1] }],
  };
  const withOne = (changed: object): unknown =>
    JSON.parse(JSON.stringify({ ...fakeResult(), channels: [{ ...stage, ...changed }] }));

  it('is read as it was written', () => {
    expect(parseResult(withOne({})).channels).toEqual([stage]);
  });

  it.each([
    [{ channels: 2.5 }, /channels.channels is no count/],
    [{ block: -1 }, /channels.block is no count/],
    [{ layers: [] }, /no layers of the plan/],
    [{ layers: [1e6] }, /no layers of the plan/],
    [{ views: [] }, /no 1 to 17 views/],
    [{ views: Array(18).fill(view) }, /no 1 to 17 views/],
    [{ views: [{ ...view, peaks: Array(257).fill(1), most: Array(257).fill(1) }] }, /no 1 to 256 places/],
    [{ views: [{ ...view, peaks: [] }] }, /no 1 to 256 places/],
    [{ views: [view, { ...view, most: [1] }] }, /not 2 sizes/],
    [{ views: [{ ...view, peaks: [1, -1] }] }, /not 2 sizes/],
    [{ views: [{ ...view, rms: 'small' }] }, /rms is no size/],
    [{ views: [{ ...view, label: 3 }] }, /no label/],
    [{ views: [{ ...view, rows: ['a'] }] }, /no rows/],
  ])('is refused with %j', (changed, sentence) => {
    expect(() => parseResult(withOne(changed))).toThrow(sentence);
  });
});

describe('a results file', () => {
  it('opens as it was written', async () => {
    const store = createResultFiles(new FakeEngine());
    const result = fakeResult();
    const id = await store.getState().open(file(result));
    expect(isFileId(id ?? '')).toBe(true);
    expect(store.getState().imported[0].result).toEqual(result);
  });

  it('is there after a reload under the same id, and is read only when it is asked for', async () => {
    const engine = new FakeEngine();
    const id = (await createResultFiles(engine).getState().open(file(fakeResult()))) ?? '';
    const reloaded = createResultFiles(engine);
    await reloaded.getState().refresh();
    expect(reloaded.getState()).toMatchObject({ loaded: true, imported: [], kept: [{ id, name: 'results.json' }] });
    await reloaded.getState().restore(id);
    expect(reloaded.getState().imported).toMatchObject([{ id, result: fakeResult() }]);
  });

  it('has one id for the same contents and another for others', async () => {
    const store = createResultFiles(new FakeEngine());
    const { open } = store.getState();
    const [a, b] = [await open(file(fakeResult())), await open(file({ ...fakeResult(), date: '2026-01-01' }))];
    expect(await open(file(fakeResult()))).toBe(a);
    expect(b).not.toBe(a);
    expect(store.getState().kept).toHaveLength(2);
    expect(store.getState().imported).toHaveLength(2);
  });

  it('is read in several tasks, between which the page answers', async () => {
    let between = 0;
    const look = () => {
      between++;
      timer = setTimeout(look);
    };
    let timer = setTimeout(look);
    await createResultFiles(new FakeEngine()).getState().open(file(fakeResult()));
    clearTimeout(timer);
    // Before it is parsed, before it is checked, and before it is shown.
    expect(between).toBeGreaterThanOrEqual(3);
  });

  it('is shown where it cannot be kept, and says so', async () => {
    const full = new StudioError('QS-STO-01', 'Browser storage is full: delete stored models or runs.');
    const store = createResultFiles(new FakeEngine({ failures: { keepResultFile: full } }));
    expect(await store.getState().open(file(fakeResult()))).not.toBeNull();
    await vi.waitFor(() => expect(store.getState().notKept).not.toBeNull());
    expect(store.getState().notKept).toEqual({ name: 'results.json', why: full.message });
    expect(store.getState().imported).toHaveLength(1);
  });

  it('that was kept and is damaged is refused once, and not offered again', async () => {
    const engine = new FakeEngine();
    await engine.keepResultFile({ id: 'file:x', name: 'old.json', opened: '2026', file: new Blob(['{"version": 7}']) });
    const store = createResultFiles(engine);
    await store.getState().refresh();
    await store.getState().restore('file:x');
    expect(store.getState()).toMatchObject({ kept: [], imported: [], failure: { code: 'QS-FILE-04' } });
  });

  it('is told from other JSON by how it begins', async () => {
    const named = (name: string, text: string) => isResultsFile(new File([text], name));
    expect(await named('anything.json', JSON.stringify(fakeResult(), null, 1))).toBe(true);
    expect(await named('results.json', JSON.stringify(fakeResult()))).toBe(true);
    expect(await named('config.json', '{"architectures": ["LlamaForCausalLM"], "version": 1}')).toBe(false);
    expect(await named('results.txt', JSON.stringify(fakeResult()))).toBe(false);
    expect(await named('empty.json', '')).toBe(false);
  });

  it('may hold what did not come to a number, which is null in JSON', () => {
    const result = fakeResult();
    const nan = { ...result, rows: result.rows.map((row) => ({ ...row, meanError: NaN, perplexity: NaN, kl: NaN })) };
    expect(parseResult(JSON.parse(JSON.stringify(nan))).rows[0]).toMatchObject({ meanError: null, perplexity: null });
  });

  const withSpread = (change: object) => ({
    ...fakeResult(),
    rows: fakeResult().rows.map((row) => ({ ...row, divergence: { ...row.divergence, ...change } })),
  });

  it.each([
    ['no version', { ...fakeResult(), version: undefined }],
    ['a model without a name', { ...fakeResult(), model: { name: 7 } }],
    ['no recipe', { ...fakeResult(), recipe: undefined }],
    ['a recipe without rows', { ...fakeResult(), recipe: { calibration: {} } }],
    [
      'rows without end',
      { ...fakeResult(), plan: { ...fakeResult().plan, rows: Array(65).fill(fakeResult().plan.rows[0]) } },
    ],
    ['blocks without end', { ...fakeResult(), plan: { ...fakeResult().plan, blocks: 1e12 } }],
    ['notes that are none', { ...fakeResult(), plan: { ...fakeResult().plan, notes: 'none' } }],
    ['a perplexity that is a word', { ...fakeResult(), rows: [{ ...fakeResult().rows[0], perplexity: 'low' }] }],
    ['an interval of one end', { ...fakeResult(), rows: [{ ...fakeResult().rows[0], perplexityInterval: [1] }] }],
    ['a spread that is a word', withSpread({ p99: { value: 'low', interval: null } })],
    ['a spread whose interval has one end', withSpread({ meanInterval: [0.1] })],
    ['a spread of nothing', withSpread({ sameTop: undefined })],
    ['no JSON', 'not json'],
    ['a list', []],
    ['another version', { ...fakeResult(), version: 2 }],
    ['no plan', { ...fakeResult(), plan: null }],
    ['layers of another shape', { ...fakeResult(), layers: [{ row: 'one' }] }],
    [
      'errors that are words',
      { ...fakeResult(), layers: [{ ...fakeResult().layers[0], errors: { weight: 'small' } }] },
    ],
    [
      'a ledger that is none',
      {
        ...fakeResult(),
        rows: [{ ...fakeResult().rows[0], ledger: { weights: 1, total: 2, compression16: 8, parts: {} } }],
      },
    ],
  ])('is refused in one sentence: %s', async (_, value) => {
    const store = createResultFiles(new FakeEngine());
    expect(await store.getState().open(file(value))).toBeNull();
    expect(store.getState().failure?.code).toBe('QS-FILE-04');
    expect(store.getState().failure?.sentence).toMatch(/^This file is not a result of the studio: .+\.$/);
  });

  it('may be of a method that this version does not have', () => {
    const result = fakeResult();
    const rows = result.plan.rows.map((row) => ({ ...row, method: 'from-the-future' }));
    expect(parseResult({ ...result, plan: { ...result.plan, rows } }).plan.rows[0].method).toBe('from-the-future');
  });
});

describe('a figure with results inside', () => {
  const result = fakeResult();
  const shown = { metric: 'output', scale: 'absolute' } as const;

  it('opens as the results file does, and is kept as one', async () => {
    const engine = new FakeEngine();
    const store = createResultFiles(engine);
    const asFile = await store.getState().open(file(result));
    for (const format of ['svg', 'html'] as const) {
      const picture = new File([FIGURE_FILES[format].text(result, shown)], `figure.${format}`);
      const id = await store.getState().open(picture);
      expect(store.getState().imported.find((one) => one.id === id)?.result).toEqual(result);
      const kept = store.getState().kept.find((one) => one.id === id);
      expect(parseResult(JSON.parse((await kept?.file.text()) ?? ''))).toEqual(result);
    }
    expect(asFile).not.toBeNull();
  });

  it('is refused in a sentence where it has none', async () => {
    const store = createResultFiles(new FakeEngine());
    expect(await store.getState().open(new File(['<svg xmlns="http://www.w3.org/2000/svg"/>'], 'a.svg'))).toBeNull();
    expect(store.getState().failure?.sentence).toContain('it has no results inside');
  });
});
