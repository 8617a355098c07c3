/** Quantizers of inputs: the identities of their specifications on plain values, and whole runs. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random';
import { testGpu } from '../../gpu/testing/gpus';
import { Tape } from '../../gradient/tape';
import { defaultOptions, type Options } from '../../method/parameters';
import { openModel } from '../../model/architecture';
import type { Block } from '../../model/model';
import { loadFixture } from '../../model/testing/fixtures';
import { expectSteady, type TestSteps, type TinyName } from '../../run/testing/pipelines';
import { Dressing, fakeQuantize } from '../../tensor/fake-quant';
import { Tensor } from '../../tensor/tensor';
import { factsOf } from '../facts-of';
import { STEP_FACES } from '../faces';
import type { ActivationsId } from '../face';
import type { SeenTaps } from '../step';
import { ACTIVATIONS } from '../table';
import { tinyView } from '../transform/testing';
import { activationsFace } from './activations.face';

const gpu = await testGpu();
const [TOKENS, COLS] = [12, 16];

/** Some channels and some tokens far larger than others. */
const values = (() => {
  const random = new Random(21);
  return Float32Array.from(
    { length: TOKENS * COLS },
    (_, i) => random.normal() * (i % COLS === 2 ? 9 : 1) * (Math.floor(i / COLS) === 4 ? 5 : 1),
  );
})();
const weights = (() => {
  const random = new Random(22);
  return Float32Array.from({ length: 8 * COLS }, () => random.normal());
})();
const { source } = await loadFixture('gpt2');
const gpt2 = openModel(source);

function seen(x: Tensor, block: Block = gpt2.blocks[0], stage = 0): SeenTaps {
  const [linear] = block.stages[stage].linears;
  return {
    ...{ gpu, block, stage, linears: [linear], cols: COLS },
    weight: () => Promise.resolve(Tensor.from(gpu, 8, COLS, weights)),
    each: (see) => see(x, { windows: 1, length: TOKENS }),
  };
}

async function rounded(id: ActivationsId, own: Options, given = values, at: [Block?, number?] = []) {
  const x = Tensor.from(gpu, TOKENS, COLS, given);
  const before = gpu.buffers.bytesInUse;
  const quantizer = await ACTIVATIONS[id].at(
    seen(x, ...at),
    { ...defaultOptions(STEP_FACES[id].parameters), ...own },
    null,
  );
  if (!quantizer) throw new Error('no quantizer');
  const tape = new Tape(gpu, { recording: false });
  const y = await quantizer.on(tape, tape.constant(x), { windows: 1, length: TOKENS }).value.read();
  tape.release();
  quantizer.release();
  expect(gpu.buffers.bytesInUse).toBe(before);
  x.release();
  return { y, bits: quantizer.bits(TOKENS) };
}

/** Values one step of a grid apart at most where two roundings of one number differ. */
function expectLevels(a: Float32Array, b: Float32Array, step: (i: number) => number) {
  const apart = a.filter((value, i) => Math.abs(value - b[i]) > 1e-4 * step(i)).length;
  expect(apart).toBeLessThanOrEqual(1);
}

const outputError = (y: Float32Array, given: Float32Array) => {
  let sum = 0;
  for (let t = 0; t < TOKENS; t++) {
    for (let r = 0; r < 8; r++) {
      let lost = 0;
      for (let j = 0; j < COLS; j++) lost += (y[t * COLS + j] - given[t * COLS + j]) * weights[r * COLS + j];
      sum += lost * lost;
    }
  }
  return sum;
};

describe('LLM.int8()', () => {
  it('above everything is plain rounding per token, to the bit', async () => {
    const plain = await rounded('activations', { bits: 8 });
    expect((await rounded('activations', { bits: 8, keepAbove: 1e6 })).y).toEqual(plain.y);
  });

  it('above next to nothing is full precision, to the bit', async () => {
    expect((await rounded('activations', { bits: 4, keepAbove: 1e-12 })).y).toEqual(values);
  });

  it('keeps the outlier channel, and gives the rest ranges without it', async () => {
    const { y } = await rounded('activations', { bits: 8, keepAbove: 20 });
    const without = values.map((value, i) => (i % COLS === 2 ? 0 : value));
    const rest = await rounded('activations', { bits: 8 }, without);
    y.forEach((value, i) => expect(value).toBe(i % COLS === 2 ? values[i] : rest.y[i]));
  });

  it('keeps in a window what it would keep there alone: its outliers, and no other window’s', async () => {
    const low = values.map((value) => value / 100);
    const both = Tensor.from(gpu, 2 * TOKENS, COLS, [...values, ...low]);
    const quantizer = await ACTIVATIONS.activations.at(
      seen(both),
      { ...defaultOptions(activationsFace.parameters), bits: 4, keepAbove: 20 },
      null,
    );
    const tape = new Tape(gpu, { recording: false });
    const y = await quantizer?.on(tape, tape.constant(both), { windows: 2, length: TOKENS }).value.read();
    tape.release();
    both.release();
    const alone = async (given: Float32Array<ArrayBuffer>) =>
      (await rounded('activations', { bits: 4, keepAbove: 20 }, given)).y;
    expect(y).toEqual(Float32Array.from([...(await alone(values)), ...(await alone(low))]));
    expect(await alone(low)).toEqual((await rounded('activations', { bits: 4 }, low)).y);
  });

  it('has static ranges of what is not kept', async () => {
    const own = { bits: 8, per: 'tensor', ranges: 'static' };
    const { y } = await rounded('activations', { ...own, keepAbove: 20 });
    const without = values.map((value, i) => (i % COLS === 2 ? 0 : value));
    const rest = await rounded('activations', own, without);
    y.forEach((value, i) => expect(value).toBe(i % COLS === 2 ? values[i] : rest.y[i]));
  });
});

