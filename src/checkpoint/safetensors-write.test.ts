import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobSource, memorySource } from './bytes';
import { byteCount, elementCount, type Dtype } from './dtype';
import { openSafetensors, readTensorRaw } from './safetensors';
import { safetensorsBlobParts, type SafetensorsParts, type TensorToWrite } from './safetensors-write';

async function bytesOf(parts: SafetensorsParts): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of parts.chunks()) chunks.push(new Uint8Array(chunk));
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

const zeros = (name: string, dtype: Dtype, shape: number[]): TensorToWrite => ({
  name,
  dtype,
  shape,
  bytes: new Uint8Array(byteCount(dtype, elementCount(shape)!)!),
});

describe('safetensorsBlobParts', () => {
  it('writes what the reader reads, any names, shapes and dtypes', async () => {
    const tensor = fc
      .record({
        name: fc.string({ unit: 'binary' }).filter((name) => name !== '__metadata__'),
        dtype: fc.constantFrom<Dtype>('F32', 'F16', 'BF16', 'I32', 'U8', 'I64', 'BOOL', 'F8_E4M3'),
        shape: fc.array(fc.nat(4), { maxLength: 3 }),
        seed: fc.nat(255),
      })
      .map(({ seed, ...rest }) => {
        const bytes = zeros(rest.name, rest.dtype, rest.shape).bytes as Uint8Array;
        return { ...rest, bytes: bytes.map((_, i) => seed + i) };
      });
    const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 });
    const strings = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }));
    await fc.assert(
      fc.asyncProperty(tensors, strings, async (written, metadata) => {
        const parts = safetensorsBlobParts(written, metadata);
        const bytes = await bytesOf(parts);
        expect(bytes.length).toBe(parts.byteLength);
        const file = await openSafetensors(memorySource(bytes, 'round-trip.safetensors'));
        expect(new Map(file.metadata)).toEqual(new Map(Object.entries(metadata)));
        expect(file.tensors.size).toBe(written.length);
        for (const { name, dtype, shape, bytes: data } of written) {
          const info = file.tensors.get(name)!;
          expect({ dtype: info.dtype, shape: info.shape }).toEqual({ dtype, shape });
          expect(await readTensorRaw(info)).toEqual(data);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('pads the header to 8 bytes and puts wide dtypes first, then names in order', async () => {
    const tensors = [zeros('b', 'F16', [1]), zeros('c', 'F32', [1]), zeros('a', 'F32', [1]), zeros('d', 'I64', [1])];
    const bytes = await bytesOf(safetensorsBlobParts([...tensors, zeros('e', 'U8', [3])], { format: 'pt' }));
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + length)).trimEnd()).toBe(
      '{"__metadata__":{"format":"pt"},"d":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},' +
        '"a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"c":{"dtype":"F32","shape":[1],"data_offsets":[12,16]},' +
        '"b":{"dtype":"F16","shape":[1],"data_offsets":[16,18]},"e":{"dtype":"U8","shape":[3],"data_offsets":[18,21]}}',
    );
  });

  it('asks for one tensor at a time, in order, and knows the size before', async () => {
    const asked: string[] = [];
    const lazy = (name: string): TensorToWrite => ({
      name,
      dtype: 'F32',
      shape: [2],
      bytes: () => {
        asked.push(name);
        return Promise.resolve(new Uint8Array(8));
      },
    });
    const parts = safetensorsBlobParts([lazy('b'), lazy('a')]);
    const chunks = parts.chunks();
    const head = (await chunks.next()).value as Uint8Array;
    expect([asked, parts.byteLength]).toEqual([[], head.length + 16]);
    await chunks.next();
    expect(asked).toEqual(['a']);
    await chunks.next();
    expect([asked, (await chunks.next()).done]).toEqual([['a', 'b'], true]);
  });

  it('reads back through a Blob', async () => {
    const bytes = await bytesOf(safetensorsBlobParts([zeros('w', 'F32', [2, 2])]));
    const file = await openSafetensors(blobSource(new Blob([new Uint8Array(bytes)]), 'export.safetensors'));
    expect([...file.tensors.keys()]).toEqual(['w']);
  });

  it.each<{ what: string; write: () => unknown }>([
    { what: 'one name twice', write: () => safetensorsBlobParts([zeros('a', 'F32', [1]), zeros('a', 'F32', [2])]) },
    { what: 'a tensor named __metadata__', write: () => safetensorsBlobParts([zeros('__metadata__', 'F32', [1])]) },
    { what: 'half a surrogate pair', write: () => safetensorsBlobParts([], { note: '\ud800' }) },
    { what: 'a shape inside a byte', write: () => safetensorsBlobParts([{ ...zeros('a', 'F4', [2]), shape: [3] }]) },
    {
      what: 'bytes that are not the shape’s',
      write: () => bytesOf(safetensorsBlobParts([{ ...zeros('a', 'F32', [2]), shape: [3] }])),
    },
  ])('refuses $what as a bug', async ({ write }) => {
    await expect(async () => {
      await write();
    }).rejects.toThrow('bug: ');
  });
});
