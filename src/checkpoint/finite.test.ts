import { describe, expect, it } from 'vitest';
import { memorySource, type ByteSource } from './bytes';
import { decodeFloat32, encodeFloat32, type Dtype } from './dtype';
import { notFiniteTensors, notFiniteWords, scanTensor } from './finite';
import { openSafetensors } from './safetensors';
import { safetensorsBlobParts } from './safetensors-write';
import type { TensorInfo } from './tensors';
import type { Checkpoint } from './checkpoint';

function tensor(dtype: Dtype, bytes: Uint8Array, shape: number[], name = 'x'): TensorInfo {
  return { name, dtype, shape, begin: 0, end: bytes.length, source: memorySource(bytes, 'file') };
}

const f64 = (...values: number[]) => new Uint8Array(Float64Array.from(values).buffer);

describe('the scan of one tensor', () => {
  const bad = [
    ['F32', [1, NaN, 2, Infinity, -Infinity], { nan: 1, infinite: 2, first: 1, value: NaN }],
    ['F16', [1, 2, 3, -Infinity, 5], { nan: 0, infinite: 1, first: 3, value: -Infinity }],
    ['F16', [1, 2, 3, 4, NaN], { nan: 1, infinite: 0, first: 4, value: NaN }],
    ['BF16', [NaN, 2, Infinity, 4], { nan: 1, infinite: 1, first: 0, value: NaN }],
    ['BF16', [1, 2, 3e38, -Infinity, 3, NaN, 1], { nan: 1, infinite: 1, first: 3, value: -Infinity }],
  ] as const;
  it.each(bad)('%s %j', async (dtype, values, expected) => {
    const found = await scanTensor(tensor(dtype, encodeFloat32(dtype, Float32Array.from(values)), [values.length]));
    expect(found).toMatchObject(expected);
  });

  it.each([
    ['NaN', [1, NaN], { nan: 1, infinite: 0, first: 1 }],
    ['infinity', [-Infinity, 0, 1], { nan: 0, infinite: 1, first: 0 }],
    ['what rounds past the largest F32', [1, 1, 3.5e38], { nan: 0, infinite: 1, first: 2, value: Infinity }],
  ] as const)('F64 with %s', async (_, values, expected) => {
    expect(await scanTensor(tensor('F64', f64(...values), [values.length]))).toMatchObject(expected);
  });

  it.each([
    ['F32', encodeFloat32('F32', Float32Array.of(3.4028234663852886e38, 1e-45, -0))],
    ['F16', encodeFloat32('F16', Float32Array.of(65504, 6e-8, -65504))],
    ['BF16', encodeFloat32('BF16', Float32Array.of(3.38e38, 1e-40, -3.38e38))],
    ['F64', f64(3.4028234663852886e38, -3.4028235e38, 1e-300)],
    ['F32', new Uint8Array()],
  ] as const)('is quiet about the largest and smallest %s', async (dtype, bytes) => {
    expect(await scanTensor(tensor(dtype, bytes, [bytes.length]))).toBeNull();
  });

  it('agrees with decoding on random bits of every type, and at odd addresses', async () => {
    const random = new Uint8Array(4096 + 8);
    for (let i = 0; i < random.length; i++) random[i] = (i * 2654435761) >>> ((i % 3) * 8);
    for (let i = 3; i < random.length; i += 29) random[i] = 0x7f;
    for (let i = 2; i < random.length; i += 29) random[i] = 0xff;
    for (const dtype of ['F32', 'F16', 'BF16', 'F64'] as const) {
      for (const skip of [0, 1, 2, 4]) {
        const width = { F32: 4, F16: 2, BF16: 2, F64: 8 }[dtype];
        const elements = Math.floor((4096 - 2 * width) / width) - 1; // odd
        const info = {
          ...tensor(dtype, random, [elements]),
          ...{ begin: skip, end: skip + elements * width },
        };
        const values = decodeFloat32(dtype, random.slice(info.begin, info.end));
        const found = await scanTensor(info);
        expect([found?.nan ?? 0, found?.infinite ?? 0]).toEqual([
          values.filter((x) => Number.isNaN(x)).length,
          values.filter((x) => Math.abs(x) === Infinity).length,
        ]);
        expect(found?.first ?? -1).toBe(values.findIndex((x) => !Number.isFinite(x)));
      }
    }
  });

  it('reads a large tensor in pieces, and names a place beyond the first of them', async () => {
    const elements = 3 * 2 ** 20;
    let most = 0;
    const source: ByteSource = {
      name: 'large',
      size: elements * 4,
      read(begin, end) {
        most = Math.max(most, end - begin);
        const bytes = new Uint8Array(end - begin);
        const at = (2.5 * 2 ** 20 + 7) * 4;
        if (begin <= at && at < end) bytes.set([0, 0, 0xc0, 0x7f], at - begin);
        return Promise.resolve(bytes);
      },
    };
    const info: TensorInfo = { name: 'w', dtype: 'F32', shape: [3072, 1024], begin: 0, end: elements * 4, source };
    const found = await scanTensor(info);
    expect(found).toMatchObject({ nan: 1, first: 2.5 * 2 ** 20 + 7 });
    expect(most).toBeLessThanOrEqual(8 * 2 ** 20);
    expect(found && notFiniteWords(found)).toBe('tensor "w" holds 1 NaN, the first, NaN, at [2560, 7]');
  });
});

it('a checkpoint is read once, whole numbers are not looked at, and all bad tensors are named in order', async () => {
  const parts = safetensorsBlobParts([
    { name: 'a', dtype: 'F32', shape: [2], bytes: encodeFloat32('F32', Float32Array.of(1, Infinity)) },
    { name: 'b', dtype: 'I32', shape: [1], bytes: Uint8Array.of(0, 0, 0xc0, 0x7f) },
    { name: 'c', dtype: 'F16', shape: [], bytes: encodeFloat32('F16', Float32Array.of(NaN)) },
  ]);
  const chunks: Uint8Array[] = [];
  for await (const chunk of parts.chunks()) chunks.push(chunk);
  const bytes = new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  const file = await openSafetensors(memorySource(bytes, 'x'));
  const checkpoint = { tensors: file.tensors } as unknown as Checkpoint;
  const first = notFiniteTensors(checkpoint);
  expect(notFiniteTensors(checkpoint)).toBe(first);
  expect((await first).map(notFiniteWords)).toEqual([
    'tensor "a" holds 1 infinite value, the first, Infinity, at [1]',
    'tensor "c" holds 1 NaN, the first, NaN, at []',
  ]);
});
