/**
 * A real checkpoint that somebody else trained, against what PyTorch and the published implementations make of it
 * (../shared/checkpoints/stories260K/README.md). Tolerances are that file's: noise of 1e-6 in H flips borderline weights.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint';
import { sourcesOf } from '../cli/folder-source';
import { testGpu } from '../gpu/testing/gpus';
import { describeShared } from '../testing/shared';
import { prepareTiny, runToEnd } from './testing/runs';
import { parseRecipe } from '../recipe/recipe';

interface Recorded {
  readonly method: string;
  readonly config: { readonly bits: number; readonly shiftAlpha?: number };
  readonly calibrationWindows: number;
  readonly perplexity: number;
  readonly blockMse: readonly number[];
}

interface Reference {
  readonly runs: readonly Recorded[];
  readonly fullPrecision: { readonly perplexity: number };
}

describeShared('checkpoints/stories260K', 'whole runs against PyTorch’s', (folder) => {
  const reference = JSON.parse(readFileSync(`${folder}reference.json`, 'utf8')) as Reference;
  const at =
    (bits: number, windows: number) =>
    ({ config, calibrationWindows }: Recorded) =>
      config.bits === bits && calibrationWindows === windows;
  /** Rows that share a calibration share a run. */
  const groups = [
    { title: '4 bits', windows: 128, runs: reference.runs.filter(({ config }) => config.bits === 4) },
    { title: '3 bits', windows: 128, runs: reference.runs.filter(at(3, 128)) },
    { title: 'shift', windows: 64, runs: reference.runs.filter(({ calibrationWindows }) => calibrationWindows === 64) },
  ];

  describe.each(groups)('stories260K at $title', ({ windows, runs }) => {
    it(
      'full precision within 0.002, every recorded run’s perplexity and block errors within 4 %',
      async () => {
        const gpu = await testGpu({ limits: 'raised' });
        const checkpoint = await openCheckpoint(await sourcesOf(folder));
        const rows = runs.map(({ method, config }) => ({
          method,
          options: { bits: config.bits, ...(config.shiftAlpha === undefined ? {} : { alpha: config.shiftAlpha }) },
        }));
        const recipe = parseRecipe({
          version: 1,
          rows,
          calibration: { source: 'file', file: 'calibration.jsonl', windows, length: 256, seed: 0 },
          heldOut: { file: 'heldout.jsonl', windows: 64 },
        });
        const prepared = await prepareTiny(gpu, checkpoint, recipe);
        const result = await runToEnd(prepared, { gpu });
        expect(Math.abs((result.fullPrecision?.perplexity ?? NaN) - reference.fullPrecision.perplexity)).toBeLessThan(
          0.002,
        );
        for (const recorded of runs) {
          const row = prepared.rows.find(({ method }) => method === recorded.method)?.row ?? NaN;
          const { perplexity } = result.rows[row];
          const tolerance = recorded.method === 'rtn' ? 0.005 : 0.04;
          const off = Math.abs((perplexity ?? NaN) / recorded.perplexity - 1);
          console.log(
            `${recorded.method} ${recorded.config.bits}: ${perplexity?.toFixed(4)}, PyTorch ${recorded.perplexity}`,
          );
          expect(off, `${recorded.method} perplexity ${perplexity}`).toBeLessThan(tolerance);
          recorded.blockMse.forEach((mse, block) => {
            const own = result.blocks.find((one) => one.row === row && one.block === block)?.mse ?? NaN;
            expect(Math.abs(own / mse - 1), `${recorded.method} block ${block}: ${own}`).toBeLessThan(0.04);
          });
        }
      },
      20 * 60_000,
    );
  });
});
