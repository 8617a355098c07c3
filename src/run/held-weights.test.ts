/** What is refused before weights are put on a GPU that cannot hold them, in one sentence with the number and the limit. */
import { describe, expect, it } from 'vitest';
import type { Gpu } from '../gpu/gpu';
import type { AnyNetwork } from '../model/architecture';
import { assertHeld } from './held-weights';

const WORDS = { work: 'Work', nothing: (block: string) => `Nothing on ${block}`, instead: 'do less' };
const gpu = (tileBytes: number) => ({ buffers: { tileBytes } }) as Gpu;

function network(rows: number, cols: number, blocks: number): AnyNetwork {
  const linear = { name: 'a', rows, cols };
  const all = Array.from({ length: blocks }, (_, i) => ({ name: `block ${i}`, stages: [{ linears: [linear] }] }));
  return { blocks: all } as unknown as AnyNetwork;
}

describe('weights that are held at once', () => {
  it('may be 2 GiB in all, and no more', () => {
    expect(() => assertHeld(network(2 ** 14, 2 ** 14, 2), gpu(Infinity), WORDS)).not.toThrow();
    expect(() => assertHeld(network(2 ** 14, 2 ** 14, 3), gpu(Infinity), WORDS)).toThrow(
      /^Work holds its weights of .* at most .* are held: do less, or take a smaller model\.$/,
    );
  });

  it('may each be as large as a buffer', () => {
    expect(() => assertHeld(network(64, 64, 1), gpu(64 * 64 * 4), WORDS)).not.toThrow();
    expect(() => assertHeld(network(64, 64, 1), gpu(64 * 64 * 4 - 1), WORDS)).toThrow(
      /^Nothing on block 0: .* Do less\.$/,
    );
  });
});
