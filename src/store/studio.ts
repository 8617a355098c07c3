/** All stores of one studio, tied together. The engine and the browser are handed in, so that tests bring their own. */
import { StudioError } from '../base/errors';
import type { Recipe } from '../recipe/recipe';
import type { EngineApi, StoredModel } from '../worker/protocol';
import { createActs, type Acts } from './acts';
import { frameSchedule, type Schedule } from './batch';
import { createCodebooks, type CodebooksStore } from './codebooks';
import { createDevice, type DeviceStore } from './device';
import { createExports, type ExportsStore } from './exports';
import { failureOf } from './failure';
import { createIntake, kindOf, type Intake } from './intake';
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
import { createShared, hasFigures, type SharedStore } from './shared';
import type { Needed } from './shared-needs';
import { createStoredRuns, type StoredRunsStore } from './stored-runs';
import { createToasts, type ToastsStore } from './toasts';
import { ALONE, type Tabs } from './tabs';
import { createTrainings, type TrainingsStore } from './training';
import type { StoreApi } from 'zustand/vanilla';

export interface Studio {
  readonly settings: SettingsStore;
  readonly routes: RouteStore;
  readonly device: DeviceStore;
  readonly models: ModelsStore;
  readonly recipes: RecipeStore;
  readonly plan: StoreApi<PlanState>;
  /** Stops the plan that is being worked out, or asks for it again. */
  leavePlan(): void;
  planAgain(): void;
  readonly run: RunStore;
  readonly storedRuns: StoredRunsStore;
  readonly exports: ExportsStore;
  readonly codebooks: CodebooksStore;
  readonly trainings: TrainingsStore;
  readonly resultFiles: ResultFilesStore;
  /** The link with figures that is open. */
  readonly shared: SharedStore;
  readonly toasts: ToastsStore;
  /** What can be undone. */
  readonly acts: Acts;
  /** Takes in what is dropped, whatever it is. */
  readonly take: Intake;
  /** While a screen has a way of its own with weights that are dropped on it; null ends that. */
  takeHere(intake: Intake | null): void;
  /** A store that one screen alone needs, which comes with that screen: made once, of the engine. */
  part<Store>(make: (engine: EngineApi) => Store): Store;
  /** Reads what is stored and opens the GPU. Once, after the first paint. */
  wake(): Promise<void>;
  /** Runs the recipe at hand on the open model, and shows it. */
  runRecipe(): void;
  /** Brings a sample in and runs a recipe on it, and shows it. */
  runSample(id: string, recipe: Recipe): void;
  /** Runs the recipe of the link that is open on its model, which is here or a sample; the screen stays. */
  runShared(on: Pick<Needed, 'model' | 'sample'>): void;
  resumeRun(id: string): void;
  /** Opens a results file and shows it; false, with the failure in `resultFiles`, where it is none. */
  openResultsFile(file: File): Promise<boolean>;
}

export interface StudioHost {
  readonly engine: EngineApi;
  readonly routeHost: RouteHost;
  readonly storage: KeyValueStorage | null;
  /** Storage that goes with the tab. */
  readonly session?: KeyValueStorage | null;
  readonly schedule?: Schedule;
  readonly now?: () => number;
  readonly planDelay?: number;
  /** Other tabs of the studio; without it there are none. */
  readonly tabs?: Tabs;
}

