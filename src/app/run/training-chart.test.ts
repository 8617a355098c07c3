import { describe, expect, it } from 'vitest';
import { growCurve } from '../../run/training-curve';
import { rowOf } from '../../store/presets';
import { geometryOf } from '../chart/geometry';
import { FAKE_RECIPE, fakePlan } from '../testing/fake-figures';
import { FAKE_STEPS, fakeTraining } from '../testing/fake-training';
import { newestCurves, trainingChart, trainingSummary } from './training-chart';

const rows = [FAKE_RECIPE.rows[0], rowOf('kmeans'), rowOf('gptvq')];
const plan = fakePlan({ ...FAKE_RECIPE, rows });
const figures = { plan, layers: [], blocks: [], rows: [], fullPrecision: null };
const curve = (row: number, block: number) => growCurve(null, { row, block }, fakeTraining(row, block));
const curves = [curve(1, 0), curve(1, 1), curve(2, 0)];

describe('the course of trainings', () => {
  const all = trainingChart(figures, curves, { measure: 'loss', block: null });

  it('has a line a row that trains, over all blocks that the plan has', () => {
    expect(all.lines.map((line) => line.label)).toEqual([plan.rows[1].label, plan.rows[2].label]);
    expect(all.starts.map(({ name }) => name)).toEqual(['0', '1', '2', '3']);
    expect(all.places).toBe(480);
    expect([all.log, all.yLabel]).toEqual([true, 'loss: block output']);
  });

  it('puts each block’s points inside its bounds, in order', () => {
    for (const { points } of all.lines) {
      const xs = points.map(({ x }) => x);
      expect(xs).toEqual(xs.toSorted((a, b) => a - b));
      expect(new Set(xs).size).toBe(xs.length);
    }
    const { points } = all.lines[0];
    const second = points.filter(({ name }) => name.startsWith('block 1'));
    expect(second[0].x).toBe(120);
    expect(second.at(-1)?.x).toBe(239);
    expect(second.at(-1)?.name).toBe(`block 1, step ${FAKE_STEPS} of ${FAKE_STEPS}`);
    expect(all.placeName(120)).toBe('block 1, 0% of its steps');
  });

  it('has one block by its steps, with round numbers on its axis', () => {
    const one = trainingChart(figures, curves, { measure: 'settled', block: 0 });
    expect(one.places).toBe(FAKE_STEPS + 1);
    expect(one.ticks?.map(({ name }) => name)).toEqual(['0', '20', '40', '60', '80', '100', '120']);
    expect(one.lines.map(({ points }) => points.length)).toEqual([31, 31]);
    expect(one.yLabel).toBe('share frozen');
    expect(one.placeName(60)).toBe('step 60');
    const narrow = geometryOf(one, 320, 260);
    expect(narrow.xTicks.length).toBeLessThanOrEqual(5);
  });

  it('bins what is finer than the chart: the last of a place is shown', () => {
    const progress = fakeTraining(1, 0)[0];
    const told = Array.from({ length: 400 }, (_, i) => ({ ...progress, step: 10 * i, steps: 4000, loss: i + 1 }));
    const long = [growCurve(null, { row: 1, block: 0 }, told)];
    const { lines } = trainingChart(figures, long, { measure: 'loss', block: null });
    expect(lines[0].points.length).toBeLessThanOrEqual(120);
    expect(lines[0].points.at(-1)?.y).toBe(400);
  });

  it('is empty before the first step', () => {
    const empty = trainingChart(figures, [], { measure: 'usage', block: null });
    expect(empty.lines).toEqual([]);
    expect(geometryOf(empty, 600, 260).yTicks.length).toBeGreaterThan(1);
    expect(trainingSummary(figures, [], null)).toBe('No step has been told yet.');
  });
});

describe('how trainings stand', () => {
  it('is said of each row’s newest block, or of the one that is asked for', () => {
    expect(newestCurves(curves, null).map(({ row, block }) => [row, block])).toEqual([
      [1, 1],
      [2, 0],
    ]);
    expect(newestCurves(curves, 0).map(({ row, block }) => [row, block])).toEqual([
      [1, 0],
      [2, 0],
    ]);
    expect(trainingSummary(figures, curves, 1)).toMatch(
      /^k-means VQ, block 1: loss from [\d.]+ to [\d.]+, [\d.]+% frozen\.$/,
    );
  });
});
