/** What the recipe at hand would do and take, asked of the engine when the person stops typing. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Plan } from '../run/events';
import type { Recipe } from '../recipe/recipe';
import type { EngineApi, PlanProgress } from '../worker/protocol';
import { failureOf, type Failure } from './failure';

/** How long the recipe must rest before the engine is asked. */
export const PLAN_DELAY_MS = 300;

export type PlanState =
  | { readonly state: 'none' }
  /** The last plan of this model stays on screen, dimmed, while the next one is computed; the progress of what takes long. */
  | { readonly state: 'waiting'; readonly plan: Plan | null; readonly progress: PlanProgress | null }
  /** The last plan of this model, while the recipe at hand cannot be planned. */
  | { readonly state: 'held'; readonly plan: Plan }
  /** The person did not want to wait for it. */
  | { readonly state: 'left'; readonly plan: Plan | null }
  | { readonly state: 'ready'; readonly plan: Plan; readonly recipe: Recipe; readonly modelKey: string }
  | { readonly state: 'failed'; readonly failure: Failure; readonly recipe: Recipe };

export interface Planner {
  readonly store: StoreApi<PlanState>;
  /**
   * Asks for a plan soon; null for a recipe that cannot be planned, with the model that it is for, whose last plan is kept. Only the last
   * wish is answered.
   */
  want(wish: Wish | null, modelKey?: string | null): void;
  /** Stops the plan that is being worked out. */
  leave(): void;
  /** Asks once more for what was left. */
  again(): void;
}

export interface Wish {
  readonly modelKey: string;
  readonly recipe: Recipe;
}

/** The plan on the screen, be it of a moment ago. */
export function planOf(state: PlanState): Plan | null {
  return 'plan' in state ? state.plan : null;
}

export function createPlanner(engine: EngineApi, delay = PLAN_DELAY_MS): Planner {
  const store = createStore<PlanState>()(() => ({ state: 'none' }));
  let wishes = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** The model that the plan on the screen is of. */
  let plannedKey: string | null = null;
  let last: Wish | null = null;

  const known = (modelKey: string | null): Plan | null =>
    modelKey !== null && modelKey === plannedKey ? planOf(store.getState()) : null;

  const want = (wish: Wish | null, modelKey: string | null = null) => {
    const number = ++wishes;
    clearTimeout(timer);
    last = wish;
    if (wish === null) {
      const plan = known(modelKey);
      store.setState(plan === null ? { state: 'none' } : { state: 'held', plan }, true);
      return;
    }
    const { recipe } = wish;
    store.setState({ state: 'waiting', plan: known(wish.modelKey), progress: null }, true);
    const onProgress = (progress: PlanProgress) => {
      const now = store.getState();
      if (number === wishes && now.state === 'waiting') store.setState({ ...now, progress }, true);
    };
    const ask = async () => {
      try {
        const plan = await engine.plan(wish.modelKey, recipe, onProgress);
        if (number !== wishes) return;
        plannedKey = wish.modelKey;
        store.setState({ state: 'ready', plan, recipe, modelKey: wish.modelKey }, true);
      } catch (error) {
        if (number === wishes) store.setState({ state: 'failed', failure: failureOf(error), recipe }, true);
      }
    };
    timer = setTimeout(() => void ask(), delay);
  };

  return {
    store,
    want,
    leave() {
      const now = store.getState();
      if (now.state !== 'waiting') return;
      wishes++;
      clearTimeout(timer);
      store.setState({ state: 'left', plan: now.plan }, true);
      // What was left has no answer that anybody waits for.
      engine.leavePlan().catch(() => undefined);
    },
    again() {
      if (store.getState().state === 'left') want(last);
    },
  };
}
