import { describe, expect, it } from 'vitest';
import type { TrainingProgress } from '../method/training';
import { growCurve, joinAll, joinCurves, MOST_POINTS, stepOf, type TrainingCurve } from './training-curve';

const PLACE = { row: 1, block: 2 };

function told(step: number, more: Partial<TrainingProgress> = {}): TrainingProgress {
  return {
    ...{ step, steps: 1000, loss: 1 / (step + 1), lossName: 'block output', note: null },
    ...{ settled: step / 1000, settledName: 'frozen', usageEntropy: 0.9, ratios: null },
    ...more,
  };
}

const steps = (curve: TrainingCurve) => curve.points.map(({ step }) => step);
const range = (from: number, to: number, by: number) =>
  Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, i) => from + i * by);

describe('a training’s curve', () => {
  it('keeps what it is told, and where it stands', () => {
    const curve = growCurve(null, PLACE, [told(0), told(8, { ratios: [0, 9, 1] }), told(16, { ratios: [0, 2, 8] })]);
    expect(curve).toMatchObject({ row: 1, block: 2, steps: 1000, lossName: 'block output', settledName: 'frozen' });
    expect(curve.points[1]).toEqual({ step: 8, loss: 1 / 9, settled: 0.008, usageEntropy: 0.9 });
    expect(stepOf(curve)).toBe(16);
    expect([curve.firstRatios, curve.ratios]).toEqual([
      [0, 9, 1],
      [0, 2, 8],
    ]);
  });

  it('is the same whether it is told at once or bit by bit', () => {
    const all = range(0, 20_000, 4).map((step) => told(step));
    const at = [0, 1, 700, 701, 3000, all.length];
    const parts = at.slice(1).map((end, i) => all.slice(at[i], end));
    const bits = parts.reduce<TrainingCurve | null>((curve, part) => growCurve(curve, PLACE, part), null);
    expect(bits).toEqual(growCurve(null, PLACE, all));
  });

  it('stays small for a hundred thousand steps, evenly spread, with its first and newest point', () => {
    const curve = growCurve(
      null,
      PLACE,
      range(0, 100_000, 1).map((step) => told(step)),
    );
    expect(curve.points.length).toBeLessThanOrEqual(MOST_POINTS);
    expect(curve.points.length).toBeGreaterThan(MOST_POINTS / 3);
    expect([steps(curve)[0], stepOf(curve)]).toEqual([0, 100_000]);
    const gaps = steps(curve)
      .slice(1, -1)
      .map((step, i) => step - steps(curve)[i]);
    expect(Math.min(...gaps)).toBeGreaterThan(0);
    expect(Math.max(...gaps)).toBeLessThan(1500);
  });

  it('goes back with a step that was taken back, and says so', () => {
    const note = 'By step 32 the loss became NaN: back to step 16 with half the learning rates.';
    const curve = growCurve(null, PLACE, [told(0), told(16), told(24), told(16, { loss: NaN, note }), told(24)]);
    expect(steps(curve)).toEqual([0, 16, 24]);
    expect(curve.points[2].loss).toBeCloseTo(1 / 25);
    expect(curve.notes).toEqual([{ step: 16, sentence: note }]);
    expect(JSON.stringify(curve)).not.toContain('null,"settled"');
  });

  it('ends with the last word on its last step: what the hard weights give', () => {
    const curve = growCurve(null, PLACE, [told(992), told(1000, { loss: 0.4 }), told(1000, { loss: 0.5 })]);
    expect(curve.points.at(-1)?.loss).toBe(0.5);
    expect(steps(curve)).toEqual([992, 1000]);
  });

  it('remembers where codewords began, for one layer at a time', () => {
    const snapshot = (layer: string, at: number) => ({ layer, codewords: Float32Array.of(at, at) });
    const curve = growCurve(null, PLACE, [
      told(0, { snapshot: snapshot('a', 1) }),
      told(8),
      told(16, { snapshot: snapshot('a', 2) }),
    ]);
    expect([curve.firstSnapshot, curve.snapshot]).toEqual([snapshot('a', 1), snapshot('a', 2)]);
    const other = growCurve(curve, PLACE, [told(24, { snapshot: snapshot('b', 3) })]);
    expect(other.firstSnapshot).toEqual(snapshot('b', 3));
  });
});

describe('a training that is resumed', () => {
  const stored = growCurve(
    null,
    PLACE,
    range(0, 200, 8).map((step) => told(step, { ratios: [step, 1] })),
  );

  it('goes on from its stored state: what was ahead of it is forgotten', () => {
    const watched = growCurve(
      null,
      PLACE,
      range(128, 160, 8).map((step) => told(step, { loss: 7, ratios: [3, 4] })),
    );
    const joined = joinCurves(stored, watched);
    expect(steps(joined)).toEqual(range(0, 160, 8));
    expect(joined.points.filter(({ loss }) => loss === 7)).toHaveLength(5);
    expect([joined.firstRatios, joined.ratios]).toEqual([
      [0, 1],
      [3, 4],
    ]);
    expect(growCurve(joined, PLACE, [told(168)]).points).toHaveLength(22);
  });

  it('starts anew where no state was stored', () => {
    const watched = growCurve(null, PLACE, [told(0, { ratios: [5, 5] }), told(8)]);
    expect(joinCurves(stored, watched).points).toEqual(watched.points);
    expect(joinCurves(stored, watched).firstRatios).toEqual([5, 5]);
  });

  it('has the curves of the other blocks as they were stored', () => {
    const other = growCurve(null, { row: 0, block: 0 }, [told(8)]);
    const watched = growCurve(null, { row: 1, block: 3 }, [told(0)]);
    expect(joinAll([stored, other], [watched])).toEqual([other, stored, watched]);
    expect(joinAll([stored], [growCurve(null, PLACE, [])])[0].points).toEqual(stored.points);
  });
});
