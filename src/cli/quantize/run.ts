/** The run itself: prepared, driven to its end beside a progress bar, stopped at a safe point when a person wants to. */
import {
  measureRates,
  openCheckpoint,
  prepareRun,
  RunControl,
  runRecipe,
  type Gpu,
  type PreparedRun,
  type RunResult,
  type RunStore,
} from '../../engine';
import type { Arguments, Call } from '../command';
import { ExitError } from '../exit-codes';
import { sourcesOf } from '../folder-source';
import { RunProgress } from '../terminal/progress';
import type { Chosen } from './recipe-from-flags';

export async function prepare(gpu: Gpu, { checkpoint, recipe }: Chosen, flags: Arguments): Promise<PreparedRun> {
  const features = flags.text('features');
  return prepareRun(checkpoint, recipe, {
    gpu,
    rate: await measureRates(gpu),
    network: async (name) => openCheckpoint(await sourcesOf(name)),
    features: async () => (features === null ? null : openCheckpoint(await sourcesOf(features))),
  });
}

/** Throws an ExitError where the run was stopped; `where`: what goes on from what is kept, for its sentence. */
export async function drive(
  prepared: PreparedRun,
  { gpu, store }: { readonly gpu: Gpu; readonly store: RunStore },
  { screen, interruption }: Pick<Call, 'screen' | 'interruption'>,
  where: string,
): Promise<RunResult> {
  const control = new RunControl();
  const progress = new RunProgress(prepared, screen);
  const events = runRecipe(prepared, { gpu, store, control });
  const stop = () => {
    screen.say('Stopping at the next safe point; once more stops at once.');
    control.cancel();
  };
  const ended = interruption.during(stop, async () => {
    for (;;) {
      const step = await events.next();
      if (step.done) return step.value;
      progress.note(step.value);
    }
  });
  const result = await ended.finally(() => progress.close());
  if (!control.cancelled) return result;
  throw new ExitError(
    interruption.asked ?? 'interrupted',
    `Stopped with ${progress.finishedLayers} of ${prepared.plan.layers.length} layers finished, which are kept in ${where}: the same command goes on from there.`,
  );
}
