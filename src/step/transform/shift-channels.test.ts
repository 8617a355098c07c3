/** Outlier Suppression+: centred ranges, the function kept, its search by a plain twin, refusals, and whole runs. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random';
import { testGpu } from '../../gpu/testing/gpus';
import { defaultOptions } from '../../method/parameters';
import { methodOf } from '../../method/table';
import { expectSteady } from '../../run/testing/pipelines';
import { Tensor } from '../../tensor/tensor';
import { untiled } from '../../tensor/weight';
import { activations } from '../activations/activations';
import { activationsFace } from '../activations/activations.face';
import { factsOf } from '../facts-of';
import { shiftChannels } from './shift-channels';
import { shiftChannelsFace } from './shift-channels.face';
import { farthest, rehearsalOf, tinyView, type TinyName } from './testing';

const gpu = await testGpu();
const options = defaultOptions(shiftChannelsFace.parameters);
const NAMES: TinyName[] = ['gpt2', 'vit', 'dit'];
const GRID = { bits: 4, groupSize: null, symmetric: false, clip: 'none' };
const quantized = async (weight: Tensor) =>
  untiled((await methodOf('rtn').quantize({ weight, statistics: null }, GRID)).q);
const A4 = { ...defaultOptions(activationsFace.parameters), bits: 4 };
const rounded = (x: Tensor, length: number) =>
  (activations.alone as NonNullable<typeof activations.alone>)(x, length, A4);

/** Some channels wide, all far from zero. */
function inputs(stage: number, cols: number): Float32Array {
  const random = new Random(stage + 9);
  return Float32Array.from(
    { length: 10 * cols },
    (_, i) => ((i % cols) % 5) + random.normal() * (i % cols < 2 ? 30 : 1),
  );
}

async function fitted(name: TinyName, own: object, rounding: Parameters<typeof rehearsalOf>[4] = {}) {
  const given = { ...options, ...own };
  const { view, outputs } = await tinyView(gpu, name);
  const rehearsal = rehearsalOf(gpu, view, 0, inputs, rounding);
  const state = await shiftChannels.fit?.(rehearsal, given);
  if (!state || !shiftChannels.fitted) throw new Error('no state');
  return { view, outputs, state, own: shiftChannels.fitted(view, rehearsal.block, given, state) };
}

