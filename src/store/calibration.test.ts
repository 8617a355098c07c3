/** The report on calibration data: asked for, left, and told to be of other data than the recipe's. */
import { describe, expect, it, vi } from 'vitest';
import { FakeEngine } from '../app/testing/fake-engine';
import { FAKE_RECIPE } from '../app/testing/fake-figures';
import { StudioError } from '../base/errors';
import type { CalibrationReport } from '../worker/protocol';
import { createCalibration, dataOf } from './calibration';

const report = { label: '4 windows' } as CalibrationReport;

describe('the calibration report', () => {
  it('comes, and is of the data it was asked for', async () => {
    const engine = new FakeEngine();
    vi.spyOn(engine, 'calibrationReport').mockResolvedValue(report as never);
    const store = createCalibration(engine);
    const asking = store.getState().ask('a', FAKE_RECIPE);
    expect(store.getState()).toMatchObject({ state: 'busy', report: null });
    await asking;
    expect(store.getState()).toMatchObject({ state: 'ready', report });
    const { of } = store.getState();
    expect(of).toBe(dataOf('a', { ...FAKE_RECIPE, rows: FAKE_RECIPE.rows.slice(1) }));
    const fewer = { ...FAKE_RECIPE, calibration: { ...FAKE_RECIPE.calibration, windows: 1 } };
    expect(of).not.toBe(dataOf('a', fewer));
  });

  it('is left without a failure, and fails with its sentence', async () => {
    const engine = new FakeEngine();
    let reject: (error: unknown) => void = () => undefined;
    vi.spyOn(engine, 'calibrationReport').mockImplementation(() => new Promise<never>((_, no) => (reject = no)));
    const store = createCalibration(engine);
    const asking = store.getState().ask('a', FAKE_RECIPE);
    store.getState().leave();
    reject(new StudioError('QS-RUN-01', 'It was left.'));
    await asking;
    expect(engine.calls).toContain('leaveReport');
    expect(store.getState()).toMatchObject({ state: 'left', failure: null });
    const again = store.getState().ask('a', FAKE_RECIPE);
    reject(new StudioError('QS-FILE-09', 'There is no text.'));
    await again;
    expect(store.getState()).toMatchObject({ state: 'failed', failure: { code: 'QS-FILE-09' } });
  });
});