describe('CrossQuant', () => {
  const token = (i: number) => {
    const t = Math.floor(i / COLS) * COLS;
    return Math.max(...values.subarray(t, t + COLS).map(Math.abs)) / 7;
  };
  const channel = (i: number) => Math.max(...values.filter((_, k) => k % COLS === i % COLS).map(Math.abs)) / 7;

  it('at α = 1 is rounding per token', async () => {
    const { y, bits } = await rounded('cross_quant', { bits: 4, alpha: 1 });
    expectLevels(y, (await rounded('activations', { bits: 4 })).y, token);
    expect(bits).toBe(4 + 16 / COLS);
  });

  it('at α = 0 is static rounding per channel', async () => {
    const { y, bits } = await rounded('cross_quant', { bits: 4, alpha: 0 });
    const own = await rounded('activations', { bits: 4, per: 'channel', ranges: 'static' });
    expectLevels(y, own.y, channel);
    expect(bits).toBe(4);
  });

  it('between them has the scale t^α · c^(1 − α) / top', async () => {
    const { y } = await rounded('cross_quant', { bits: 4, alpha: 0.4 });
    const step = (i: number) => token(i) ** 0.4 * channel(i) ** 0.6;
    const plain = values.map((value, i) => step(i) * Math.max(-8, Math.min(7, Math.round(value / step(i)))));
    expectLevels(y, plain, step);
  });
});

describe('NoisyQuant', () => {
  const widest = Math.max(...values.map(Math.abs));

  it('without noise or search is plain static rounding of the tensor', async () => {
    const { y } = await rounded('noisy_quant', { bits: 6, strengths: 1, clip: false });
    const symmetric = values.map((value) => (widest / 31) * Math.round((value * 31) / widest));
    expectLevels(y, symmetric, () => widest / 31);
  });

  /** Most values nearly in the middle between two levels of four bits. */
  const between = (() => {
    const random = new Random(23);
    return values.map((_, i) => (i % 50 === 0 ? 7 : 0.45 + 0.02 * random.normal()));
  })();

  it('never loses more of the outputs than without, and less where values lie between levels', async () => {
    for (const given of [values, between]) {
      const of = async (own: Options) =>
        outputError((await rounded('noisy_quant', { bits: 4, ...own }, given)).y, given);
      const plain = await of({ strengths: 1, clip: false });
      const clipped = await of({ strengths: 1 });
      const noisy = await of({ strengths: 20 });
      expect(clipped).toBeLessThanOrEqual(plain * 1.0001);
      expect(noisy).toBeLessThanOrEqual(clipped * 1.0001);
      if (given === between) {
        expect(await of({ strengths: 20, clip: false })).toBeLessThan(0.9 * plain);
      }
    }
  });

  it('of whole steps changes no error inside the range, and of half a step loses more of what lies on the grid', async () => {
    const step = 0.5;
    const format = { code: { kind: 'symmetric', bits: 6 }, cells: { per: 'tensor' } } as const;
    const ranges = Tensor.from(gpu, 2, 1, [-31 * step, 31 * step]);
    const errors = async (given: Float32Array<ArrayBuffer>, noise: (column: number) => number) => {
      const x = Tensor.from(gpu, TOKENS, COLS, given);
      const row = Tensor.from(
        gpu,
        1,
        COLS,
        Float32Array.from({ length: COLS }, (_, j) => noise(j)),
      );
      const dressing = Dressing.of(gpu, TOKENS, COLS, { noise: row });
      const y = await fakeQuantize(x, format, { ranges, dressing }).read();
      return y.map((value, i) => value - given[i]);
    };
    // Sums of a few bits, in the middle between two levels never: nothing is rounded but by the grid.
    const fine = values.map((value) => Math.max(-8, Math.min(8, Math.round(64 * value) / 64)) + 1 / 128);
    expect(await errors(fine, (j) => step * ((j % 5) - 2))).toEqual(await errors(fine, () => 0));
    const onGrid = fine.map((value) => step * Math.round(value / step));
    expect(Math.max(...(await errors(onGrid, () => 0)).map(Math.abs))).toBe(0);
    expect(Math.min(...(await errors(onGrid, () => step / 2)).map(Math.abs))).toBe(step / 2);
  });

  it('takes the noise out again', async () => {
    // At 16 bits what is left of it would be seen.
    const { y } = await rounded('noisy_quant', { bits: 16, clip: false });
    y.forEach((value, i) => expect(Math.abs(value - values[i])).toBeLessThan(widest / 32767));
  });

  it('is the same again with the same seed, and another with another', async () => {
    const of = async (seed: number) => (await rounded('noisy_quant', { bits: 4, clip: false, seed }, between)).y;
    expect(await of(1)).toEqual(await of(1));
    expect(await of(1)).not.toEqual(await of(2));
  });
});

