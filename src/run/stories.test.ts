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
import { parseMethodRow } from '../recipe/row';

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
  /** Rows that share their calibration share a run: full precision is computed once, and evaluated once. */
  const groups = [128, 64].map((windows) => ({
    windows,
    runs: reference.runs.filter(({ calibrationWindows }) => calibrationWindows === windows),
  }));

  describe.each(groups)('stories260K calibrated on $windows windows', ({ windows, runs }) => {
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
          rows: rows.slice(0, 1),
          calibration: { source: 'file', file: 'calibration.jsonl', windows, length: 256, seed: 0 },
          heldOut: { file: 'heldout.jsonl', windows: 64 },
        });
        // More rows than a chart has colours for, which is what a recipe's limit is about.
        const prepared = await prepareTiny(gpu, checkpoint, {
          ...recipe,
          rows: rows.map((row) => parseMethodRow(row, 'row')),
        });
        const result = await runToEnd(prepared, { gpu });
        expect(Math.abs((result.fullPrecision?.perplexity ?? NaN) - reference.fullPrecision.perplexity)).toBeLessThan(
          0.002,
        );
        for (const recorded of runs) {
          const { method: name, config } = recorded;
          const row =
            prepared.rows.find(({ method, options }) => method === name && options.bits === config.bits)?.row ?? NaN;
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
