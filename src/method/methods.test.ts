/** The scalar methods by themselves: recorded figures, the float64 twin, and the identities that must hold exactly. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { memorySource } from '../checkpoint/bytes';
import { openSafetensors, readTensor } from '../checkpoint/safetensors';
import { testGpu } from '../gpu/testing/gpus';
import { squareFrom } from '../tensor/panels';
import { Tensor } from '../tensor/tensor';
import { multiply, matrix, transpose, type Matrix } from '../tensor/reference/matrix';
import { faceOf } from './catalogue';
import { type MethodId } from './face';
import { blocks } from './compensate';
import { defaultOptions, scalarOptions, type Options } from './parameters';
import { compensateReference } from './reference';
import { InputStatistics } from './statistics';
import { METHODS, methodOf } from './table';

const gpu = await testGpu();
const SECOND_ORDER: MethodId[] = ['gptq', 'gptaq', 'gptq_r', 'rescomp', 'shift'];

function options(method: string, given: Record<string, unknown> = {}): Options {
  const { parameters } = faceOf(method);
  const known = Object.entries(given).filter(([name]) => name in parameters) as [string, Options[string]][];
  return { ...defaultOptions(parameters), ...Object.fromEntries(known) };
}

/** A layer with correlated inputs that drift between the streams. */
function example(rows: number, cols: number, seed: number, tokens = 4 * cols) {
  const random = new Random(seed);
  const w = matrix(rows, cols, random.normals(rows * cols, 0.1));
  const mixing = matrix(cols, cols, random.normals(cols * cols, 1 / Math.sqrt(cols)));
  const full = multiply(matrix(tokens, cols, random.normals(tokens * cols)), mixing);
  const own = matrix(
    tokens,
    cols,
    full.data.map((value, i) => value * (i % cols === 3 ? 1.3 : 0.95) + 0.1 * random.normal()),
  );
  const difference = matrix(
    tokens,
    cols,
    full.data.map((value, i) => value - own.data[i]),
  );
  return { w, h: rounded(multiply(transpose(own), own)), d: rounded(multiply(transpose(difference), own)) };
}

/** Values as the GPU will see them. */
function rounded(m: Matrix): Matrix {
  return matrix(m.rows, m.cols, Float32Array.from(m.data));
}

async function quantize(
  method: string,
  layer: { w: Matrix; h: Matrix; d: Matrix },
  given: Record<string, unknown> = {},
) {
  const { w, h, d } = layer;
  const up = (m: Matrix) => Tensor.from(gpu, m.rows, m.cols, Float32Array.from(m.data));
  const square = (m: Matrix) => squareFrom(gpu, m.cols, Float32Array.from(m.data), 'statistics');
  const statistics = InputStatistics.of(square(h), square(d));
  const weight = up(w);
  const { tensor, q, note } = await methodOf(method).quantize({ weight, statistics }, options(method, given));
  const values = await q.read();
  q.release();
  weight.release();
  await statistics.release();
  if (tensor.kind !== 'affine') throw new Error(`${method} gave a ${tensor.kind} tensor`);
  return { tensor, values, note };
}

describe.each(['dead-columns', 'ragged'])('recorded figures of the published code, layer %s', async (recorded) => {
  const bytes = readFileSync(new URL(`./fixtures/${recorded}.safetensors`, import.meta.url));
  const file = await openSafetensors(memorySource(bytes, recorded));
  const load = async (name: string) => {
    const info = file.tensors.get(name);
    if (!info) throw new Error(`no tensor ${name}`);
    return matrix(info.shape[0], info.shape[1], await readTensor(info));
  };
  const layer = { w: await load('W'), h: await load('H'), d: await load('D') };

  it.each([...file.tensors.keys()].filter((name) => name.startsWith('Q.')))('%s', async (name) => {
    const [, method, config] = name.split('.');
    const { values } = await quantize(method, layer, {
      bits: Number(config[1]),
      symmetric: config[2] === 's',
      groupSize: config.includes('_g64') ? 64 : null,
      actOrder: config.includes('_act'),
      staticGroups: config.includes('_g64_act'),
      clip: config.includes('_mse') ? 'mse' : 'none',
    });
    const golden = (await load(name)).data;
    const largest = golden.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const same = golden.filter((value, i) => Math.abs(value - values[i]) <= 1e-4 * largest).length;
    expect(same / golden.length).toBeGreaterThanOrEqual(0.99);
  });
});

