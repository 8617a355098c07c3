/** Pictures as data: where points and bars stand, what they are called, and what is said of them. */
import { describe, expect, it } from 'vitest';
import type { StageChannels } from '../../run/events';
import type { ShownAllocation } from '../../store/allocations';
import { METHOD_STYLES } from '../../report/palette';
import { FAKE_RECIPE, fakeAllocation, fakePlan } from '../testing/fake-figures';
import { channelPicture, stageName } from './channel-model';
import { frontChart } from './front-model';

describe('a front', () => {
  const shown: ShownAllocation = {
    ...{ row: 1, label: 'Allocate', weights: 100, measured: null },
    allocation: {
      ...{ measure: 'kl', candidates: ['2-bit', '4-bit'], budget: 301, bits: 300, error: 0.5, exact: true, layers: [] },
      front: [
        [200, 2],
        [300, 0.5],
        [300.1, 0.4],
        [400, 0.1],
      ],
    },
    uniform: [
      { name: '2-bit', bits: 200, error: 2, row: null, measured: null },
      { name: '4-bit', bits: 400, error: 0.1, row: null, measured: null },
    ],
  };

  it('is spread over the places by bits per weight, of those that share one the last', () => {
    const { lines, places, current, placeName } = frontChart(shown, METHOD_STYLES.gptq);
    const [front, uniform, chosen] = lines.map(({ points }) => points);
    expect(front.map(({ x, y }) => [x, y])).toEqual([
      [0, 2],
      [240, 0.4],
      [places - 1, 0.1],
    ]);
    expect(uniform.map(({ x, y, begins }) => [x, y, begins])).toEqual([
      [0, 2, true],
      [places - 1, 0.1, true],
    ]);
    expect(chosen).toMatchObject([{ x: 240, y: 0.5, name: '3.000 bits per weight' }]);
    expect(current).toBe(240);
    expect(placeName(places - 1)).toBe('4.000 bits per weight');
  });

  it('of one choice is one point', () => {
    const { allocation } = shown;
    const single = { ...shown, uniform: [], allocation: { ...allocation, front: [[300, 0.5]] as const } };
    const { lines, places } = frontChart(single, METHOD_STYLES.gptq);
    expect(lines[0].points).toHaveLength(1);
    expect(lines[0].points[0].x).toBe(places / 2);
    expect(lines[0].style.marker).toBe('circle');
  });

  it('made up for tests is one', () => {
    const { front, bits, error } = fakeAllocation(fakePlan(FAKE_RECIPE));
    for (let i = 1; i < front.length; i++) expect(front[i][1]).toBeLessThan(front[i - 1][1]);
    expect(front).toContainEqual([bits, error]);
  });
});

describe('channels', () => {
  const stage: StageChannels = {
    ...{ block: 0, stage: 0, layers: [0, 1, 2], channels: 5 },
    views: [
      { label: '', rows: [0], peaks: [1, 8, 2], most: [0.5, 4, 1], rms: 0.5 },
      { label: 'Rotate', rows: [1], peaks: [3, null, 4], most: [1, null, 2], rms: 1 },
    ],
  };
  const places = (order: 'channel' | 'sorted') =>
    channelPicture(stage, 1, order, METHOD_STYLES.gptq).model.lines.map(({ points }) =>
      points.map(({ x, y, name }) => `${x} ${y} ${name}`),
    );

  it('stand in their order, neighbours together, and what is not finite has no bar', () => {
    const [before, , after] = places('channel');
    expect(before).toEqual(['0 1 channels 0 to 1', '1 8 channels 2 to 3', '2 2 channel 4']);
    expect(after).toEqual(['0 3 channels 0 to 1', '2 4 channel 4']);
  });

  it('or by size, each view by itself, and what 99 % are below with its channel', () => {
    const [before, most, after] = places('sorted');
    expect(before).toEqual(['0 8 channels 2 to 3', '1 2 channel 4', '2 1 channels 0 to 1']);
    expect(most).toEqual(['0 4 channels 2 to 3', '1 1 channel 4', '2 0.5 channels 0 to 1']);
    expect(after).toEqual(['1 4 channel 4', '2 3 channels 0 to 1']);
  });

  it('are told in a sentence, with no figure where there is none', () => {
    const { summary, panels } = channelPicture(stage, 1, 'channel', METHOD_STYLES.gptq);
    expect(summary).toMatch(
      /^Before: the largest value is 8\.00, 16\.0 times the RMS, .* 4\.00 times the median one\./,
    );
    expect(summary).toContain('After Rotate: the largest value is n/a, n/a times the RMS');
    expect(summary).toContain('Each bar is the largest of 2 neighbouring channels.');
    expect(panels.map(({ title }) => title)).toEqual(['before · peak 16.0 × RMS', 'after · peak n/a × RMS']);
  });

  it('are named by the layers that read them', () => {
    const plan = fakePlan(FAKE_RECIPE);
    const figures = { plan, layers: [], blocks: [], rows: [], fullPrecision: null };
    expect(stageName(figures, stage)).toBe('model.layers.0.self_attn.q_proj, k_proj, v_proj');
  });
});