describe('Outlier Suppression+', () => {
  it.each(NAMES)('moves channels of %s and keeps its function', async (name) => {
    const { view, outputs, own, state } = await fitted(name, { values: true }, { quantized, rounded });
    expect(Object.keys(state.arrays).some((key) => key.includes('v → o'))).toBe(true);
    expect(farthest(await outputs(own), await outputs(view))).toBeLessThan(2e-5);
    const [shift] = Object.entries(state.arrays).filter(([key]) => key.startsWith('shift of '));
    expect(Math.max(...shift[1].map(Math.abs))).toBeGreaterThan(1);
  });

  it('moves values alone where the norms have no bias, and says so where they are asked for', async () => {
    const { view, outputs, own } = await fitted('llama-linear-biased', { norms: false, values: true });
    expect(farthest(await outputs(own), await outputs(view))).toBeLessThan(2e-5);
    const facts = factsOf(view.network);
    expect(facts.shifts).toEqual(['v']);
    expect(shiftChannelsFace.refuses?.(facts, options)).toMatch(/no bias tensor.*choose values/);
    const bare = factsOf((await tinyView(gpu, 'qwen2')).view.network);
    expect(shiftChannelsFace.refuses?.(bare, options)).toMatch(/no bias tensor.*leave the step out/);
  });

  it('centres every range, by hand: z = (max + min)/2', async () => {
    const { view, state } = await fitted('gpt2', { search: false });
    const [{ cols }] = view.network.blocks[0].stages[0].linears;
    const x = inputs(0, cols);
    const [[id, z]] = Object.entries(state.arrays).filter(([key]) => key.startsWith('shift of '));
    for (let j = 0; j < cols; j++) {
      const column = x.filter((_, i) => i % cols === j);
      expect(z[j]).toBeCloseTo((Math.max(...column) + Math.min(...column)) / 2, 5);
      expect(Math.max(...column) - z[j]).toBeCloseTo(z[j] - Math.min(...column), 4);
    }
    expect(state.arrays[id.replace('shift of ', '')].every((s) => s === 1)).toBe(true);
  });

  it('shrinks the wide channels alone, where that loses less', async () => {
    const { state } = await fitted('gpt2', {}, { quantized: null, rounded });
    const [[id, s]] = Object.entries(state.arrays);
    expect(state.numbers[`${id}: threshold`]).toBeLessThan(0.5);
    expect(Math.min(s[0], s[1])).toBeGreaterThan(2);
    for (const scale of s) expect(scale).toBeGreaterThanOrEqual(1);
    expect(s.slice(2).every((scale) => scale < s[0] && scale < s[1])).toBe(true);
  });

  it('takes the threshold of least output error, by plain loops; the widest one shrinks nothing', async () => {
    const { view, state } = await fitted('gpt2', { thresholds: 8 }, { quantized: null, rounded });
    const [{ weight, rows, cols }] = view.network.blocks[0].stages[0].linears;
    const w = await view.source.read(weight);
    const x = inputs(0, cols);
    const [id] = Object.keys(state.arrays);
    const z = state.arrays[`shift of ${id}`];
    const half = Float64Array.from({ length: cols }, (_, j) =>
      x.reduce((most, value, i) => (i % cols === j ? Math.max(most, Math.abs(value - z[j])) : most), 0),
    );
    const widest = Math.max(...half);
    const lossAt = (share: number) => {
      const s = half.map((range) => Math.max(1, range / (widest * share)));
      let sum = 0;
      for (let t = 0; t < x.length / cols; t++) {
        const moved = s.map((scale, j) => (x[t * cols + j] - z[j]) / scale);
        const step = Math.max(...moved.map(Math.abs)) / 7;
        for (let r = 0; r < rows; r++) {
          // Weights lie as inputs × outputs.
          const lost = moved.reduce((all, v, j) => all + (step * Math.round(v / step) - v) * s[j] * w[j * rows + r], 0);
          sum += lost * lost;
        }
      }
      return { sum, s };
    };
    const shares = Array.from({ length: 8 }, (_, i) => 64 ** (-i / 7));
    const losses = shares.map((share) => lossAt(share).sum);
    const at = shares.findIndex((share) => Math.abs(share / state.numbers[`${id}: threshold`] - 1) < 1e-5);
    expect(losses[at]).toBeLessThan(1.001 * Math.min(...losses));
    expect(losses[at]).toBeLessThan(0.9 * losses[0]);
    lossAt(shares[at]).s.forEach((scale, j) => expect(state.arrays[id][j] / scale).toBeCloseTo(1, 4));
    expect([...lossAt(1).s]).toEqual(new Array(cols).fill(1));
  });

  it('shrinks nothing where nothing is rounded', async () => {
    const { state } = await fitted('gpt2', {});
    for (const [key, values] of Object.entries(state.arrays)) {
      if (!/^(shift|more) of /.test(key)) expect(values.every((scale) => scale === 1)).toBe(true);
    }
  });
});

describe('rows that shift channels', () => {
  it.each(NAMES)('come to the same figures of %s again', async (name) => {
    const rows = [
      [
        { step: 'shift_channels', options: { thresholds: 4, values: true } },
        { step: 'activations', options: { bits: 4, per: 'tensor', ranges: 'static' } },
        { step: 'rtn', options: { bits: 4 } },
      ],
    ];
    const { result } = await expectSteady(gpu, name, rows);
    const [view] = result.views ?? [];
    expect(name === 'dit' ? view.prediction : view.kl).toBeLessThan(1e-9);
  });
});
