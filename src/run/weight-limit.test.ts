/** Weights that no buffer holds, forced on tiny layers and networks: in tiles, quantized to the bits of one piece, or rounded and named. */
import { afterEach, describe, expect, it } from 'vitest';
import { LLAMA_8B, syntheticLlama } from '../../bench/synthetic-llama';
import { Random } from '../base/random';
import { memorySource } from '../checkpoint/bytes';
import { openCheckpoint } from '../checkpoint/checkpoint';
import { littleEndianBytes } from '../checkpoint/dtype';
import { safetensorsBlobParts } from '../checkpoint/safetensors-write';
import { testGpu } from '../gpu/testing/gpus';
import { faceOf } from '../method/catalogue';
import { decodeOnGpu } from '../method/finish';
import { defaultOptions, type Options } from '../method/parameters';
import { loadLinear, openModel, uploadLinear } from '../model/architecture';
import { LanguageModel } from '../model/forward';
import { loadFixture } from '../model/testing/fixtures';
import { decodeQuantized } from '../quantizer/quantized';
import { Table } from '../tensor/embedding';
import { Tensor } from '../tensor/tensor';
import { relativeDifference } from '../tensor/testing';
import { weightFrom } from '../tensor/weight';
import { assertWindowsFit, chunkTokens } from './chunk-tokens';
import type { LayerResult, RunResult } from './events';
import { prepareRun } from './prepare';
import type { PreparedRun } from './prepared-run';
import { MemoryRunStore } from './run-store';
import { quantizeSingleLayer } from './single-layer';
import { joined, prepareTiny, runToEnd, tinyCheckpoint, tinyRecipe } from './testing/runs';

const gpu = await testGpu();

/** Runs `body` where a weight's tile has at most `bytes`, and sees to it that nothing is kept. */
async function within<T>(bytes: number, body: () => T | Promise<T>): Promise<T> {
  const before = gpu.buffers.bytesInUse;
  gpu.buffers.tileBytes = bytes;
  try {
    return await body();
  } finally {
    gpu.buffers.tileBytes = Infinity;
    expect(gpu.buffers.bytesInUse).toBe(before);
  }
}

afterEach(() => {
  gpu.buffers.tileBytes = Infinity;
});

