/** Whole files: what headers tell, what reading them through tells, two against each other, and how little is read of a large one. */
import { describe, expect, it } from 'vitest';
import { memorySource, type ByteSource } from '../checkpoint/bytes';
import { openCheckpoint } from '../checkpoint/checkpoint';
import { encodeFloat32 } from '../checkpoint/dtype';
import { plainCheckpoint } from '../model/testing/plain-checkpoint';
import { readFileSync } from 'node:fs';
import { checkAll, tensorIn } from './check';
import { compareValues, differenceOf, headerDifferences, type ValueDifference } from './difference';
import { hostScanner } from './host-scanner';
import { LINEAR, listingOf } from './listing';
import { placeIn } from './matrix-form';
import { statisticsOf } from './statistics';
import { headerBytes, rawTensor, sparseSource, tensorOf } from './testing';
import { windowOf } from './values';

const text = (name: string, value: object) => memorySource(new TextEncoder().encode(JSON.stringify(value)), name);

/** A safetensors file of F32 tensors. */
function fileOf(tensors: Readonly<Record<string, { shape: number[]; values: ArrayLike<number> }>>): ByteSource {
  const parts = Object.values(tensors).map(({ values }) => encodeFloat32('F32', Float32Array.from(values)));
  const { head, size } = headerBytes(
    Object.fromEntries(
      Object.entries(tensors).map(([name, { shape }], i) => [name, { dtype: 'F32', shape, bytes: parts[i].length }]),
    ),
  );
  const bytes = new Uint8Array(size);
  bytes.set(head);
  let at = head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return memorySource(bytes, 'model.safetensors');
}

const tiny = (name: string) => {
  const fixture = new URL(`../model/testing/fixtures/${name}.safetensors`, import.meta.url);
  const { model, config } = plainCheckpoint(readFileSync(fixture));
  return [memorySource(model, 'model.safetensors'), memorySource(config, 'config.json')];
};

describe('a file of 10 GB', () => {
  const [rows, cols] = [8192, 8192];
  const bytes = 2 * rows * cols;
  const names = Array.from({ length: 80 }, (_, i) => `model.layers.${i}.mlp.up_proj.weight`);
  const { head, size } = headerBytes(
    Object.fromEntries(names.map((name) => [name, { dtype: 'BF16', shape: [rows, cols], bytes }])),
  );
  expect(size).toBeGreaterThan(10e9);

  it('is opened by its header, and a window of it is read by ranges', async () => {
    const source = sparseSource(head, size, 'model.safetensors');
    const checkpoint = await openCheckpoint([source]);
    const listing = listingOf(checkpoint);
    expect(listing.tensors).toHaveLength(80);
    expect(listing.kinds).toEqual([{ name: LINEAR, tensors: 80, values: 80 * rows * cols, bytes: 80 * bytes }]);
    expect(source.bytesRead).toBeLessThan(2 * head.length + 1000);
    source.bytesRead = 0;
    const window = await windowOf(tensorIn(checkpoint, names[40]), 5000, 8180);
    expect(window).toMatchObject({ row: 5000, col: 8180, rows: 64, cols: 12 });
    expect(source.bytesRead).toBe(64 * 12 * 2);
  });

  it('has each tensor read in pieces, and no further once it is left', async () => {
    const source = sparseSource(head, size, 'model.safetensors');
    const checkpoint = await openCheckpoint([source]);
    source.bytesRead = 0;
    const leaving = new AbortController();
    const watch = { signal: leaving.signal, onProgress: (done: number) => void (done > 0 && leaving.abort()) };
    await expect(statisticsOf(tensorIn(checkpoint, names[3]), hostScanner, watch)).rejects.toThrow(/abort/i);
    expect(source.bytesRead).toBe(2 * 2 ** 22);
    source.bytesRead = 0;
    const other = new AbortController();
    const leave = { signal: other.signal, onProgress: (done: number) => void (done > 0 && other.abort()) };
    await expect(checkAll(checkpoint, leave)).rejects.toThrow(/abort/i);
    expect(source.bytesRead).toBeLessThan(20e6);
  });
});

