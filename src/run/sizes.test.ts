/** What large networks need, forced on tiny ones: heads in tiles of the vocabulary. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { relativeDifference } from '../tensor/testing';
import { prepareTiny, runToEnd, tinyCheckpoint, tinyRecipe } from './testing/runs';

const gpu = await testGpu();

describe.each(['qwen2', 'gpt2'] as const)('a run on a tiny %s whose head is read in tiles', async (name) => {
  const checkpoint = await tinyCheckpoint(name);
  const prepared = await prepareTiny(gpu, checkpoint, tinyRecipe([{ method: 'gptq', options: { bits: 3 } }]));
  const whole = await runToEnd(prepared, { gpu });

  it('has the figures of one whose head stays on the GPU, wherever its activations rest', async () => {
    const hidden = prepared.subject?.network.hidden ?? 0;
    const before = gpu.buffers.bytesInUse;
    for (const activationBytes of [2 ** 30, 0]) {
      const head = { wholeBytes: 0, tileBytes: 24 * 4 * hidden };
      const tiled = await runToEnd(prepared, { gpu, activationBytes, head });
      const figures = (of: typeof whole) =>
        of.rows.flatMap((row) => [row.perplexity ?? NaN, row.kl ?? NaN, ...(row.perplexityInterval ?? [])]);
      expect(relativeDifference(figures(tiled), figures(whole))).toBeLessThan(1e-5);
      expect(tiled.fullPrecision?.tokens).toBe(whole.fullPrecision?.tokens);
    }
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});
