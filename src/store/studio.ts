/** All stores of one studio, tied together. The engine and the browser are handed in, so that tests bring their own. */
import { StudioError } from '../base/errors';
import type { Recipe } from '../run/recipe';
import type { EngineApi, StoredModel } from '../worker/protocol';
import { frameSchedule, type Schedule } from './batch';
import { createCodebooks, type CodebooksStore } from './codebooks';
import { createDevice, type DeviceStore } from './device';
import { createExports, type ExportsStore } from './exports';
import { failureOf } from './failure';
import { decodeLink } from './link';
import { createModels, currentModel, dataOf, type ModelsStore } from './models';
import { persistIn, type KeyValueStorage } from './persist';
import { createPlanner, PLAN_DELAY_MS, type PlanState } from './plan';
import { fitted } from './presets';
import { createRecipes, type RecipeStore } from './recipe';
import { createRoutes, type RouteHost, type RouteStore } from './route';
import { createResultFiles, type ResultFilesStore } from './result-file';
import { createRuns, type RunStore } from './run';
import { isActive } from './run-view';
import { createSettings, type SettingsStore } from './settings';
import { createStoredRuns, type StoredRunsStore } from './stored-runs';
import { createTrainings, type TrainingsStore } from './training';
import type { StoreApi } from 'zustand/vanilla';

export interface Studio {
  readonly settings: SettingsStore;
  readonly routes: RouteStore;
  readonly device: DeviceStore;
  readonly models: ModelsStore;
  readonly recipes: RecipeStore;
  readonly plan: StoreApi<PlanState>;
  readonly run: RunStore;
  readonly storedRuns: StoredRunsStore;
  readonly exports: ExportsStore;
  readonly codebooks: CodebooksStore;
  readonly trainings: TrainingsStore;
  readonly resultFiles: ResultFilesStore;
  /** Reads what is stored and opens the GPU. Once, after the first paint. */
  wake(): Promise<void>;
  /** Runs the recipe at hand on the open model, and shows it. */
  runRecipe(): void;
  /** Brings a sample in and runs a recipe on it, and shows it. */
  runSample(id: string, recipe: Recipe): void;
  resumeRun(id: string): void;
  /** Opens a results file and shows it; false, with the failure in `resultFiles`, where it is none. */
  openResultsFile(file: File): Promise<boolean>;
}

export interface StudioHost {
  readonly engine: EngineApi;
  readonly routeHost: RouteHost;
  readonly storage: KeyValueStorage | null;
  readonly schedule?: Schedule;
  readonly now?: () => number;
  readonly planDelay?: number;
}

export function createStudio(host: StudioHost): Studio {
  const { engine, now = Date.now, schedule = frameSchedule, planDelay = PLAN_DELAY_MS } = host;
  const persistence = persistIn(host.storage);
  const settings = createSettings(persistence);
  const routes = createRoutes(host.routeHost);
  const device = createDevice(engine);
  const models = createModels(engine, persistence);
  const recipes = createRecipes(persistence);
  const planner = createPlanner(engine, planDelay);
  const storedRuns = createStoredRuns(engine, persistence);
  const exports = createExports(engine);
  const resultFiles = createResultFiles(engine, now);
  const run = createRuns({
    engine,
    schedule,
    now,
    onOver() {
      void storedRuns.getState().refresh();
      void device.getState().refreshStorage();
    },
  });

  // The recipe follows the open model and the files beside it.
  const filesOf = (model: StoredModel | null) => (model ? dataOf(model).length : 0);
  let followed: StoredModel | null = null;
  models.subscribe((state) => {
    const model = currentModel(state);
    if (model?.key === followed?.key && filesOf(model) === filesOf(followed)) return;
    followed = model;
    recipes.getState().setModel(model);
  });

  // The plan follows the recipe. While a run has the GPU, measuring beside it would disturb both.
  const wantPlan = () => {
    const { recipe, faults, model } = recipes.getState();
    const active = isActive(run.getState().run?.phase ?? 'finished');
    const possible = model !== null && Object.keys(faults).length === 0 && !active;
    planner.want(possible ? { modelKey: model.key, recipe } : null);
  };
  recipes.subscribe((state, before) => {
    if (state.recipe !== before.recipe || state.model !== before.model) wantPlan();
  });
  run.subscribe((state, before) => {
    const [is, was] = [state, before].map(({ run }) => run !== null && isActive(run.phase));
    if (is !== was) wantPlan();
  });

  // A recipe in a link is shown, never run.
  const openLink = () => {
    const { route } = routes.getState();
    if (route.screen !== 'link') return;
    try {
      const { recipe, sample } = decodeLink(route.payload);
      recipes.getState().load(recipe, { kind: 'link', sample });
    } catch (error) {
      recipes.getState().reset({ kind: 'bad-link', failure: failureOf(error) });
    }
    routes.getState().replace({ screen: 'recipe' });
  };
  openLink();
  routes.subscribe(openLink);

  const show = (id: string | null) => {
    if (id !== null) routes.getState().go({ screen: 'run', id });
  };

  return {
    settings,
    routes,
    device,
    models,
    recipes,
    plan: planner.store,
    run,
    storedRuns,
    exports,
    codebooks: createCodebooks(engine),
    trainings: createTrainings(engine),
    resultFiles,
    async wake() {
      await Promise.all([
        models.getState().refresh(),
        storedRuns.getState().refresh(),
        resultFiles.getState().refresh(),
        device.getState().openGpu(),
        device.getState().refreshStorage(),
      ]);
    },
    runRecipe() {
      const { recipe, faults, model } = recipes.getState();
      if (model === null || Object.keys(faults).length > 0) return;
      show(run.getState().start(model, recipe));
    },
    runSample(id, recipe) {
      const there = models
        .getState()
        .importSample(id)
        .then((model) => model ?? failImport());
      show(
        run.getState().startWhenThere(id, there, (model) => {
          const chosen = fitted(recipe, model);
          recipes.getState().load(chosen);
          return chosen;
        }),
      );
    },
    async openResultsFile(file) {
      const id = await resultFiles.getState().open(file);
      if (id !== null) routes.getState().go({ screen: 'compare', id });
      return id !== null;
    },
    resumeRun(id) {
      const stored = storedRuns.getState().runs.find((one) => one.id === id);
      if (stored) show(run.getState().resume(stored));
    },
  };

  /** The import's failure belongs to the run that asked for it. */
  function failImport(): never {
    const { failure, dismiss } = models.getState();
    dismiss();
    throw new StudioError(
      failure?.code ?? 'QS-APP-01',
      failure?.sentence ?? 'bug: another import was under way.',
      failure?.facts,
    );
  }
}