describe('what headers tell', () => {
  it('names what is quantized and why the rest is left, and that a head is tied', async () => {
    const listing = listingOf(await openCheckpoint(tiny('gpt2')));
    const left = new Map(listing.tensors.map(({ name, left }) => [name, left]));
    expect(listing).toMatchObject({ limitation: null, format: 'safetensors' });
    expect([...left].filter(([, why]) => why === null)).toHaveLength(8);
    expect(left.get('transformer.wte.weight') ?? left.get('wte.weight')).toBe('embeddings');
    expect(listing.warnings.map(({ kind }) => kind)).toContain('tied');
    expect(listing.dtypes.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(
      listing.tensors.reduce((sum, { bytes }) => sum + bytes, 0),
    );
  });

  it('is told of networks that nobody knows, and of those that are quantized, with the sentence', async () => {
    const weights = fileOf({
      'encoder.0.weight': { shape: [16, 8], values: new Float32Array(128) },
      'encoder.0.bias': { shape: [16], values: new Float32Array(16) },
    });
    const unknown = listingOf(await openCheckpoint([weights, text('config.json', { architectures: ['Stranger'] })]));
    expect(unknown.limitation).toMatch(/do not know how to run "Stranger"/);
    expect(unknown.tensors.map(({ left }) => left)).toEqual([null, 'biases']);

    const { head, size } = headerBytes({
      'q.qweight': { dtype: 'I32', shape: [4, 32], bytes: 512 },
      'q.scales': { dtype: 'F16', shape: [1, 32], bytes: 64 },
      'q.qzeros': { dtype: 'I32', shape: [1, 4], bytes: 16 },
      'q.g_idx': { dtype: 'I32', shape: [32], bytes: 128 },
      'fine.weight': { dtype: 'F4', shape: [8, 8], bytes: 32 },
    });
    const quantized = listingOf(await openCheckpoint([sparseSource(head, size, 'model.safetensors')]));
    expect(quantized.limitation).toMatch(/^this is a checkpoint already quantized with GPTQ/);
    const left = quantized.tensors.map((tensor) => tensor.left);
    expect(left.filter((why) => why === 'no floats')).toHaveLength(4);
    expect(left).not.toContain(null);
    expect(quantized.warnings).toEqual([{ kind: 'unreadable', dtype: 'F4', tensors: ['fine.weight'] }]);
  });
});

describe('a file that is read through', () => {
  it('tells NaN, zeros and copies, and nothing of what is well', async () => {
    const ones = new Float32Array(64).fill(1);
    const column = ones.map((_, i) => (i % 8 === 5 ? (i % 16 === 5 ? 0 : -0) : i));
    const file = fileOf({
      well: { shape: [8, 8], values: ones.map((_, i) => i) },
      broken: { shape: [8, 8], values: ones.map((_, i) => [NaN, 1, -Infinity, 2][i % 4]) },
      nothing: { shape: [8, 8], values: ones.map(() => -0) },
      column: { shape: [8, 8], values: column },
      copy: { shape: [8, 8], values: column },
      norm: { shape: [64], values: ones },
      'another norm': { shape: [64], values: ones },
    });
    const heard: unknown[] = [];
    const report = await checkAll(await openCheckpoint([file]), {}, (finding) => heard.push(finding));
    expect(report.findings).toEqual([
      { kind: 'not finite', tensor: 'broken', nan: 16, infinite: 16 },
      { kind: 'all zero', tensor: 'nothing' },
      { kind: 'zero columns', tensor: 'column', columns: 1, of: 8 },
      { kind: 'zero columns', tensor: 'copy', columns: 1, of: 8 },
      { kind: 'duplicates', tensors: ['column', 'copy'] },
    ]);
    expect(heard).toEqual(report.findings);
  });
});

describe('two checkpoints', () => {
  it('are told apart by headers, then by values', async () => {
    const values = Float32Array.from({ length: 12 }, (_, i) => i - 5);
    const [a, b] = await Promise.all([
      openCheckpoint([
        fileOf({
          same: { shape: [3, 4], values },
          apart: { shape: [3, 4], values },
          zeros: { shape: [2, 2], values: [0, 0, 0, 0] },
          turned: { shape: [3, 4], values },
          mine: { shape: [1], values: [1] },
        }),
      ]),
      openCheckpoint([
        fileOf({
          same: { shape: [3, 4], values },
          apart: { shape: [3, 4], values: values.map((x, i) => (i === 7 ? x + 0.5 : i === 0 ? NaN : x)) },
          zeros: { shape: [2, 2], values: [-0, 0, 0, 0] },
          turned: { shape: [4, 3], values },
          yours: { shape: [1], values: [1] },
        }),
      ]),
    ]);
    expect(headerDifferences(a, b).map(({ tensor, is }) => [tensor, is])).toEqual([
      ['same', 'values'],
      ['apart', 'values'],
      ['zeros', 'values'],
      ['turned', 'shape'],
      ['mine', 'only in a'],
      ['yours', 'only in b'],
    ]);
    const told: ValueDifference[] = [];
    await compareValues(a, b, (difference) => told.push(difference));
    const own = values.slice(1).reduce((sum, x) => sum + x * x, 0);
    expect(told.map(({ is }) => is)).toEqual(['same bytes', 'different', 'same values']);
    expect(told[1]).toMatchObject({ largest: 0.5, values: 2, brokenInOne: 1 });
    expect(told[1].relative).toBeCloseTo(Math.sqrt(0.25 / own), 12);
  });

  it('differ by their own rounding where one is stored in less', async () => {
    const values = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
    const found = await differenceOf(tensorOf([8, 8], values), tensorOf([8, 8], values, 'BF16'), {}, 10);
    expect(found.is).toBe('different');
    expect(found.relative).toBeGreaterThan(1e-4);
    expect(found.relative).toBeLessThan(2 ** -8);
  });
});

describe('windows of values', () => {
  it('hold what is stored, clamped into the tensor', async () => {
    const info = tensorOf(
      [70, 100],
      Float32Array.from({ length: 7000 }, (_, i) => i),
    );
    const window = await windowOf(info, 68.9, 97, 16);
    expect(window).toMatchObject({ row: 68, col: 97, rows: 2, cols: 3 });
    expect([...window.values]).toEqual([6897, 6898, 6899, 6997, 6998, 6999]);
    expect(await windowOf(info, -4, NaN)).toMatchObject({ row: 0, col: 0, rows: 64, cols: 64 });
    expect(await windowOf(info, Infinity, 1e9, 1e9)).toMatchObject({ row: 0, col: 99, rows: 64, cols: 1 });
    expect(await windowOf(tensorOf([0, 4], []), 3, 3)).toMatchObject({ rows: 0 });
  });

  it('have large whole numbers and F64 as they are', async () => {
    const whole = rawTensor([2], 'U32', new Uint8Array(Uint32Array.of(4_294_967_295, 16_777_217).buffer));
    expect([...(await windowOf(whole, 0, 0)).values]).toEqual([4_294_967_295, 16_777_217]);
    const fine = rawTensor([1, 2], 'F64', new Uint8Array(Float64Array.of(0.1, -1e300).buffer));
    expect([...(await windowOf(fine, 0, 0)).values]).toEqual([0.1, -1e300]);
  });

  it('are found in tensors of any shape', () => {
    expect(placeIn([4, 3, 5], 2, 7)).toEqual([2, 1, 2]);
    expect(placeIn([9], 0, 7)).toEqual([7]);
    expect(placeIn([], 0, 0)).toEqual([]);
  });
});
