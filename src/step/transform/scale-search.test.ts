/** AWQ's search: what it minimises by a plain twin, its identities, and whole runs. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random';
import { testGpu } from '../../gpu/testing/gpus';
import { defaultOptions } from '../../method/parameters';
import { methodOf } from '../../method/table';
import { awqScales } from '../../numerics/scales';
import { expectSteady, runPipelines } from '../../run/testing/pipelines';
import { Tensor } from '../../tensor/tensor';
import { untiled } from '../../tensor/weight';
import { factsOf } from '../facts-of';
import { scaleSearch } from './scale-search';
import { scaleSearchFace } from './scale-search.face';
import { farthest, rehearsalOf, tinyView, type TinyName } from './testing';

const gpu = await testGpu();
const options = defaultOptions(scaleSearchFace.parameters);
const GRID = { bits: 3, groupSize: 16, symmetric: false, clip: 'none' };
const quantized = async (weight: Tensor) =>
  untiled((await methodOf('rtn').quantize({ weight, statistics: null }, GRID)).q);

function inputs(stage: number, cols: number): Float32Array {
  const random = new Random(stage + 5);
  return Float32Array.from({ length: 24 * cols }, (_, i) => random.normal() * Math.exp(((i % cols) * 4) / cols));
}

async function fitted(name: TinyName, own: object = {}) {
  const given = { ...options, ...own };
  const { view, outputs } = await tinyView(gpu, name);
  const rehearsal = rehearsalOf(gpu, view, 0, inputs, { quantized });
  const state = await scaleSearch.fit?.(rehearsal, given);
  if (!state || !scaleSearch.fitted) throw new Error('no state');
  return { view, outputs, state, own: scaleSearch.fitted(view, rehearsal.block, given, state) };
}

/** Σ over tokens and outputs of ((Q(W·s)/s − W)·x)², in plain loops. */
async function lossOf(w: Float32Array, rows: number, cols: number, x: Float32Array, s: ArrayLike<number>) {
  const scaled = Tensor.from(
    gpu,
    rows,
    cols,
    w.map((value, i) => value * s[i % cols]),
  );
  const q = await quantized(scaled);
  const values = await q.read();
  for (const used of [scaled, q]) used.release();
  const delta = values.map((value, i) => value / s[i % cols] - w[i]);
  let sum = 0;
  for (let t = 0; t < x.length / cols; t++) {
    for (let r = 0; r < rows; r++) {
      let y = 0;
      for (let j = 0; j < cols; j++) y += delta[r * cols + j] * x[t * cols + j];
      sum += y * y;
    }
  }
  return sum;
}

describe('AWQ’s search', () => {
  it('takes the exponent of least output error over all readers of a pair', async () => {
    const { view, state } = await fitted('qwen2', { values: false, down: false });
    const { linears } = view.network.blocks[0].stages[0];
    const [{ cols }] = linears;
    const x = inputs(0, cols);
    const means = Float64Array.from({ length: cols }, (_, j) => {
      const column = x.filter((_, i) => i % cols === j);
      return column.reduce((sum, value) => sum + Math.abs(value), 0) / column.length;
    });
    const losses: number[] = [];
    for (let i = 0; i < 20; i++) {
      let sum = 0;
      for (const { weight, rows } of linears) {
        sum += await lossOf(await view.source.read(weight), rows, cols, x, awqScales(means, i / 20));
      }
      losses.push(sum);
    }
    const [id] = Object.keys(state.arrays);
    const at = Math.round(state.numbers[`${id}: exponent`] * 20);
    expect(state.numbers[`${id}: error`] / losses[at]).toBeCloseTo(1, 3);
    expect(losses[at]).toBeLessThan(Math.min(...losses) * 1.0001);
    expect(state.numbers[`${id}: error without`] / losses[0]).toBeCloseTo(1, 3);
    expect(at).toBeGreaterThan(0);
    awqScales(means, at / 20).forEach((s, j) => expect(state.arrays[id][j] / s).toBeCloseTo(1, 5));
  });

  it('of one candidate is rounding as it is', async () => {
    const { view, own, state } = await fitted('gpt2', { grid: 1 });
    for (const scales of Object.values(state.arrays)) expect(scales.every((scale) => scale === 1)).toBe(true);
    for (const { weight } of view.network.blocks[0].stages.flatMap(({ linears }) => linears)) {
      expect(await own.source.read(weight)).toEqual(await view.source.read(weight));
    }
  });

  it.each(['qwen2', 'gpt2', 'vit', 'vim', 'dit'] as const)(
    'never loses more than no scales, and keeps %s',
    async (name) => {
      const { view, outputs, own, state } = await fitted(name, { sharedHeads: true });
      for (const id of Object.keys(state.arrays)) {
        expect(state.numbers[`${id}: error`]).toBeLessThanOrEqual(state.numbers[`${id}: error without`]);
      }
      expect(farthest(await outputs(own), await outputs(view))).toBeLessThan(1e-5);
    },
  );

  it('leaves values that heads share out unless asked, as the release does', async () => {
    const of = async (sharedHeads: boolean) => Object.keys((await fitted('qwen2', { sharedHeads })).state.arrays);
    expect((await of(true)).filter((id) => id.endsWith('v → o'))).toHaveLength(1);
    expect((await of(false)).filter((id) => id.endsWith('v → o'))).toHaveLength(0);
    const facts = factsOf((await tinyView(gpu, 'qwen2')).view.network);
    const only = { ...options, norms: false, down: false };
    expect(scaleSearchFace.refuses?.(facts, only)).toMatch(/heads share the values.*choose norms, down or shared/);
    expect(scaleSearchFace.refuses?.(facts, options)).toBeNull();
  });
});

describe('rows that search scales', () => {
  const row = [
    { step: 'scale_search', options: { grid: 5 } },
    { step: 'rtn', options: { bits: 3, groupSize: 16 } },
  ];

  it.each(['qwen2', 'gpt2', 'vit', 'vim', 'dit'] as const)('come to the same figures of %s again', async (name) => {
    const { result } = await expectSteady(gpu, name, [row]);
    const [view] = result.views ?? [];
    expect(name === 'dit' ? view.prediction : view.kl).toBeLessThan(1e-9);
  });

  it('have views of their own where they round otherwise', async () => {
    const other = [row[0], { step: 'rtn', options: { bits: 4, groupSize: 16 } }];
    const { prepared } = await runPipelines(gpu, 'qwen2', [row, other]);
    expect(prepared.views).toHaveLength(3);
  });

  it('are refused where they keep their weights', async () => {
    await expect(runPipelines(gpu, 'qwen2', [[row[0]]])).rejects.toThrow(
      /Scale search asks how the row quantizes weights/,
    );
  });
});