describe('codes behind an MLP’s function', () => {
  const last: [Block, number] = [gpt2.blocks[0], 3];

  it('are there alone: other stages stay uniform', async () => {
    const plain = await rounded('activations', { bits: 4 });
    expect((await rounded('activations', { bits: 4, code: 'signs' })).y).toEqual(plain.y);
    expect((await rounded('activations', { bits: 4, code: 'signs' }, values, last)).y).not.toEqual(plain.y);
  });

  it('log√2 keeps a token’s peak times 1, √½ and ½, and makes 0 of what is negative', async () => {
    const own = Float32Array.from({ length: TOKENS * COLS }, (_, i) => [8, 4 * Math.SQRT2, 4, -1][i % 4]);
    const { y } = await rounded('activations', { bits: 4, code: 'log√2' }, own, last);
    y.forEach((value, i) => expect(value).toBeCloseTo([8, 4 * Math.SQRT2, 4, 0][i % 4], 5));
  });

  it('signs loses less of GELU’s long and short halves than one step does', async () => {
    const own = values.map((value) => value / (1 + Math.exp(-1.702 * value)));
    const lost = (y: Float32Array) =>
      y.reduce((sum, value, i) => sum + (value < 0 || own[i] < 0 ? (value - own[i]) ** 2 : 0), 0);
    const [signs, uniform] = [
      await rounded('activations', { bits: 4, code: 'signs' }, own, last),
      await rounded('activations', { bits: 4 }, own, last),
    ];
    expect(lost(signs.y)).toBeLessThan(lost(uniform.y));
  });

  it('are refused where nothing stands before them, or something that they cannot say', async () => {
    const options = defaultOptions(activationsFace.parameters);
    const says = async (name: TinyName, own: Options) =>
      activationsFace.refuses?.(factsOf((await tinyView(gpu, name)).view.network), { ...options, ...own });
    expect(await says('qwen2', { code: 'signs' })).toMatch(/the network has none: choose uniform/);
    expect(await says('gpt2', { code: 'log2' })).toMatch(/partly is not: choose signs or uniform/);
    expect(await says('gpt2', { code: 'signs' })).toBeNull();
    expect(await says('gpt2', { per: 'block', ranges: 'static' })).toMatch(/choose group/);
  });
});

describe('static ranges', () => {
  it('by the percentile 1 are least and greatest', async () => {
    for (const own of [{ per: 'tensor' }, { per: 'channel' }, { per: 'group', groupSize: 4 }] as Options[]) {
      const given = { bits: 4, symmetric: false, ranges: 'static', ...own };
      const whole = await rounded('activations', given);
      expect(await rounded('activations', { ...given, observer: 'percentile', percentile: 1 })).toEqual(whole);
    }
  });

  it('are called what they are: a token to come has none', () => {
    const words = (own: Options) => activationsFace.words({ ...defaultOptions(activationsFace.parameters), ...own });
    expect(words({})).toEqual(['A8', 'token']);
    expect(words({ ranges: 'static' })).toEqual(['A8', 'tensor', 'static']);
  });
});

describe('blocks', () => {
  it('of one token are groups, of all tokens and channels the tensor', async () => {
    const group = await rounded('activations', { bits: 4, per: 'group', groupSize: 8 });
    const block = { bits: 4, per: 'block', groupSize: 8, blockTokens: 1 };
    expect(await rounded('activations', block)).toEqual(group);
    const all = await rounded('activations', { bits: 4, per: 'tensor' });
    expect(await rounded('activations', { ...block, groupSize: COLS, blockTokens: TOKENS })).toEqual(all);
  });
});

describe('rows that quantize activations', () => {
  const QUANTIZERS: Record<string, TestSteps> = {
    cross: [{ step: 'cross_quant', options: { bits: 6 } }],
    noise: [{ step: 'noisy_quant', options: { bits: 6, strengths: 4 } }],
    blocks: [{ step: 'activations', options: { bits: 6, per: 'block', groupSize: 8, blockTokens: 4 } }],
    int8: [{ step: 'activations', options: { bits: 8, keepAbove: 6 } }],
  };
  const weights4 = { step: 'gptq', options: { bits: 4 } };

  it.each(['qwen2', 'vit', 'vim', 'dit'] as const)('come to the same figures of %s again', async (name) => {
    await expectSteady(
      gpu,
      name,
      Object.values(QUANTIZERS).map((steps) => [...steps, weights4]),
    );
  });

  it('by signs behind GELU do so too', async () => {
    const signs = { step: 'activations', options: { bits: 4, code: 'signs', ranges: 'static', per: 'tensor' } };
    await expectSteady(gpu, 'vit', [[signs, weights4]]);
  });
});