describe('a layer in tiles of rows', () => {
  const [rows, cols, tokens] = [44, 40, 120];
  const random = new Random(7);
  const full = random.normals(tokens * cols);
  // Inputs that drift between the streams, one of them dead.
  const live = (value: number, i: number) => (i % cols === 5 ? 0 : value);
  const exact = Float32Array.from(full, live);
  const own = Float32Array.from(full, (value, i) => live(0.95 * value + 0.1 * random.normal(), i));
  const values = Float32Array.from(random.normals(rows * cols, 0.1));

  async function quantize(method: string, given: Options, scale = 1, inputRows = tokens) {
    const weight = weightFrom(
      gpu,
      rows,
      cols,
      values.map((value) => value * scale),
      'W',
    );
    const inputs = Tensor.from(gpu, inputRows, cols, own.subarray(0, inputRows * cols));
    const referenceInputs = Tensor.from(gpu, inputRows, cols, exact.subarray(0, inputRows * cols));
    const options = { ...defaultOptions(faceOf(method).parameters), ...given };
    const result = await quantizeSingleLayer(gpu, { weight, inputs, referenceInputs, method, options });
    const tiles = weight instanceof Table ? weight.panels.length : 1;
    for (const used of [weight, inputs, referenceInputs]) used.release();
    return { ...result, tiles };
  }

  const groups = { bits: 3, groupSize: 16 };
  const cases: [string, Options, scale?: number, tokens?: number][] = [
    ['rtn', { bits: 3 }],
    ['rtn', { ...groups, symmetric: true, clip: 'mse' }],
    ['gptq', { ...groups, actOrder: true, blockSize: 24 }],
    ['gptq', { ...groups, actOrder: true, staticGroups: true, clip: 'mse', variant: 'exact', blockSize: 24 }],
    ['gptaq', { bits: 4, symmetric: true, blockSize: 16 }],
    ['gptq_r', { bits: 2, blockSize: 16 }],
    ['rescomp', { ...groups, clip: 'mse', actOrder: true, blockSize: 16 }],
    ['shift', { bits: 3, groupSize: 8 }],
    // Scales that the published floor decides: told of the whole layer.
    ['gptq', { bits: 3 }, 1e-6],
    // A Hessian that has no factor without damping: found anew by the first tile for all.
    ['gptaq', { bits: 3, damping: 0 }, 1, 10],
  ];

  it.each(cases)('by %s %o has the codes and the figures of one piece', async (method, given, scale, inputRows) => {
    const whole = await quantize(method, given, scale, inputRows);
    expect(whole.tiles).toBe(1);
    const cut = await within(16 * cols * 4, () => quantize(method, given, scale, inputRows));
    expect(cut.tiles).toBe(3);
    const told = ({ tensor, q, relativeOutputError, bitsPerWeight, retries, note }: typeof whole) => {
      return { tensor, q: [...q], relativeOutputError, bitsPerWeight, retries, note };
    };
    expect(told(cut)).toEqual(told(whole));
    expect([...cut.q]).toEqual([...decodeQuantized(cut.tensor)]);
    // A sum over tiles has other partial sums.
    expect(relativeDifference([cut.weightError ?? NaN], [whole.weightError ?? NaN])).toBeLessThan(1e-6);
  });

  it('is rounded and named by a method whose rows meet', async () => {
    const cut = await within(16 * cols * 4, () => quantize('kmeans', { codewords: 16, dim: 2 }));
    expect(cut.tensor.kind).toBe('affine');
    expect(cut.note).toContain(`its weight of ${rows} × ${cols} takes`);
  });

  it('decodes to the same bits where buffers are smaller than where it was made', async () => {
    for (const [method, given] of [
      ['rtn', groups],
      ['kmeans', { codewords: 16, dim: 2 }],
    ] as const) {
      const { tensor, q } = await quantize(method, given);
      await within(16 * cols * 4, async () => {
        const decoded = decodeOnGpu(gpu, tensor);
        expect(decoded).toBeInstanceOf(Table);
        expect([...(await decoded.read())]).toEqual([...q]);
        decoded.release();
      });
    }
  });
});

describe.each(['qwen2', 'gpt2'] as const)('weights of a tiny %s in tiles', async (name) => {
  const { source, ids, geometry } = await loadFixture(name);
  const model = openModel(source);
  const linears = model.blocks.flatMap(({ stages }) => stages.flatMap((stage) => stage.linears));

  it('are uploaded to the same bits, however they lie in the file', async () => {
    for (const linear of linears.slice(0, 7)) {
      const whole = await loadLinear(source, linear);
      for (const tileBytes of [1000, 2 ** 25]) {
        await within(8 * 40 * 4, async () => {
          const weight = await uploadLinear(gpu, source, linear, { tileBytes });
          expect(weight instanceof Table).toBe(linear.rows > 8 && linear.rows * linear.cols > 300);
          expect([...(await weight.read())]).toEqual([...whole]);
          weight.release();
        });
      }
    }
  });

  it('give the same logits in a whole model', async () => {
    const logits = async () => {
      const whole = await LanguageModel.load(gpu, source, model);
      const result = await whole.logits(ids, geometry);
      const values = await result.read();
      result.release();
      whole.release();
      return [...values];
    };
    const plain = await logits();
    expect(await within(8 * 40 * 4, logits)).toEqual(plain);
  });
});

/** All but what sums over tiles, and the clock. */
const bits = ({ milliseconds: _, errors: { weight: _w, hessian: _h, ...errors }, ...layer }: LayerResult) => {
  return { ...layer, errors };
};
const sums = ({ errors: { weight, hessian } }: LayerResult) => [weight ?? NaN, hessian ?? NaN];
const ends = ({ rows }: RunResult, of: readonly number[]) =>
  of.map((row) => [rows[row].perplexity, rows[row].kl, rows[row].meanError]);
