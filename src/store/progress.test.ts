import { describe, expect, it } from 'vitest';
import { FAKE_MODEL } from '../app/testing/fake-engine';
import { FAKE_RECIPE, fakeLayer, fakePlan } from '../app/testing/fake-figures';
import { etaAt, secondsLeft, withEta, workedMs } from './progress';
import { shownEta } from './shown-eta';
import { applyEvents, newRun, type TimedEvent } from './run-view';

const plan = fakePlan(FAKE_RECIPE);
const begun = applyEvents(newRun('a', FAKE_MODEL, FAKE_RECIPE, 0), [{ event: { type: 'plan', plan }, at: 1000 }]);
const layers = (count: number, at: number): TimedEvent[] =>
  plan.layers
    .slice(0, count)
    .flatMap(({ index }) =>
      plan.rows.map(({ row }) => ({ event: { type: 'layer-done', result: fakeLayer(plan, row, index) }, at })),
    );

describe('the estimate of what is left', () => {
  it('is the plan’s before anything is done', () => {
    expect(secondsLeft(begun, 1000)).toBeCloseTo(26);
    expect(secondsLeft(begun, 5000)).toBeCloseTo(22);
  });

  it('is the measured pace later', () => {
    const half = applyEvents(begun, layers(14, 11_000));
    expect(secondsLeft(half, 11_000)).toBeCloseTo(10, 0);
  });

  it('leaves restored layers out of the pace', () => {
    const stored = layers(14, 1000).flatMap(({ event }) => (event.type === 'layer-done' ? [event.result] : []));
    const resumed = applyEvents(begun, [{ event: { type: 'restored', layers: stored }, at: 1000 }]);
    expect(secondsLeft(resumed, 1000)).toBeCloseTo(13, 0);
  });

  it('leaves pauses out', () => {
    const paused = applyEvents(begun, [{ event: { type: 'paused' }, at: 3000 }]);
    expect(workedMs(paused, 60_000)).toBe(2000);
    const on = applyEvents(paused, [{ event: { type: 'continued' }, at: 53_000 }]);
    expect(workedMs(on, 54_000)).toBe(3000);
  });

  it('counts down between layers and not up for a small correction', () => {
    const run = withEta(begun, 1000);
    expect(etaAt(run, 4000)?.seconds).toBeCloseTo(23);
    expect(shownEta({ seconds: 20, longer: false }, 22, false)?.seconds).toBe(20);
    expect(shownEta({ seconds: 20, longer: false }, 60, true)).toEqual({ seconds: 60, longer: true });
  });
});
