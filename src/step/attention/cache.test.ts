/** A quantized cache: by its twins and by hand, and in rows through whole runs. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { defaultOptions } from '../../method/parameters';
import { openNetwork } from '../../model/architecture';
import type { ActivationFormat } from '../../tensor/activation-format';
import { scale } from '../../tensor/elementwise';
import { attention } from '../../tensor/reference/attention';
import { attendDecoded } from '../../tensor/reference/attend-cache';
import { matrix, type Matrix } from '../../tensor/reference/matrix';
import { fakeQuantizeInside } from '../../tensor/reference/outliers';
import { expectClose, randomMatrix } from '../../tensor/testing';
import { factsOf } from '../facts-of';
import { cache } from './cache';
import { cacheFace } from './cache.face';
import { attended, checkpointOf, distances, figuresOf, IMAGES, optionsOf, runOf, TEXT, type Heads } from './testing';

const gpu = await testGpu();

const LENGTH = 13;
const DIM = 8;
const ONE: Heads = {
  geometry: { windows: 2, length: LENGTH },
  options: { heads: 4, keyHeads: 2, mask: 'causal' },
  q: randomMatrix(2 * LENGTH, 4 * DIM, 1),
  k: randomMatrix(2 * LENGTH, 2 * DIM, 2),
  v: randomMatrix(2 * LENGTH, 2 * DIM, 3),
};

/** Rounds each head apart, window by window, by the twin. */
function rounded(x: Matrix, format: ActivationFormat, sinks = 0, factor = 1, outliers = 0): Matrix {
  const y = matrix(x.rows, x.cols);
  for (let first = 0; first < x.cols; first += DIM) {
    const at = (i: number) => Math.floor(i / DIM) * x.cols + first + (i % DIM);
    const head = matrix(x.rows, DIM);
    head.data.forEach((_, i) => (head.data[i] = x.data[at(i)] * factor));
    const keptRows = Float64Array.from({ length: x.rows }, (_, row) => (row % LENGTH < sinks ? 1 : 0));
    const made = fakeQuantizeInside(head, format, outliers, { windows: { length: LENGTH }, dress: { keptRows } });
    made.data.forEach((value, i) => (y.data[at(i)] = value));
  }
  return y;
}

describe('attention that reads a quantized cache', () => {
  const code = { kind: 'float offset', bits: 2 } as const;
  const keys: ActivationFormat = { code, cells: { per: 'column', tokens: 4 } };
  const values: ActivationFormat = { code, cells: { per: 'group', columns: 4 } };
  const options = { keyBits: 2, valueBits: 2, groupSize: 4 };
  const { q, k, v } = ONE;

  it('is the twin’s with every key and value quantized, sinks kept', async () => {
    for (const sinks of [0, 2]) {
      const expected = attention(q, rounded(k, keys, sinks), rounded(v, values, sinks), LENGTH, ONE.options);
      await expectClose(attended(gpu, 'cache', { ...options, sinks }, ONE), expected, 1e-4);
    }
  });

  it('is the twin’s where each query reads what has left the residual by then', async () => {
    const kept = { k: rounded(k, keys), v: rounded(v, values) };
    const expected = attendDecoded({ q, k, v }, kept, LENGTH, ONE.options, 4);
    await expectClose(attended(gpu, 'cache', { ...options, residual: 4 }, ONE), expected, 1e-4);
    // Values per channel leave in blocks, keys per token one by one.
    const other = { k: rounded(k, values), v: rounded(v, keys) };
    const leaving = { keys: 'singly', values: 'blocks' } as const;
    const turned = attendDecoded({ q, k, v }, other, LENGTH, ONE.options, 8, leaving);
    const given = { ...options, keyPer: 'token', valuePer: 'channel', residual: 8 };
    await expectClose(attended(gpu, 'cache', given, ONE), turned, 1e-4);
  });

  it('is plain attention, to the bit, where nothing leaves the residual', async () => {
    const plain = await attended(gpu, null, {}, ONE).read();
    expect(await attended(gpu, 'cache', { ...options, residual: 16 }, ONE).read()).toEqual(plain);
    expect(await attended(gpu, 'cache', { ...options, residual: 4 }, ONE).read()).not.toEqual(plain);
  });

  it('is exact in channels that are constant: ranges need not hold zero', async () => {
    const constant = matrix(k.rows, k.cols);
    constant.data.forEach((_, i) => (constant.data[i] = 3 + (i % k.cols)));
    const one = { ...ONE, k: constant, v: constant };
    const given = { ...options, valuePer: 'channel' };
    expect(await attended(gpu, 'cache', given, one).read()).toEqual(await attended(gpu, null, {}, one).read());
  });

  it('quantizes keys before rotary positions where it is asked to', async () => {
    const halved: Heads = { ...ONE, turn: (heads) => scale(0.5, heads) };
    const turned = (x: Matrix) =>
      matrix(
        x.rows,
        x.cols,
        x.data.map((value) => value / 2),
      );
    const symmetric: ActivationFormat = { code: { kind: 'asymmetric', bits: 3 }, cells: { per: 'token' } };
    const given = { keyBits: 3, keyPer: 'token', valueBits: 16, groupSize: null, code: 'asymmetric' };
    const before = attention(q, turned(rounded(k, symmetric)), v, LENGTH, ONE.options);
    await expectClose(attended(gpu, 'cache', { ...given, beforeRope: true }, halved), before, 1e-4);
    const after = attention(q, rounded(k, symmetric, 0, 0.5), v, LENGTH, ONE.options);
    await expectClose(attended(gpu, 'cache', given, halved), after, 1e-4);
  });

  it('keeps outliers as they are: the twin’s', async () => {
    const far = matrix(
      k.rows,
      k.cols,
      k.data.map((value, i) => (i % 37 === 0 ? 40 * value : value)),
    );
    const insideOf = (x: Matrix, format: ActivationFormat) => rounded(x, format, 0, 1, 0.2);
    const given = { ...options, groupSize: null, outliers: 0.2 };
    const own = { keys: { code, cells: { per: 'column' } }, values: { code, cells: { per: 'token' } } } as const;
    const expected = attention(q, insideOf(far, own.keys), insideOf(v, own.values), LENGTH, ONE.options);
    await expectClose(attended(gpu, 'cache', given, { ...ONE, k: far }), expected, 1e-4);
  });

  it('shares no range between windows', async () => {
    const changed = matrix(
      k.rows,
      k.cols,
      k.data.map((value, i) => (i < LENGTH * k.cols ? value : 100 * value)),
    );
    const first = async (keysOf: Matrix) =>
      (await attended(gpu, 'cache', { ...options, groupSize: 8 }, { ...ONE, k: keysOf }).read()).slice(
        0,
        LENGTH * q.cols,
      );
    expect(await first(changed)).toEqual(await first(k));
  });
});

