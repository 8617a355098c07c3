/** RepQ-ViT: codes of channels are those of the whole tensor after folding, the function kept, and whole runs. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random';
import { testGpu } from '../../gpu/testing/gpus';
import { defaultOptions } from '../../method/parameters';
import { channelRange, roundedBy, type Affine } from '../../numerics/channel-ranges';
import { expectSteady } from '../../run/testing/pipelines';
import { factsOf } from '../facts-of';
import { reparameterize } from './reparameterize';
import { reparameterizeFace } from './reparameterize.face';
import { farthest, rehearsalOf, tinyView, type TinyName } from './testing';

const gpu = await testGpu();
const options = defaultOptions(reparameterizeFace.parameters);
const NAMES: TinyName[] = ['vit', 'gpt2', 'dit'];

function inputs(stage: number, cols: number): Float32Array {
  const random = new Random(stage + 13);
  return Float32Array.from({ length: 40 * cols }, (_, i) => (i % cols) - 3 + random.normal() * (1 + (i % cols)));
}

async function fitted(name: TinyName, own: object = {}) {
  const given = { ...options, ...own };
  const { view, outputs } = await tinyView(gpu, name);
  const rehearsal = rehearsalOf(gpu, view, 0, inputs);
  const state = await reparameterize.fit?.(rehearsal, given);
  if (!state || !reparameterize.fitted) throw new Error('no state');
  return { view, outputs, state, own: reparameterize.fitted(view, rehearsal.block, given, state) };
}

describe('RepQ-ViT', () => {
  it.each(NAMES)('keeps the function of %s, whatever the ranges are found by', async (name) => {
    for (const ranges of ['percentile', 'minmax', 'clips']) {
      const { view, outputs, own } = await fitted(name, { ranges, values: true });
      expect(farthest(await outputs(own), await outputs(view)), ranges).toBeLessThan(2e-5);
    }
  });

  it('folded and rounded by one quantizer is rounded by each channel’s own', async () => {
    const { view, state } = await fitted('vit', { ranges: 'minmax' });
    const [{ cols }] = view.network.blocks[0].stages[0].linears;
    const x = inputs(0, cols);
    const [id] = Object.keys(state.arrays);
    const [s, z] = [state.arrays[id], state.arrays[`shift of ${id}`]];
    const one = { scale: state.numbers[`${id}: scale`], zero: state.numbers[`${id}: zero point`] };
    let apart = 0;
    for (let j = 0; j < cols; j++) {
      const column = Float64Array.from(x.filter((_, i) => i % cols === j));
      const own = channelRange(column.slice().sort(), 'minmax', 4) as Affine;
      for (const value of column) {
        const after = roundedBy((value - z[j]) / s[j], one, 4) * s[j] + z[j];
        if (Math.abs(after - roundedBy(value, own, 4)) > 1e-4 * own.scale) apart++;
      }
    }
    // Scales are kept in f32: a tie may fall to the other side.
    expect(apart).toBeLessThanOrEqual(2);
  });

  it('is refused where no bias can take what is moved', async () => {
    for (const name of ['qwen2', 'vim'] as const) {
      const facts = factsOf((await tinyView(gpu, name)).view.network);
      expect(reparameterizeFace.refuses?.(facts, options)).toMatch(/no bias tensor/);
    }
  });
});

describe('rows that reparameterize', () => {
  it.each(NAMES)('come to the same figures of %s again', async (name) => {
    const quantizer = { bits: 4, per: 'tensor', ranges: 'static', symmetric: false, observer: 'percentile' };
    const rows = [
      [{ step: 'reparameterize' }, { step: 'activations', options: quantizer }, { step: 'rtn', options: { bits: 4 } }],
    ];
    const { result } = await expectSteady(gpu, name, rows);
    const [view] = result.views ?? [];
    expect(name === 'dit' ? view.prediction : view.kl).toBeLessThan(1e-9);
  });
});
