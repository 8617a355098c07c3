/** Cross-layer equalization: ranges equal on either side, nothing left to do afterwards, the function kept, and whole runs. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { defaultOptions } from '../../method/parameters';
import type { DiagonalPair } from '../../model/view/pairs';
import type { NetworkView } from '../../model/view/view';
import { expectSteady } from '../../run/testing/pipelines';
import { factsOf } from '../facts-of';
import { equalize } from './equalize';
import { equalizeFace } from './equalize.face';
import { pairsOf, sitePeaks } from './paired';
import { farthest, rehearsalOf, tinyView, type TinyName } from './testing';

const gpu = await testGpu();
const options = defaultOptions(equalizeFace.parameters);
const NAMES: TinyName[] = ['qwen2', 'gpt2', 'llama-linear-biased', 'vit', 'dit'];
const noInputs = () => {
  throw new Error('equalization asks for no data');
};

async function fit(view: NetworkView, own: object) {
  const given = { ...options, ...own };
  const rehearsal = rehearsalOf(gpu, view, 0, noInputs);
  const state = await equalize.fit?.(rehearsal, given);
  if (!state || !equalize.fitted) throw new Error('no state');
  return {
    state,
    pairs: pairsOf(view, rehearsal.block, given),
    own: equalize.fitted(view, rehearsal.block, given, state),
  };
}

/** Largest |w| of a pair's matrices on one side. */
const ranges = (view: NetworkView, { width, ...pair }: DiagonalPair, side: 'producers' | 'consumers') =>
  sitePeaks(
    view,
    pair[side].filter(({ tensor }) => (view.source.tensors.get(tensor)?.shape.length ?? 0) > 1),
    width,
  );

describe('cross-layer equalization', () => {
  it('leaves √(r₁r₂) on either side after one sweep of one pair', async () => {
    const { view } = await tinyView(gpu, 'qwen2');
    const { pairs, own, state } = await fit(view, { values: false, sweeps: 1 });
    const [up] = pairs;
    expect(pairs.map(({ kind }) => kind)).toEqual(['up']);
    const before = [await ranges(view, up, 'producers'), await ranges(view, up, 'consumers')];
    const after = [await ranges(own, up, 'producers'), await ranges(own, up, 'consumers')];
    before[0].forEach((first, j) => {
      const middle = Math.sqrt(first * before[1][j]);
      expect(after[0][j] / middle).toBeCloseTo(1, 5);
      expect(after[1][j] / middle).toBeCloseTo(1, 5);
      expect(state.arrays[up.id][j]).toBeCloseTo(Math.sqrt(first / before[1][j]), 5);
    });
  });

  it.each(NAMES)('with norms leaves equal ranges in every pair of %s, all at once', async (name) => {
    const { view } = await tinyView(gpu, name);
    const { pairs, own, state } = await fit(view, { norms: true });
    expect(state.numbers.change).toBeLessThan(1e-4);
    for (const pair of pairs) {
      const [first, second] = [await ranges(own, pair, 'producers'), await ranges(own, pair, 'consumers')];
      second.forEach((range, j) => {
        const partner = pair.kind === 'v' || pair.kind === 'up' ? first[j] : second[0];
        expect(range / partner, `${pair.id} ${j}`).toBeCloseTo(1, 2);
      });
    }
  });

  it.each(NAMES)('keeps the function of %s, and finds nothing left to do', async (name) => {
    const { view, outputs } = await tinyView(gpu, name);
    const { own } = await fit(view, { norms: true });
    expect(farthest(await outputs(own), await outputs(view))).toBeLessThan(1e-5);
    const again = await fit(own, { norms: true });
    expect(again.state.numbers.sweeps).toBeLessThanOrEqual(2);
    for (const scales of Object.values(again.state.arrays)) {
      for (const scale of scales) expect(scale).toBeCloseTo(1, 3);
    }
  });

  it('is refused where only norms could be scaled and they are not chosen', async () => {
    const facts = factsOf((await tinyView(gpu, 'vim')).view.network);
    expect(equalizeFace.refuses?.(facts, options)).toMatch(/no pairs of v, up.*choose norms/);
    expect(equalizeFace.refuses?.(facts, { ...options, norms: true })).toBeNull();
  });
});

describe('rows that equalize', () => {
  it.each(['qwen2', 'gpt2', 'vit', 'vim', 'dit'] as const)('come to the same figures of %s again', async (name) => {
    const rows = [
      [
        { step: 'equalize', options: { norms: true } },
        { step: 'rtn', options: { bits: 4 } },
        { step: 'bias_correction' },
      ],
    ];
    const { result } = await expectSteady(gpu, name, rows);
    const [view] = result.views ?? [];
    expect(name === 'dit' ? view.prediction : view.kl).toBeLessThan(1e-9);
  });
});
