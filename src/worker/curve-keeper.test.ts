import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { TrainingProgress } from '../method/training';
import type { RunEvent } from '../run/events';
import { growCurve, stepOf, type TrainingCurve } from '../run/training-curve';
import { CurveKeeper } from './curve-keeper';

const { disk, storage } = vi.hoisted(() => ({
  disk: new Map<string, TrainingCurve>(),
  storage: { writes: 0, full: false },
}));
vi.mock('../storage/runs', () => ({
  loadCurve: async (id: string, row: number, block: number) => disk.get(`${id}/${row}/${block}`) ?? null,
  saveCurve: async (id: string, curve: TrainingCurve) => {
    if (storage.full) throw new Error('full');
    storage.writes++;
    disk.set(`${id}/${curve.row}/${curve.block}`, curve);
  },
}));

function progress(step: number): TrainingProgress {
  const names = { lossName: 'block output', settledName: 'frozen' };
  return { ...names, step, steps: 100, loss: 1, settled: 0, usageEntropy: 1, ratios: null, note: null };
}

const told = (block: number, step: number): RunEvent => ({ type: 'training', row: 1, block, progress: progress(step) });

describe('the keeper of curves', () => {
  let now = 0;
  beforeEach(() => {
    disk.clear();
    Object.assign(storage, { writes: 0, full: false });
    now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });

  it('writes every few seconds, however often it is told', async () => {
    const keeper = new CurveKeeper('run');
    for (let step = 0; step < 1000; step++) {
      now += 10;
      await keeper.note(told(0, step));
    }
    expect(storage.writes).toBeLessThanOrEqual(5);
    expect(stepOf(disk.get('run/1/0') as TrainingCurve)).toBeGreaterThan(700);
  });

  it('writes when anything else happens, and nothing twice', async () => {
    const keeper = new CurveKeeper('run');
    await keeper.note(told(0, 8));
    expect(storage.writes).toBe(0);
    await keeper.note({ type: 'paused' });
    await keeper.note({ type: 'continued' });
    expect(storage.writes).toBe(1);
    await keeper.note(told(1, 8));
    await keeper.note(told(2, 8));
    await keeper.keep();
    expect([...disk.keys()]).toEqual(['run/1/0', 'run/1/1', 'run/1/2']);
  });

  it('goes on with what an earlier session wrote', async () => {
    disk.set('run/1/0', growCurve(null, { row: 1, block: 0 }, [progress(0), progress(8), progress(16)]));
    const keeper = new CurveKeeper('run');
    await keeper.note(told(0, 16));
    await keeper.note(told(0, 24));
    await keeper.keep();
    expect(disk.get('run/1/0')?.points.map(({ step }) => step)).toEqual([0, 8, 16, 24]);
  });

  it('does without where the disk is full', async () => {
    storage.full = true;
    const keeper = new CurveKeeper('run');
    await keeper.note(told(0, 8));
    await expect(keeper.note({ type: 'paused' })).resolves.toBeUndefined();
  });
});
