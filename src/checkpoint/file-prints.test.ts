import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { memorySource, type ByteSource } from './bytes';
import { filePrints, MOST_PRINTS } from './file-prints';
import { counted } from './testing';

const bytes = (length: number, seed: number) => Uint8Array.from({ length }, (_, i) => (i * 7 + seed) % 251);
const sha256 = (of: Uint8Array) => createHash('sha256').update(of).digest('hex');

/** A file of zeros but for one byte, which no memory holds. */
function large(size: number, at: number): ByteSource {
  return {
    name: 'large.safetensors',
    size,
    read: (begin, end) => {
      const part = new Uint8Array(end - begin);
      if (at >= begin && at < end) part[at - begin] = 1;
      return Promise.resolve(part);
    },
  };
}

describe('prints of files', () => {
  it('are the SHA-256 that any tool gives, in the order of the names', async () => {
    const [a, b] = [bytes(70_000, 1), bytes(0, 0)];
    expect(await filePrints([memorySource(b, 'tokenizer.json'), memorySource(a, 'config.json')])).toEqual([
      { name: 'config.json', bytes: 70_000, sha256: sha256(a) },
      { name: 'tokenizer.json', bytes: 0, sha256: sha256(b) },
    ]);
  });

  it('of a large file are of slices, the first and the last byte among them, and say so', async () => {
    const size = 10e9;
    const source = counted(large(size, 5));
    const [print] = await filePrints([source]);
    expect(print).toMatchObject({ bytes: size, sliced: true });
    expect(source.total).toBe(64 * 4096);
    const others = await Promise.all([0, size - 1, size / 2].map((at) => filePrints([large(size, at)])));
    const digests = [print, ...others.flat()].map((one) => one.sha256);
    // The middle lies between two slices.
    expect(digests[3]).toBe(sha256(new Uint8Array(64 * 4096)));
    expect(new Set(digests).size).toBe(4);
  });

  it('are bounded in number', async () => {
    const many = Array.from({ length: MOST_PRINTS + 3 }, (_, i) => memorySource(bytes(1, i), `${i}.json`));
    expect(await filePrints(many)).toHaveLength(MOST_PRINTS);
  });
});
