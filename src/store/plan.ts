/** What the recipe at hand would do and take, asked of the engine when the person stops typing. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Plan } from '../run/events';
import type { Recipe } from '../run/recipe';
import type { EngineApi } from '../worker/protocol';
import { failureOf, type Failure } from './failure';

/** How long the recipe must rest before the engine is asked. */
export const PLAN_DELAY_MS = 300;

export type PlanState =
  | { readonly state: 'none' }
  /** The last plan stays on screen, dimmed, while the next one is computed. */
  | { readonly state: 'waiting'; readonly plan: Plan | null }
  | { readonly state: 'ready'; readonly plan: Plan; readonly recipe: Recipe; readonly modelKey: string }
  | { readonly state: 'failed'; readonly failure: Failure; readonly recipe: Recipe };

export interface Planner {
  readonly store: StoreApi<PlanState>;
  /** Asks for a plan soon; null for a recipe that cannot be planned. Only the last wish is answered. */
  want(wish: { modelKey: string; recipe: Recipe } | null): void;
}

export function createPlanner(engine: EngineApi, delay = PLAN_DELAY_MS): Planner {
  const store = createStore<PlanState>()(() => ({ state: 'none' }));
  let wishes = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const known = (): Plan | null => {
    const now = store.getState();
    return now.state === 'ready' || now.state === 'waiting' ? now.plan : null;
  };

  return {
    store,
    want(wish) {
      const number = ++wishes;
      clearTimeout(timer);
      if (wish === null) {
        store.setState({ state: 'none' }, true);
        return;
      }
      store.setState({ state: 'waiting', plan: known() }, true);
      const { modelKey, recipe } = wish;
      const ask = async () => {
        try {
          const plan = await engine.plan(modelKey, recipe);
          if (number === wishes) store.setState({ state: 'ready', plan, recipe, modelKey }, true);
        } catch (error) {
          if (number === wishes) store.setState({ state: 'failed', failure: failureOf(error), recipe }, true);
        }
      };
      timer = setTimeout(() => void ask(), delay);
    },
  };
}
