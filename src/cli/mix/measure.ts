/** The measuring of a mix, with a line that says where it is. */
import { RunControl, type Gpu, type PreparedRun, type RunStore } from '../../engine';
import { Cancelled } from '../../run/control';
import { measuredMix, type Mix, type MixWanted } from '../../run/mix';
import type { ActivationRun } from '../../run/prepared-run';
import type { Call } from '../command';
import { ExitError, UsageError } from '../exit-codes';

/** Throws an ExitError where it was stopped: finished rows are kept, what was measured is not. */
export async function mixOf(
  run: PreparedRun,
  { gpu, store }: { readonly gpu: Gpu; readonly store: RunStore },
  wanted: MixWanted,
  { screen, interruption }: Pick<Call, 'screen' | 'interruption'>,
): Promise<Mix> {
  if (!run.subject) throw new UsageError('mix compares what a network gives, and it is not known how to run this one.');
  const control = new RunControl();
  const steps = measuredMix(run as ActivationRun, { gpu, control, store }, wanted);
  let done = 0;
  try {
    return await interruption.during(
      () => control.cancel(),
      async () => {
        for (;;) {
          const step = await steps.next();
          if (step.done) return step.value;
          const event = step.value;
          if (event.type !== 'stage' || event.stage !== 'allocate') continue;
          done++;
          screen.show(() => [`layer ${done} of ${run.linears.length} · ${event.detail}`], performance.now());
        }
      },
    );
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    throw new ExitError(
      interruption.asked ?? 'interrupted',
      'Stopped: finished rows are kept, and the same command measures anew.',
    );
  } finally {
    screen.clear();
  }
}
