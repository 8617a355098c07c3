/** The prologue of a run alone: allocations, without the march. */
import { MemoryRunStore, RunControl, type Gpu, type PreparedRun, type RunRow } from '../../engine';
import { Cancelled } from '../../run/control';
import type { RowAllocation } from '../../run/events';
import type { ActivationRun } from '../../run/prepared-run';
import { prologue } from '../../run/prologue';
import type { Call } from '../command';
import { ExitError } from '../exit-codes';

export interface Found {
  readonly rows: readonly RunRow[];
  readonly allocations: ReadonlyMap<number, RowAllocation>;
}

/** Throws an ExitError where it was stopped: nothing of it is kept. */
export async function allocationsOf(
  prepared: PreparedRun,
  gpu: Gpu,
  screen: Call['screen'],
  interruption: Call['interruption'],
): Promise<Found> {
  // A row that allocates is refused where there is no network.
  const run = prepared as ActivationRun;
  const control = new RunControl();
  const steps = prologue(run, { gpu, control, store: new MemoryRunStore() });
  let done = -1;
  const stop = () => control.cancel();
  try {
    return await interruption.during(stop, async () => {
      for (;;) {
        const step = await steps.next();
        if (step.done) return { rows: step.value.run.rows, allocations: step.value.allocations };
        const event = step.value;
        if (event.type !== 'stage') continue;
        if (event.stage === 'allocate') done++;
        const line = `layer ${Math.max(0, done)} of ${run.linears.length} · ${event.detail}`;
        screen.show(() => [line], performance.now());
      }
    });
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    throw new ExitError(interruption.asked ?? 'interrupted', 'Stopped: nothing of an allocation is kept.');
  } finally {
    screen.clear();
  }
}
