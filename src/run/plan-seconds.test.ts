/** What steps find out before layers are quantized is counted, by hand, in the work that a plan tells of. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import type { Linear } from '../model/architecture';
import { streamNotes } from './plan';
import { estimateWork, type Work } from './plan-seconds';
import { openTiny, pipelineRecipe, type TestSteps } from './testing/pipelines';
import { prepareTiny } from './testing/runs';

const gpu = await testGpu();
const checkpoint = await openTiny('qwen2');
const RTN = { step: 'rtn', options: { bits: 3 } };

async function planned(...steps: TestSteps) {
  const { subject, rows } = await prepareTiny(gpu, checkpoint, pipelineRecipe([steps], 'qwen2'));
  if (!subject) throw new Error('a tiny network runs');
  return {
    work: estimateWork(subject, rows),
    blocks: subject.network.blocks,
    tokens: subject.calibration.windows * 12,
  };
}

const sum = (linears: readonly Linear[], of: (linear: Linear) => number) =>
  linears.reduce((total, linear) => total + of(linear), 0);

/** What one plan takes more of products than another, in a share of what is expected. */
const more = (a: { work: Work }, b: { work: Work }, expected: number) => (a.work.product - b.work.product) / expected;

describe('a transform that is fitted', () => {
  it('takes the calibration windows through every block once more', async () => {
    // Equalization looks at weights alone.
    const [equalized, smoothed] = [await planned({ step: 'equalize' }, RTN), await planned({ step: 'smooth' }, RTN)];
    const linears = smoothed.blocks.flatMap(({ stages }) => stages.flatMap((stage) => stage.linears));
    const pass = 2 * smoothed.tokens * sum(linears, ({ rows, cols }) => rows * cols);
    expect(more(smoothed, equalized, pass)).toBeCloseTo(1, 6);
    expect(smoothed.work.attention).toBeGreaterThan(equalized.work.attention);
    const searched = await planned({ step: 'scale_search', options: { grid: 3 } }, RTN);
    const stages = searched.blocks.flatMap((block) => block.stages);
    const moments =
      searched.tokens *
      sum(
        stages.map(({ linears: [first] }) => first),
        ({ cols }) => cols ** 2,
      );
    const trials = 3 * sum(linears, ({ rows, cols }) => 2 * rows * cols ** 2);
    expect(more(searched, smoothed, moments + trials)).toBeCloseTo(1, 6);
  });

  it('takes what it learns three times, an epoch', async () => {
    const [once, twice] = await Promise.all(
      [1, 2].map((epochs) => planned({ step: 'affine', options: { epochs, batch: 3 } }, RTN)),
    );
    const linears = once.blocks.flatMap(({ stages }) => stages.flatMap((stage) => stage.linears));
    const weights = sum(linears, ({ rows, cols }) => rows * cols);
    // There and back, and once to see what it has come to; six windows are two steps, each with the optimizer's.
    expect(more(twice, once, (3 + 1) * 2 * once.tokens * weights + 2 * 60 * weights)).toBeCloseTo(1, 6);
  });
});

it('counts a way from each layer to the end for every candidate where one is swapped, and a way there and back for gradients', async () => {
  const by = (measure: string, candidates = '2,3,4') =>
    planned({ step: 'allocate', options: { measure, candidates, windows: 2 } }, RTN);
  const [weight, kl, gradient] = [await by('weight'), await by('kl'), await by('gradient')];
  const tokens = 2 * 12;
  const own = kl.blocks.map(({ stages }) => stages.flatMap((stage) => stage.linears));
  const passes = own.map((linears) => 2 * tokens * sum(linears, ({ rows, cols }) => rows * cols));
  const all = passes.reduce((a, b) => a + b, 0);
  const swaps = own.map((linears, b) => 3 * linears.length * passes.slice(b).reduce((x, y) => x + y, 0));
  expect(more(kl, weight, all + swaps.reduce((a, b) => a + b, 0))).toBeCloseTo(1, 6);
  expect(more(gradient, weight, 4 * all + (3 + 1) * all)).toBeCloseTo(1, 6);
});

it('measures once for rows that share a table, whatever their budgets', async () => {
  const allocated = (budget: number) => [{ step: 'allocate', options: { budget, measure: 'kl', windows: 2 } }, RTN];
  const products = async (rows: readonly TestSteps[]) => {
    const { subject, rows: all } = await prepareTiny(gpu, checkpoint, pipelineRecipe(rows, 'qwen2'));
    if (!subject) throw new Error('a tiny network runs');
    const each = (own: typeof all) => estimateWork(subject, own).product;
    const allots = all.filter(({ steps }) => steps[0].step === 'allocate');
    const without = all.map((row) => ({ ...row, steps: row.steps.filter(({ step }) => step !== 'allocate') }));
    return { count: allots.length, tables: each(all) - each(without) };
  };
  const [one, two] = [await products([allocated(2)]), await products([allocated(2), allocated(3)])];
  expect([one.count, two.count]).toEqual([1, 2]);
  expect(two.tables / one.tables).toBeCloseTo(1, 6);
});

it('says how much activations of many rows in many views take where the GPU does not hold them', async () => {
  const before = ['smooth', 'equalize', 'rotate', 'scale_search'].map((step) => [{ step }]);
  const rows = [[], ...before].flatMap((transforms) =>
    [2, 3, 4].map((bits) => [...transforms, { step: 'rtn', options: { bits } }]),
  );
  const { subject, rows: all, plan } = await prepareTiny(gpu, checkpoint, pipelineRecipe(rows, 'qwen2'));
  if (!subject) throw new Error('a tiny network runs');
  expect(plan.notes.filter((note) => note.includes('streams'))).toEqual([]);
  // AWQ's search reads what quantizes: each of its rows has a view of its own.
  const views = 4 + 3;
  const bytes = (15 + views) * 2 * (6 + 3) * 12 * subject.network.hidden * 4;
  expect(streamNotes(subject, all, bytes)).toEqual([]);
  expect(streamNotes(subject, all, bytes - 1).join()).toMatch(/^15 rows in 7 views of the network are 22 streams/);
});
