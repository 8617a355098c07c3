/** The report on calibration data: its figures are those of the network's own inputs and of runs. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { matrix, multiply, transpose } from '../numerics/matrix';
import { Random } from '../base/random';
import { calibrationReport, curveSizes, hessianFigures } from './calibration-report';
import { Cancelled, RunControl } from './control';
import { calibrationTaps } from './testing/taps';
import { prepareTiny, runToEnd, tinyCheckpoint, tinyRecipe } from './testing/runs';

const gpu = await testGpu();
const options = { gpu, rate: 1e9 };
const recipe = tinyRecipe([{ method: 'shift', options: { bits: 4 } }]);

describe('the calibration report', () => {
  it('tells the data, each stage’s Hessian, and the error as windows grow', async () => {
    const checkpoint = await tinyCheckpoint('llama3-scaled');
    const before = gpu.buffers.bytesInUse;
    const seen: number[] = [];
    const report = await calibrationReport(checkpoint, recipe, options, new RunControl(), (done, total) =>
      seen.push(done / total),
    );
    expect(gpu.buffers.bytesInUse).toBe(before);
    if (!report) throw new Error('no report');
    expect(report).toMatchObject({ task: 'text', windows: 6, length: 12, tokens: 72 });
    expect(report.vocabulary?.distinct).toBeLessThanOrEqual(72);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);

    // Rank and dead inputs are those of the inputs that a run's layers read.
    const prepared = await prepareTiny(gpu, checkpoint, recipe);
    const taps = await calibrationTaps(gpu, prepared, null);
    expect(report.stages).toHaveLength(prepared.subject?.network.blocks.flatMap(({ stages }) => stages).length ?? 0);
    for (const stage of report.stages) {
      const tap = taps.get(stage.layers[0])?.tap;
      if (!tap) throw new Error(`no inputs of ${stage.layers[0]}`);
      const own = hessianFigures(multiply(transpose(tap), tap));
      expect(stage).toMatchObject({ tokens: 72, columns: tap.cols, rank: own.rank, dead: own.dead });
      expect(stage.rank).toBeLessThanOrEqual(Math.min(72, stage.columns));
      expect((stage.damped ?? 0) / (own.damped ?? 1)).toBeCloseTo(1, 2);
    }

    // The whole of the curve is what a run of its own says.
    expect(report.curve.points.map(({ windows }) => windows)).toEqual([1, 3, 6]);
    const run = await prepareTiny(gpu, checkpoint, tinyRecipe([{ method: 'gptq', options: { bits: 3 } }]));
    const { rows } = await runToEnd(run, { gpu });
    expect(report.curve.baseline).toBe(rows[0].meanError);
    expect(report.curve.points.at(-1)?.error).toBe(rows[1].meanError);
  });

  it('ends where it is left', async () => {
    const control = new RunControl();
    const left = calibrationReport(await tinyCheckpoint('gpt2'), recipe, options, control, () => control.cancel());
    await expect(left).rejects.toThrow(Cancelled);
  });

  it('takes halves of the windows', () => {
    expect(curveSizes(16)).toEqual([2, 4, 8, 16]);
    expect(curveSizes(5)).toEqual([1, 2, 5]);
    expect(curveSizes(1)).toEqual([1]);
  });

  it('tells dead inputs and what damping is for', () => {
    const x = matrix(30, 9, new Random(3).normals(270));
    for (let i = 0; i < x.data.length; i++) if (i % 9 === 4) x.data[i] = 0;
    const found = hessianFigures(multiply(transpose(x), x));
    expect(found).toMatchObject({ rank: 8, condition: null, dead: 1 });
    expect(found.damped).toBeGreaterThan(100);
    expect(found.damped).toBeLessThan(1000);
  });
});
