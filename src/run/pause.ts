/** Where a pause takes effect: between two layers, or two steps of a training. Throws Cancelled when the run should stop. */
import type { RunControl } from './control';
import type { RunEvent } from './events';

export async function* pausePoint(control: RunControl): AsyncGenerator<RunEvent> {
  control.check();
  if (!control.pausing) return;
  yield { type: 'paused' };
  await control.untilContinued();
  control.check();
  yield { type: 'continued' };
}