/** Numbers of the rows of some methods. */
const rowsBy = ({ rows }: PreparedRun, wanted: (method: string) => boolean) =>
  rows.filter(({ method }) => wanted(method)).map(({ row }) => row);

describe('a run with weights that no buffer holds', async () => {
  const checkpoint = await tinyCheckpoint('gpt2');
  const scalar = [
    { method: 'gptq', options: { bits: 3, groupSize: 8, actOrder: true } },
    { method: 'rescomp', options: { bits: 2 } },
  ];
  const codebook = { method: 'kmeans', options: { codewords: 16, dim: 2 } };
  const trained = { method: 'vq4dit', options: { codewords: 8, dim: 2, steps: 2 } };
  const recipe = tinyRecipe([...scalar, codebook, trained]);
  const plainRun = await prepareTiny(gpu, checkpoint, recipe);
  const whole = await runToEnd(plainRun, { gpu });
  const shape = ({ rows, cols }: { rows: number; cols: number }) =>
    4 * Math.ceil(rows / 8) * 8 * Math.ceil(cols / 8) * 8;
  const sizes = plainRun.linears.map(shape);
  const limit = Math.max(...sizes) - 1;
  const grids = rowsBy(plainRun, (method) => faceOf(method).family === 'affine');
  const [books] = rowsBy(plainRun, (method) => method === 'kmeans');
  const all = plainRun.rows.map(({ row }) => row);

  it('has the figures of one that holds them; methods whose rows meet round such a layer, or its block, by name', async () => {
    const store = new MemoryRunStore();
    const prepared = await within(limit, () => prepareTiny(gpu, checkpoint, recipe));
    const notes = prepared.plan.notes.join(' ');
    expect(notes).toMatch(/its weight of \d+ × \d+ is held in 2 buffers/);
    expect(notes).toMatch(/are rounded without calibration by k-means/);
    expect(notes).toMatch(/All layers of a block with such a one are rounded without training by VQ4DiT/);
    const cut = await within(limit, () => runToEnd(prepared, { gpu, store }));
    expect(grids.length).toBeGreaterThan(scalar.length);
    const of = ({ layers }: RunResult) => layers.filter(({ row }) => grids.includes(row));
    expect(of(cut).map(bits)).toEqual(of(whole).map(bits));
    expect(relativeDifference(of(cut).flatMap(sums), of(whole).flatMap(sums))).toBeLessThan(1e-6);
    expect(ends(cut, grids)).toEqual(ends(whole, grids));
    for (const { row, layer, status, note, name } of cut.layers) {
      const large = sizes[layer] > limit;
      const trains = row !== books && !grids.includes(row);
      const rounded = trains || (row === books && large);
      expect(status, `${name} of row ${row}`).toBe(rounded ? 'rounded' : 'done');
      if (rounded) expect(note).toMatch(trains ? /its block is not trained because of / : /its weight of /);
    }
    // What is stored is the same wherever it is taken up again.
    for (const bytes of [limit, Infinity]) {
      const again = await within(bytes, () => runToEnd(prepared, { gpu, store }));
      expect(again.layers.map(({ errors }) => errors)).toEqual(cut.layers.map(({ errors }) => errors));
      expect(ends(again, all)).toEqual(ends(cut, all));
    }
  });

  it('is the same where layers are tried', async () => {
    const one = await prepareTiny(gpu, checkpoint, tinyRecipe(scalar.slice(0, 1)));
    const tried = await within(limit, () => runToEnd(one, { gpu, cautiousBytes: 0 }));
    const of = ({ layers }: RunResult, { rows }: PreparedRun) =>
      layers
        .filter(({ row }) => rows.some((known) => known.row === row && known.method === 'gptq'))
        .map(({ row: _, ...layer }) => bits({ row: 0, ...layer }));
    expect(of(tried, one).length).toBe(one.linears.length);
    expect(of(tried, one)).toEqual(of(whole, plainRun));
  });

  it('is refused only where not even a few rows fit', async () => {
    await within(8 * 8 * 4, () =>
      expect(prepareTiny(gpu, checkpoint, recipe)).rejects.toMatchObject({
        code: 'QS-GPU-03',
        message: expect.stringMatching(/^8 rows of layer /) as string,
      }),
    );
  });

  it('needs no network that the studio can run', async () => {
    const values = Float32Array.from(new Random(3).normals(40 * 24, 0.1));
    const tensors = [{ name: 'some.weight', dtype: 'F32' as const, shape: [40, 24], bytes: littleEndianBytes(values) }];
    const file = memorySource(await joined(safetensorsBlobParts(tensors).chunks()), 'some/model.safetensors');
    const unknown = await openCheckpoint([file]);
    const rows = tinyRecipe([{ method: 'rtn', options: { bits: 3, groupSize: 8 } }, codebook]);
    const whole = await prepareTiny(gpu, unknown, rows);
    const plain = await runToEnd(whole, { gpu });
    const cut = await within(16 * 24 * 4, async () => {
      const prepared = await prepareTiny(gpu, unknown, rows);
      expect(prepared.plan.notes.join(' ')).toContain('is held in 3 buffers');
      return runToEnd(prepared, { gpu });
    });
    const by = (wanted: (method: string) => boolean) => (result: RunResult) =>
      result.layers.filter(({ row }) => rowsBy(whole, wanted).includes(row));
    const [rounds, clusters] = [by((method) => method === 'rtn'), by((method) => method === 'kmeans')];
    expect(rounds(cut).map(bits)).toEqual(rounds(plain).map(bits));
    expect(clusters(plain)[0].status).toBe('done');
    expect(clusters(cut)[0]).toMatchObject({ status: 'rounded', note: expect.stringContaining('some') as string });
  });
});

