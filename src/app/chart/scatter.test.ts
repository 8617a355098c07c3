import { describe, expect, it } from 'vitest';
import { fakePlan, FAKE_RECIPE } from '../testing/fake-figures';
import { fakeCodebook } from '../testing/fake-training';
import { codebookScatter, movingScatter } from '../codebook/scatter-model';
import { shadeColor } from '../codebook/shade';
import { xAt, yAt } from './geometry';
import { diameterOf, discAt, discSize, scatterGeometry } from './scatter';
import { scatterTraces } from './scatter-traces';

const view = fakeCodebook(fakePlan(FAKE_RECIPE), 1, 0, 0);
const scatter = codebookScatter(view);
const COLORS = { text: '#111', axis: '#777', grid: '#ccc', line: () => '#000' };

describe('a scatter', () => {
  const geometry = scatterGeometry(scatter, 560, 380);

  it('keeps every point inside the plot, with one unit for both axes', () => {
    for (const { x, y } of [scatter.dots, scatter.discs]) {
      for (let i = 0; i < x.length; i++) {
        expect(xAt(geometry, x[i])).toBeGreaterThanOrEqual(geometry.left);
        expect(xAt(geometry, x[i])).toBeLessThanOrEqual(560 - geometry.right);
        expect(yAt(geometry, y[i])).toBeGreaterThanOrEqual(geometry.top);
        expect(yAt(geometry, y[i])).toBeLessThanOrEqual(380 - geometry.bottom);
      }
    }
    const across = xAt(geometry, 0.1) - xAt(geometry, 0);
    expect(yAt(geometry, 0) - yAt(geometry, 0.1)).toBeCloseTo(across, 3);
    expect(geometry.xTicks.length).toBeGreaterThan(1);
  });

  it('finds the codeword under the pointer, and none far from all', () => {
    for (const i of [0, 7, 63]) {
      const [x, y] = [xAt(geometry, scatter.discs.x[i]), yAt(geometry, scatter.discs.y[i])];
      const found = discAt(scatter, geometry, x, y);
      expect(found).not.toBeNull();
      expect(scatter.discs.x[found ?? 0]).toBeCloseTo(scatter.discs.x[i], 3);
    }
    expect(discAt(scatter, geometry, -200, -200)).toBeNull();
  });

  it('draws larger what is used more, and less where there are many', () => {
    const sizes = Array.from(scatter.discs.sizes);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    expect(sizes[0]).toBe(1);
    expect(discSize(16)).toBeGreaterThan(discSize(1024));
    expect(diameterOf(0, 20)).toBeGreaterThan(3);
  });

  it('stays a scatter in Plotly, in plain lists', () => {
    const traces = scatterTraces(scatter, COLORS);
    for (const trace of traces) expect(trace.type).toBe('scatter');
    expect((traces[0] as { x: number[] }).x).toHaveLength(view.dots.first.length);
    expect((traces[2] as { marker: { color: string[] } }).marker.color[0]).toBe(
      shadeColor(view.shades[view.words.index[0]]),
    );
  });

  it('has a second axis that means nothing where there is one dimension', () => {
    const flat = codebookScatter({ ...view, dim: 1 });
    expect(scatterGeometry(flat, 560, 380).yTicks).toEqual([]);
    expect(Math.max(...Array.from(flat.dots.y, Math.abs))).toBeLessThanOrEqual(1);
    expect(flat.yLabel).toBe('');
  });
});

describe('codewords on the move', () => {
  it('leave a trail from where they began', () => {
    const moving = movingScatter(Float32Array.of(0, 0, 1, 1), Float32Array.of(0.5, 0, 1, 2));
    expect([Array.from(moving.discs.x), Array.from(moving.discs.y)]).toEqual([
      [0.5, 1],
      [0, 2],
    ]);
    const [, trails] = scatterTraces(moving, COLORS) as unknown as { x: (number | null)[]; y: (number | null)[] }[];
    expect(trails.x).toEqual([0, 0.5, null, 1, 1, null]);
    expect(trails.y).toEqual([0, 0, null, 1, 2, null]);
  });

  it('have none where the beginning is not known', () => {
    expect(movingScatter(null, Float32Array.of(1, 2)).from).toBeNull();
    expect(movingScatter(Float32Array.of(1), Float32Array.of(1, 2)).from).toBeNull();
  });
});

describe('shades', () => {
  it('only grow brighter', () => {
    const luminance = (shade: number) => {
      const [r, g, b] = (shadeColor(shade).match(/\d+/g) ?? []).map(Number);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ramp = Array.from({ length: 256 }, (_, shade) => luminance(shade));
    expect(ramp.every((value, i) => i === 0 || value >= ramp[i - 1] - 0.8)).toBe(true);
    expect([shadeColor(0), shadeColor(255)]).toEqual(['rgb(0,32,76)', 'rgb(255,233,69)']);
  });
});