describe('the float64 twin', () => {
  const cases = [
    { rows: 1, cols: 1 },
    { rows: 3, cols: 13 },
    { rows: 9, cols: 40, blockSize: 16 },
    { rows: 9, cols: 70, blockSize: 32, groupSize: 8 },
    { rows: 5, cols: 50, blockSize: 16, groupSize: 24 },
    { rows: 8, cols: 64, blockSize: 16, groupSize: 32, symmetric: true },
  ].flatMap((shape) => [2, 4].map((bits) => ({ ...shape, bits })));

  it.each(cases)('agrees at $rows × $cols, $bits bits, block $blockSize, group $groupSize', async (given) => {
    const layer = example(given.rows, given.cols, 5);
    const outer = { gptq: 'current', gptaq: 'quantized', gptq_r: null, rescomp: null } as const;
    for (const method of ['gptq', 'gptaq', 'gptq_r', 'rescomp'] as const) {
      const chosen = scalarOptions(options(method, { blockSize: 128, ...given }));
      const reference = compensateReference(layer.w, layer.h, method === 'gptq_r' ? null : layer.d, chosen, {
        alpha: method === 'gptaq' || method === 'rescomp' ? chosen.alpha : 0,
        alpha2: method === 'gptq_r' || method === 'rescomp' ? chosen.alpha2 : 0,
        outer: outer[method] ?? (chosen.bits === 2 ? 'quantized' : 'clamped'),
      });
      const { values } = await quantize(method, layer, { blockSize: 128, ...given });
      const different = values.filter((value, i) => Math.abs(value - reference.data[i]) > 1e-5).length;
      // f32 may tip a weight on a rounding boundary and what follows it in its row; more is a bug.
      expect(different, method).toBeLessThanOrEqual(Math.ceil(0.01 * values.length) - (values.length < 100 ? 1 : 0));
    }
  });
});

