/** What is in view of a chart: the same for the drawing, the keyboard and the axis. */
import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../report/figures';
import { fakeResult } from '../testing/fake-figures';
import { geometryOf, xAt } from './geometry';
import { chartOf } from './model';
import { inView, pressName, stretch, WHOLE_VIEW } from './view';

const model = chartOf(figuresOf(fakeResult()), { metric: 'output', scale: 'absolute', current: null });

describe('the view of a chart', () => {
  it('is all of it at first', () => {
    expect(inView(model, WHOLE_VIEW).lines).toEqual(model.lines);
    expect(geometryOf(inView(model, WHOLE_VIEW), 900, 360)).toEqual(geometryOf(model, 900, 360));
  });

  it('has the lines that are chosen, and pales the others of a name that is pointed at', () => {
    const only = inView(model, { ...WHOLE_VIEW, only: new Set([1, 3]) });
    expect(only.lines.map(({ row }) => row)).toEqual([1, 3]);
    expect(only.lines.map(({ style }) => style)).toEqual([model.lines[1].style, model.lines[3].style]);
    const raised = inView(model, { ...WHOLE_VIEW, raised: 2 });
    expect(raised.lines.map(({ dim }) => dim ?? false)).toEqual([true, true, false, true]);
    const away = inView(model, { ...WHOLE_VIEW, only: new Set([1, 3]), raised: 2 });
    expect(away.lines.some(({ dim }) => dim)).toBe(false);
  });

  it('has a stretch, with an axis of its own and no point beside it', () => {
    const zoomed = inView(model, { ...WHOLE_VIEW, range: [7, 20] });
    const geometry = geometryOf(zoomed, 900, 360);
    expect(geometry.x).toEqual([6.5, 20.5]);
    expect(geometry.xTicks.map(({ text }) => text)).toEqual(['1', '2']);
    for (const { points } of zoomed.lines) {
      expect(points.map(({ x }) => x)).toEqual(Array.from({ length: 14 }, (_, i) => 7 + i));
      for (const { x } of points) expect(xAt(geometry, x)).toBeGreaterThan(geometry.left);
    }
  });
});

it('a name that is pressed is seen alone, another beside it, and all of them are no choice', () => {
  const one = pressName(new Set(), 2, 3);
  expect([...one]).toEqual([2]);
  const two = pressName(one, 0, 3);
  expect([...two].sort()).toEqual([0, 2]);
  expect(pressName(two, 1, 3).size).toBe(0);
  expect(pressName(one, 2, 3).size).toBe(0);
});

it('a stretch is at least two places, within the chart, in whatever direction it was dragged', () => {
  expect(stretch(9, 4, 28)).toEqual([4, 9]);
  expect(stretch(5, 5, 28)).toEqual([5, 6]);
  expect(stretch(27, 27, 28)).toEqual([26, 27]);
  expect(stretch(-3, 99, 28)).toBeNull();
  expect(stretch(0, 1, 2)).toBeNull();
});
