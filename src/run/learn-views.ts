/**
 * Transforms that learn on the whole network, before the march: each once a view, in the order of the view's steps. What one has found out is
 * stored, and never learned again; how far it is, is stored every half minute and where the run is to stop.
 */
import { STEP_FACES } from '../step/faces';
import type { StepState } from '../step/step';
import type { NetworkView } from '../model/view/view';
import { requireFinite } from './fit-view';
import type { RunEvent } from './events';
import { networkLesson } from './network-lesson';
import { pausePoint } from './pause';
import type { ActivationRun, RunHost } from './prepared-run';
import type { RunView } from './views';

/** Between two states kept. */
const KEEP_EVERY_MS = 30_000;

/** The run with its views as far as the whole network tells. */
export async function* learnedViews(run: ActivationRun, host: RunHost): AsyncGenerator<RunEvent, ActivationRun> {
  if (run.views.every(({ learned }) => learned.length === 0)) return run;
  const views: RunView[] = [];
  for (const view of run.views) views.push(yield* learnView(run, host, { ...view }));
  return { ...run, views };
}

async function* learnView(run: ActivationRun, host: RunHost, view: RunView): AsyncGenerator<RunEvent, RunView> {
  for (const [i, { step, work }] of view.learned.entries()) {
    if (work.apply) view.current = await work.apply(view.current, step.options);
    if (!work.learn || !work.learned) continue;
    const key = stateKey(view, i);
    let state = await host.store.loadState(key);
    if (!state) {
      const { title } = STEP_FACES[step.step];
      const tell = (words: string): RunEvent => {
        const detail = [`${title} · ${view.label}`, words].filter(Boolean).join(': ');
        return { type: 'stage', stage: 'fit', block: 0, detail };
      };
      yield tell('');
      state = yield* learnState(run, host, view, { step, work }, key, tell);
      requireFinite(state, title, view.label);
      await host.store.saveState(key, state);
      // There is nothing left to go on with.
      await host.store.saveState(progressKey(key), { arrays: {}, numbers: {} });
      const told = work.told?.(state);
      if (told !== undefined) yield tell(told);
    }
    view.current = await work.learned(view.current, step.options, state);
  }
  return { ...view, learned: [] };
}

async function* learnState(
  run: ActivationRun,
  host: RunHost,
  view: RunView,
  { step, work }: RunView['learned'][number],
  key: string,
  tell: (words: string) => RunEvent,
): AsyncGenerator<RunEvent, StepState> {
  if (!work.learn) throw new Error(`bug: ${step.step} does not learn`);
  const { control, store } = host;
  const from = await store.loadState(progressKey(key));
  const learning = work.learn(
    {
      gpu: host.gpu,
      view: view.current,
      lesson: (own, windows, loss) => networkLesson({ run, host, of: view, view: own, loss }, windows),
      from: from && Object.keys(from.numbers).length > 0 ? from : null,
    },
    step.options,
  );
  let kept = performance.now();
  try {
    for (;;) {
      const next = await learning.next();
      if (next.done) return next.value;
      yield tell(next.value.words);
      const due = performance.now() - kept >= (host.keepTrainingEvery ?? KEEP_EVERY_MS);
      if (due || control.pausing || control.cancelled) {
        await store.saveState(progressKey(key), await next.value.state());
        kept = performance.now();
      }
      yield* pausePoint(control);
    }
  } finally {
    // A run that stops leaves it in its middle, where it still holds what it learns.
    await learning.return({ arrays: {}, numbers: {} });
  }
}

/** The view with what is stored of its learned transforms. Throws where something is missing. */
export async function storedLearned(
  load: (key: string) => Promise<StepState | null>,
  view: RunView,
): Promise<NetworkView> {
  let { current } = view;
  for (const [i, { step, work }] of view.learned.entries()) {
    if (work.apply) current = await work.apply(current, step.options);
    if (!work.learned) continue;
    const state = await load(stateKey(view, i));
    if (!state) throw new Error(`bug: nothing is stored of ${step.step} for ${view.label}`);
    current = await work.learned(current, step.options, state);
  }
  return current;
}

function stateKey({ index }: RunView, step: number): string {
  return `view ${index}, learned ${step}`;
}

function progressKey(key: string): string {
  return `${key}, so far`;
}