describe('tokens that pass at once', async () => {
  const { subject } = await prepareTiny(gpu, await tinyCheckpoint('qwen2'), tinyRecipe([{ method: 'rtn' }]));
  if (!subject) throw new Error('no subject');
  const { length } = subject.calibration;
  const widest = Math.max(...subject.network.blocks[0].stages.flatMap((s) => s.linears.map(({ rows }) => rows)));

  it('are as many as one buffer holds of the widest layer, whole windows of them', () => {
    expect(chunkTokens(subject, Infinity)).toBe(2048);
    expect(chunkTokens(subject, 2 ** 27)).toBe(2048);
    const few = chunkTokens(subject, 40 * 4 * Math.ceil(widest / 8) * 8);
    expect(few).toBeLessThanOrEqual(40);
    expect(few).toBeGreaterThanOrEqual(length);
  });

  it('are refused by name where one window makes too much', () => {
    expect(() => assertWindowsFit(subject, 2 ** 27)).not.toThrow();
    expect(() => assertWindowsFit(subject, 8 * 4 * widest)).toThrow(
      expect.objectContaining({
        code: 'QS-GPU-03',
        message: expect.stringMatching(/use windows of at most \d+ tokens/) as string,
      }),
    );
  });
});

describe('the shape of an 8 B network at the limits that WebGPU guarantees', () => {
  it('is planned, with the layers in tiles', async () => {
    expect(gpu.buffers.largest).toBe(2 ** 27);
    const checkpoint = await syntheticLlama(LLAMA_8B, 1);
    const recipe = tinyRecipe([{ method: 'gptq', options: { bits: 4 } }]);
    const finite = () => Promise.resolve([]);
    const { plan } = await prepareRun(checkpoint, recipe, { gpu, rate: 1e9, finite });
    expect(plan.notes.join(' ')).toMatch(/its weight of 14336 × 4096 is held in 2 buffers of at most 128 MiB/);
    expect(plan.gpuBytes).toBeGreaterThan(6 * 14336 * 4096 * 4);
    expect(plan.gpuBytes).toBeLessThan(5 * 2 ** 30);
  });
});
