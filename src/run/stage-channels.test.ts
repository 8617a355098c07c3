/** Pictures of channels: against what layers really read, by what transforms must make of them, and none where there are no transforms. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { quantileOfSorted } from '../numerics/quantiles';
import { RunControl } from './control';
import type { RunEvent, StageChannels } from './events';
import { MemoryRunStore } from './run-store';
import { mostPlaces, placesOf } from './stage-channels';
import { figuresOf, pipelineRecipe, runPipelines, openTiny } from './testing/pipelines';
import { prepareTiny, runToEnd } from './testing/runs';
import { calibrationTaps } from './testing/taps';

const gpu = await testGpu();
const rtn = { step: 'rtn', options: { bits: 3 } };
const rms = (values: Float64Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

describe('channels that stand together', () => {
  it('are the largest of each few neighbours, to three figures', () => {
    expect(placesOf([1, 5, 2, 3.14159, 7], 3)).toEqual([5, 3.14, 7]);
    expect(placesOf([0.25, 0], 256)).toEqual([0.25, 0]);
    expect(placesOf(new Float32Array(300).fill(2), 256)).toHaveLength(150);
  });

  it('have no value where one of them is not finite', () => {
    expect(placesOf([NaN, 9, 1, 2, Infinity, 0], 3)).toEqual([null, 2, null]);
    expect(placesOf([9, NaN], 1)).toEqual([null]);
  });

  it('are more the more pictures a run has', () => {
    const run = (blocks: number, views: number) => {
      const network = { blocks: Array.from({ length: blocks }, () => ({ stages: [0, 1, 2, 3] })) };
      return mostPlaces({ subject: { network }, views: Array(views).fill(null) } as never);
    };
    expect(run(32, 2)).toBe(256);
    expect(run(80, 17)).toBe(24);
    expect(run(1000, 17)).toBe(16);
  });
});

describe('a run with transforms', () => {
  it('shows every stage before and after them', async () => {
    const rows = [
      [{ step: 'smooth', options: { alpha: 1 } }, rtn],
      [{ step: 'rotate' }, rtn],
      [{ step: 'rotate' }, { step: 'gptq', options: { bits: 3 } }],
    ];
    const { result, prepared } = await runPipelines(gpu, 'llama3-scaled', rows);
    const channels = result.channels as readonly StageChannels[];
    expect(channels.flatMap(({ layers }) => layers)).toEqual(result.plan.layers.map(({ index }) => index));
    const taps = await calibrationTaps(gpu, prepared, null);
    for (const { layers, channels: width, views } of channels) {
      expect(views.map(({ label }) => label)).toEqual(['', 'Smooth α 1', 'Rotate']);
      // The first row is the baseline.
      expect(views.map((view) => view.rows)).toEqual([[0], [1], [2, 3]]);
      const { tap } = taps.get(result.plan.layers[layers[0]].name) as { tap: { rows: number; data: Float64Array } };
      const columns = Array.from({ length: width }, (_, c) =>
        Array.from({ length: tap.rows }, (_row, r) => Math.abs(tap.data[r * width + c])).sort((a, b) => a - b),
      );
      const near = (values: readonly (number | null)[], wanted: readonly number[]) =>
        values.forEach((value, i) => expect(Math.abs((value ?? NaN) / wanted[i] - 1)).toBeLessThan(6e-3));
      const [plain, smoothed] = views;
      near(plain.peaks, columns.map((column) => column[column.length - 1])); // oxfmt-ignore
      near(plain.most, columns.map((column) => quantileOfSorted(column, 0.99))); // oxfmt-ignore
      near([plain.rms], [rms(tap.data)]);
      // With α = 1 all of the range goes into the weights; what is not behind a norm is left as it is.
      const last = result.plan.layers[layers[0]].name;
      if (/o_proj|down_proj/.test(last)) expect(smoothed.peaks).toEqual(plain.peaks);
      else expect(new Set(smoothed.peaks)).toEqual(new Set([1]));
    }
  });

  it('tells the same again when it is resumed', async () => {
    const { result, prepared } = await runPipelines(gpu, 'gpt2', [[{ step: 'smooth' }, rtn]]);
    const store = new MemoryRunStore();
    const control = new RunControl();
    const cut = await runToEnd(
      prepared,
      { gpu, store, control },
      ({ type }) => type === 'channels' && control.cancel(),
    );
    expect(cut.channels).toHaveLength(1);
    const events: RunEvent[] = [];
    const resumed = await runToEnd(prepared, { gpu, store }, (event) => events.push(event));
    expect(figuresOf(resumed)).toEqual(figuresOf(result));
    const told = events.flatMap((event) => (event.type === 'channels' ? [event.channels] : []));
    expect(told).toEqual(result.channels);
  });

  it('is all that pays for it', async () => {
    const events: RunEvent[] = [];
    const prepared = await prepareTiny(gpu, await openTiny('gpt2'), pipelineRecipe([[rtn]], 'gpt2'));
    const result = await runToEnd(prepared, { gpu }, (event) => events.push(event));
    expect(result.channels).toBeUndefined();
    expect(events.filter(({ type }) => type === 'channels')).toEqual([]);
  });
});

it('an allocation is told before the march, as the result has it', async () => {
  const recipe = pipelineRecipe([[{ step: 'allocate', options: { measure: 'weight' } }, { step: 'rtn' }]], 'gpt2');
  const prepared = await prepareTiny(gpu, await openTiny('gpt2'), recipe);
  const events: RunEvent[] = [];
  const result = await runToEnd(prepared, { gpu }, (event) => events.push(event));
  const told = events.flatMap((event) => (event.type === 'allocated' ? [event] : []));
  const summaries = result.rows.filter(({ allocation }) => allocation);
  expect(told.map(({ row, allocation }) => ({ row, allocation }))).toEqual(
    summaries.map(({ row, allocation }) => ({ row, allocation })),
  );
  expect(told).toHaveLength(1);
  const types = events.map(({ type }) => type);
  expect(types.indexOf('allocated')).toBeLessThan(types.indexOf('layer-started'));
});