export function createStudio(host: StudioHost): Studio {
  const { engine, now = Date.now, schedule = frameSchedule, planDelay = PLAN_DELAY_MS, tabs = ALONE } = host;
  const persistence = persistIn(host.storage);
  const settings = createSettings(persistence);
  const routes = createRoutes(host.routeHost);
  const device = createDevice(engine, persistIn(host.session ?? null));
  const toasts = createToasts();
  const models = createModels(engine, persistence, () => toasts.getState().settle());
  const recipes = createRecipes(persistence);
  const planner = createPlanner(engine, planDelay);
  const storedRuns = createStoredRuns(engine, persistence, tabs);
  const exports = createExports(engine);
  const resultFiles = createResultFiles(engine, now);
  const acts = createActs({
    recipes,
    models,
    storedRuns,
    toasts,
    onDiscarded: () => void device.getState().refreshStorage(),
  });
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
    const same = model?.key === followed?.key && model?.name === followed?.name;
    if (same && filesOf(model) === filesOf(followed)) return;
    const other = model?.key !== followed?.key;
    followed = model;
    recipes.getState().setModel(model);
    if (model === null || !other) return;
    // A model that cannot be looked at has failures of its own, which are told where they matter.
    const looked = engine.inspect(model.key).then(({ facts, linears }) => {
      const names = linears.map(({ name }) => name);
      recipes.getState().setFacts(model.key, facts, names);
    });
    looked.catch(() => undefined);
  });

  // The plan follows the recipe. While a run has the GPU, measuring beside it would disturb both.
  const wantPlan = () => {
    const { recipe, faults, model } = recipes.getState();
    const active = isActive(run.getState().run?.phase ?? 'finished');
    const possible = model !== null && Object.keys(faults).length === 0 && !active;
    planner.want(possible ? { modelKey: model.key, recipe } : null, model?.key);
  };
  recipes.subscribe((state, before) => {
    if (state.recipe !== before.recipe || state.model !== before.model) wantPlan();
  });
  run.subscribe((state, before) => {
    const [is, was] = [state, before].map(({ run }) => run !== null && isActive(run.phase));
    if (is !== was) wantPlan();
  });

  // Other tabs hear of what this one has stored, and this one of theirs; what was only heard is not told on.
  let hearing = false;
  const tell = () => {
    if (!hearing) tabs.tell();
  };
  tabs.onTold(() => {
    hearing = true;
    void Promise.all([models.getState().refresh(), storedRuns.getState().refresh()]).finally(() => (hearing = false));
  });
  run.subscribe(({ run: is }, { run: was }) => {
    if (is && (is.phase !== was?.phase || is.id !== was.id)) tell();
  });
  models.subscribe((state, before) => {
    if (before.loaded && state.models !== before.models) tell();
  });

  // What is in a link is shown, never run: figures at its own address, a recipe alone on the bench. Few visits begin with one, so what
  // reads it comes when it is wanted.
  const shared = createShared(engine);
  let opening: string | null = null;
  const openLink = () => {
    const { route } = routes.getState();
    if (route.screen !== 'link') return;
    const { payload } = route;
    if (payload === opening || payload === shared.getState().payload) return;
    opening = payload;
    // What was asked for arrives, even where something else has led to another screen meanwhile: a model that has come in does.
    const toBench = (change: () => void) => {
      change();
      const { route: now, replace } = routes.getState();
      if (now.screen === 'link' && now.payload === payload) replace({ screen: 'recipe' });
    };
    void import('./link')
      .then(({ decodeLink }) => {
        const content = decodeLink(payload);
        const { recipe, sample, note, fault } = content;
        if (hasFigures(content)) shared.setState({ payload, content, held: null });
        else if (recipe) toBench(() => recipes.getState().loadLink(recipe, sample, { note, fault }));
      })
      .catch((error: unknown) => toBench(() => recipes.getState().refuseLink(failureOf(error))))
      .finally(() => (opening = opening === payload ? null : opening));
  };
  openLink();
  routes.subscribe(openLink);

  const show = (id: string | null) => {
    if (id !== null) routes.getState().go({ screen: 'run', id });
  };

  const take = createIntake({ models, recipes, resultFiles, routes, toasts });
  let takeHere: Intake | null = null;
  const parts = new Map<unknown, unknown>();

  return {
    settings,
    routes,
    device,
    models,
    recipes,
    plan: planner.store,
    leavePlan: () => planner.leave(),
    planAgain: () => planner.again(),
    run,
    storedRuns,
    exports,
    codebooks: createCodebooks(engine),
    trainings: createTrainings(engine),
    resultFiles,
    shared,
    toasts,
    acts,
    take: (files) => {
      // Texts and results are the same everywhere.
      const weights = files.length > 0 && ['model', 'numpy'].includes(kindOf(files));
      return (weights && takeHere ? takeHere : take)(files);
    },
    takeHere(intake) {
      takeHere = intake;
    },
    part<Store>(make: (engine: EngineApi) => Store) {
      if (!parts.has(make)) parts.set(make, make(engine));
      return parts.get(make) as Store;
    },
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
          acts.takeRecipe(chosen, 'sample');
          return chosen;
        }),
      );
    },
    runShared({ model, sample }) {
      const recipe = shared.getState().content?.recipe;
      if (!recipe) return;
      if (model) models.getState().open(model.key);
      const take = (on: StoredModel) => {
        const chosen = fitted(recipe, on);
        acts.takeRecipe(chosen, 'link');
        return chosen;
      };
      if (sample) {
        const there = models
          .getState()
          .importSample(sample.id)
          .then((one) => one ?? failImport());
        run.getState().startWhenThere(sample.id, there, take);
      } else if (model) {
        run.getState().start(model, take(model));
      }
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