describe('identities', () => {
  const layer = example(24, 256, 7);
  const grouped = { groupSize: 48, clip: 'mse' };

  it.each(SECOND_ORDER)('%s exact does not depend on the block size', async (method) => {
    for (const given of [{}, grouped]) {
      const codes = [];
      for (const blockSize of [32, 64, 128, 256]) {
        codes.push((await quantize(method, layer, { ...given, variant: 'exact', blockSize })).tensor);
      }
      for (const other of codes.slice(1)) {
        expect(other.codes).toEqual(codes[0].codes);
        expect(other.scales).toEqual(codes[0].scales);
      }
    }
  });

  it.each(['released', 'exact'])('%s with α = α2 = 0 gives GPTQ’s codes', async (variant) => {
    const { tensor } = await quantize('gptq', layer, { variant });
    for (const method of ['gptaq', 'gptq_r', 'rescomp', 'shift']) {
      expect((await quantize(method, layer, { variant, alpha: 0, alpha2: 0 })).tensor.codes).toEqual(tensor.codes);
    }
  });

  it('a diagonal H without drift gives RTN’s codes', async () => {
    const h = matrix(256, 256);
    for (let i = 0; i < 256; i++) h.data[i * 257] = 1 + (i % 7);
    const diagonal = { w: layer.w, h, d: matrix(256, 256) };
    for (const given of [{}, grouped]) {
      const { tensor } = await quantize('rtn', diagonal, given);
      for (const method of SECOND_ORDER) {
        expect((await quantize(method, diagonal, given)).tensor.codes, method).toEqual(tensor.codes);
      }
    }
  });

  it('LDLQ, which goes from right to left by H = L·D·Lᵀ, is GPTQ on reversed columns', async () => {
    const [rows, cols] = [24, 64];
    const given = { bits: 3, groupSize: null, damping: 0.01 };
    const { w, h, d } = example(rows, cols, 11);
    const back = (m: Matrix, both: boolean) =>
      matrix(
        m.rows,
        cols,
        m.data.map((_, i) => {
          const r = Math.floor(i / cols);
          return m.data[(both ? cols - 1 - r : r) * cols + (cols - 1 - (i % cols))];
        }),
      );
    const { values } = await quantize('gptq', { w: back(w, false), h: back(h, true), d }, given);
    const { tensor } = await quantize('rtn', { w, h, d }, given);
    // Of the damped H, in float64.
    const mean = Array.from({ length: cols }, (_, i) => h.data[i * cols + i]).reduce((a, b) => a + b) / cols;
    const [l, diagonal] = [matrix(cols, cols), new Float64Array(cols)];
    for (let j = 0; j < cols; j++) {
      for (let i = j; i < cols; i++) {
        let sum = h.data[i * cols + j] + (i === j ? given.damping * mean : 0);
        for (let k = 0; k < j; k++) sum -= l.data[i * cols + k] * l.data[j * cols + k] * diagonal[k];
        if (i === j) diagonal[j] = sum;
        l.data[i * cols + j] = sum / diagonal[j];
      }
    }
    let different = 0;
    for (let r = 0; r < rows; r++) {
      const [scale, zero] = [tensor.scales[r], tensor.zeros?.[r] ?? 0];
      const left = new Float64Array(cols);
      for (let c = cols - 1; c >= 0; c--) {
        let wanted = w.data[r * cols + c];
        for (let j = c + 1; j < cols; j++) wanted += left[j] * l.data[j * cols + c];
        const q = scale * (Math.min(Math.max(Math.round(wanted / scale) + zero, 0), 7) - zero);
        left[c] = w.data[r * cols + c] - q;
        if (Math.abs(q - values[r * cols + (cols - 1 - c)]) > 1e-5) different++;
      }
    }
    // f32 may tip a weight between two levels, and what follows it.
    expect(different).toBeLessThanOrEqual(0.01 * rows * cols);
  });

  it.each([...SECOND_ORDER, 'rtn'])('%s gives equal bytes twice', async (method) => {
    const [a, b] = [await quantize(method, layer, grouped), await quantize(method, layer, grouped)];
    expect(a.tensor).toEqual(b.tensor);
    expect(a.values).toEqual(b.values);
  });

  it('keeps every option within its code range, and groups where they belong', async () => {
    for (const [actOrder, staticGroups] of [
      [true, true],
      [true, false],
      [false, true],
    ]) {
      const { tensor } = await quantize('gptq', layer, { groupSize: 64, actOrder, staticGroups, bits: 2 });
      expect(Math.max(...tensor.codes)).toBeLessThanOrEqual(3);
      const sizes = [0, 1, 2, 3].map((group) => tensor.groupOf.filter((g) => g === group).length);
      expect(sizes).toEqual([64, 64, 64, 64]);
      const contiguous = tensor.groupOf.every((group, column) => group === Math.floor(column / 64));
      expect(contiguous).toBe(staticGroups);
    }
  });
});

describe('readbacks', () => {
  /** How often each of two sibling layers waits for the GPU. */
  async function readbacks(method: string, given: Record<string, unknown>, layer = example(8, 64, 3)) {
    const up = (m: Matrix) => Tensor.from(gpu, m.rows, m.cols, Float32Array.from(m.data));
    const statistics = InputStatistics.of(up(layer.h), up(layer.d));
    const weight = up(layer.w);
    const counts: number[] = [];
    for (let sibling = 0; sibling < 2; sibling++) {
      const before = gpu.readbacks;
      const { q } = await methodOf(method).quantize({ weight, statistics }, options(method, given));
      counts.push(gpu.readbacks - before);
      q.release();
    }
    weight.release();
    await statistics.release();
    return counts;
  }

  const variants = [{}, { groupSize: 16, actOrder: true }, { groupSize: 16, actOrder: true, staticGroups: true }];
  it.each([...SECOND_ORDER, 'rtn'])('%s takes one a layer, statistics and factor included', async (method) => {
    for (const given of variants) expect(await readbacks(method, given)).toEqual([1, 1]);
  });

  it('a factor that does not hold takes more, for the first of siblings', async () => {
    // The layer in vain, H for float64, which fails as well, the factor at 1 %, and the layer again.
    expect(await readbacks('gptq', { damping: 0 }, example(4, 64, 3, 16))).toEqual([4, 1]);
  });
});