describe('rows with a cache', () => {
  const rows = [
    { keyBits: 16, valueBits: 16 },
    { keyBits: 4, valueBits: 4 },
    { keyBits: 2, valueBits: 2, groupSize: 4 },
    { keyBits: 3, valueBits: 2, keyPer: 'token', code: 'asymmetric', groupSize: null, clip: 0.95, sinks: 1 },
  ];
  const decoders = [
    { keyBits: 16, valueBits: 16, groupSize: 4, residual: 4 },
    { keyBits: 2, valueBits: 2, groupSize: 4, residual: 4 },
    { keyBits: 2, valueBits: 2, groupSize: 4, residual: 16 },
    { keyBits: 2, valueBits: 2, groupSize: null, beforeRope: true, outliers: 0.1, sinks: 1 },
  ];

  it.each(TEXT)('run on %s', async (name) => {
    const kl = await distances(gpu, name, 'cache', [...rows, ...decoders]);
    for (const full of [0, 4]) expect(kl[full]).toBeLessThan(1e-6);
    // 12 tokens never leave a residual of 16.
    expect(kl[6]).toBeLessThan(1e-9);
    expect(kl[2]).toBeGreaterThan(kl[1]);
    expect(kl[2]).toBeGreaterThan(kl[5]);
  });

  it.each(IMAGES)('run on %s, which keeps no cache', async (name) => {
    const distance = await distances(gpu, name, 'cache', rows);
    expect(distance[0]).toBeLessThan(1e-6);
    expect(distance[1]).toBeGreaterThan(0);
  });

  it('are the same before and after rotary positions where there are none', async () => {
    const of = async (beforeRope: boolean) =>
      figuresOf(await runOf(gpu, 'gpt2', 'cache', [{ ...rows[2], beforeRope }]));
    expect(await of(true)).toEqual(await of(false));
  });

  it('are refused where they cannot be, in a sentence', async () => {
    const refusal = async (name: 'vim' | 'dit' | 'qwen2', given: object) =>
      cacheFace.refuses?.(factsOf(openNetwork(await checkpointOf(name))), optionsOf('cache', given));
    expect(await refusal('vim', {})).toMatch(/no attention/);
    expect(await refusal('dit', { residual: 32 })).toMatch(/residual of 32 tokens is a decoder’s/);
    expect(await refusal('qwen2', { residual: 48 })).toMatch(/over 32 tokens do not end with a residual of 48/);
    expect(await refusal('qwen2', { residual: 32, groupSize: null })).toMatch(/a whole window/);
    expect(await refusal('qwen2', { residual: 64 })).toBeNull();
    expect(await refusal('dit', {})).toBeNull();
  });
});

describe('bits of a cache', () => {
  const network = { hidden: 64, blocks: [{ plan: { kind: 'transformer', attention: { dim: 32, causal: true } } }] };
  const bits = (given: object, length: number) =>
    cache.cacheBits(network as never, { ...defaultOptions(cacheFace.parameters), ...given }, length);

  it('count ranges, and what is kept, by hand', () => {
    // KIVI, 2 bits in groups of 32: 2 + 2 · 16 / 32.
    expect(bits({ keyBits: 2, valueBits: 2 }, 64)).toEqual({ key: 3, value: 3 });
    // Of 80 tokens, keys of 64 have left a residual of 32, and values of 48.
    const kivi = bits({ keyBits: 2, valueBits: 2, residual: 32 }, 80);
    expect(kivi?.key).toBeCloseTo((64 * 3 + 16 * 16) / 80, 12);
    expect(kivi?.value).toBeCloseTo((48 * 3 + 32 * 16) / 80, 12);
    // Four sinks of 64: a range a token less.
    const sinks = bits({ keyPer: 'token', groupSize: null, sinks: 4 }, 64);
    expect(sinks?.key).toBeCloseTo((60 * (4 + 1) + 4 * 16) / 64, 12);
    expect(bits({ code: 'symmetric' }, 64)).toEqual({ key: 4.5, value: 4.5 });
    // KVQuant: outliers of 16 bits and a place of 16 beside the codes.
    const kvquant = bits({ keyBits: 3, groupSize: null, outliers: 0.01 }, 64);
    expect(kvquant?.key).toBeCloseTo(3 + 32 / 64 + 0.32, 12);
    expect(bits({ residual: 128 }, 64)).toEqual({ key: 16, value: 16 });
  });

  it('are none without a cache', async () => {
    const options = defaultOptions(cacheFace.parameters);
    for (const name of ['vit', 'dit', 'vim'] as const) {
      expect(cache.cacheBits(openNetwork(await checkpointOf(name)), options, 16)).toBeNull();
    }
  });
});
