import { describe, expect, it } from 'vitest';
import { FakeEngine } from '../app/testing/fake-engine';
import { FAKE_RECIPE, fakePlan } from '../app/testing/fake-figures';
import { StudioError } from '../base/errors';
import type { Plan } from '../run/events';
import type { Recipe } from '../recipe/recipe';
import type { PlanProgress, StoredRun } from '../worker/protocol';
import { createPlanner, planOf } from './plan';
import { standingOf } from './stored-runs';

/** An engine whose plans end when the test says so. */
class SlowPlanner extends FakeEngine {
  readonly asked: { tell: (progress: PlanProgress) => void; end: (plan: Plan | StudioError) => void }[] = [];

  override plan(_key: string, _recipe: Recipe, tell?: (progress: PlanProgress) => void): Promise<Plan> {
    return new Promise((resolve, reject) => {
      const end = (plan: Plan | StudioError) => (plan instanceof StudioError ? reject(plan) : resolve(plan));
      this.asked.push({ tell: (progress) => tell?.(progress), end });
    });
  }
}

const PLAN = fakePlan(FAKE_RECIPE);
const wish = (modelKey = 'a') => ({ modelKey, recipe: FAKE_RECIPE });

async function planner() {
  const engine = new SlowPlanner();
  const made = createPlanner(engine, 0);
  const state = () => made.store.getState();
  const asked = async (n: number) => {
    await expect.poll(() => engine.asked.length).toBe(n);
    return engine.asked[n - 1];
  };
  made.want(wish());
  const first = await asked(1);
  return { ...made, engine, state, asked, first };
}

describe('the planner', () => {
  it('says how far what takes long is, and forgets it with the plan', async () => {
    const { state, first } = await planner();
    first.tell({ done: 3, total: 8 });
    expect(state()).toEqual({ state: 'waiting', plan: null, progress: { done: 3, total: 8 } });
    first.end(PLAN);
    await expect.poll(() => state().state).toBe('ready');
    first.tell({ done: 4, total: 8 });
    expect(state().state).toBe('ready');
  });

  it('can be left and asked again, and what was left has no say', async () => {
    const { state, first, leave, again, asked, engine } = await planner();
    leave();
    expect(state()).toEqual({ state: 'left', plan: null });
    expect(engine.calls).toContain('leavePlan');
    first.end(new StudioError('QS-RUN-01', 'left'));
    again();
    const second = await asked(2);
    expect(state().state).toBe('waiting');
    second.end(PLAN);
    await expect.poll(() => state().state).toBe('ready');
  });

  it('holds the plan of the same model while nothing can be planned, and of no other', async () => {
    const { state, first, want } = await planner();
    first.end(PLAN);
    await expect.poll(() => state().state).toBe('ready');
    want(null, 'a');
    expect(state()).toEqual({ state: 'held', plan: PLAN });
    want(wish('a'));
    expect(planOf(state())).toEqual(PLAN);
    want(wish('b'));
    expect(planOf(state())).toBeNull();
    want(null, null);
    expect(state()).toEqual({ state: 'none' });
  });
});

describe('a stored run', () => {
  const run = { id: 'a', state: 'running' } as StoredRun;

  it.each([
    [[], null, 'running'],
    [['a'], null, 'elsewhere'],
    [['a'], 'b', 'elsewhere'],
    [['a'], 'a', 'running'],
    [['b'], null, 'running'],
  ] as const)('held by tabs: %j, at hand: %s, is %s', (held, live, standing) => {
    expect(standingOf(run, new Set(held), live)).toBe(standing);
  });
});