describe('what can go wrong', () => {
  it('siblings of a layer that no damping helps are refused as it is', async () => {
    const up = (m: Matrix) => Tensor.from(gpu, m.rows, m.cols, Float32Array.from(m.data));
    const indefinite = matrix(12, 12, new Float64Array(144).fill(2));
    for (let i = 0; i < 12; i++) indefinite.data[13 * i] = 1;
    const before = gpu.buffers.bytesInUse;
    const [weight, statistics] = [up(example(4, 12, 3).w), InputStatistics.of(up(indefinite), null)];
    for (let sibling = 0; sibling < 2; sibling++) {
      const refused = methodOf('gptq').quantize({ weight, statistics }, options('gptq'));
      await expect(refused).rejects.toMatchObject({ code: 'QS-NUM-01', facts: { pivot: 2, columns: 12 } });
    }
    weight.release();
    await statistics.release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('fewer tokens than columns works under damping', async () => {
    const { note, values } = await quantize('rescomp', example(4, 64, 3, 16));
    expect(values.every(Number.isFinite)).toBe(true);
    expect(note).toBeNull();
  });

  it('a singular Hessian without damping is retried and says so', async () => {
    const { note } = await quantize('gptq', example(4, 64, 3, 16), { damping: 0 });
    expect(note).toMatch(/not positive definite at 0 %/);
  });

  it('NaN in the Hessian is refused by its code', async () => {
    const layer = example(4, 16, 3);
    layer.h.data[5] = NaN;
    await expect(quantize('gptq', layer)).rejects.toMatchObject({ code: 'QS-NUM-02' });
  });
});

it('cuts blocks at multiples of the block size and, for exact, at group starts', () => {
  const cut = (cols: number, size: number, split: number | null) => [...blocks(cols, size, split)].map((b) => b.first);
  expect(cut(10, 4, null)).toEqual([0, 4, 8]);
  expect(cut(10, 4, 6)).toEqual([0, 4, 6, 8]);
});

it('lists every method of the catalogue under its own id', () => {
  for (const [id, method] of Object.entries(METHODS)) expect(method.face.id).toBe(id);
});

describe.each(SECOND_ORDER)('%s with its Hessian in panels', (method) => {
  const layers = [example(11, 72, 3), example(6, 150, 4)];
  const given = [
    { bits: 3 },
    { bits: 2, actOrder: true, blockSize: 20 },
    { bits: 4, groupSize: 24, variant: 'exact', blockSize: 50 },
    { bits: 3, groupSize: 16, actOrder: true, staticGroups: true },
    { bits: 3, groupSize: 32, actOrder: true, variant: 'exact', damping: 0.05 },
  ];

  it.each(given)('has the same codes and scales to the bit: %o', async (options) => {
    for (const layer of layers) {
      const whole = await quantize(method, layer, options);
      const before = gpu.buffers.bytesInUse;
      const height = Math.ceil(layer.h.cols / 32) * 32 * 4;
      try {
        for (const rows of [32, 64]) {
          gpu.buffers.panelBytes = rows * height;
          expect(await quantize(method, layer, options)).toEqual(whole);
        }
      } finally {
        gpu.buffers.panelBytes = Infinity;
      }
      expect(gpu.buffers.bytesInUse).toBe(before);
    }
  });
});
