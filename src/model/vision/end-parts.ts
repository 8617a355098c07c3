/** What a kind of diffusion network has of its own at its ends (diffusion-end.ts). */
import type { Tape, Variable } from '../../gradient/tape';
import type { Context } from '../context';

/** What a diffusion network is told about each image: its time step, and its class or the number of its caption (`classes` for none). */
export interface Conditions {
  readonly times: readonly number[];
  /** As in Geometry; missing where no sampler asks. */
  readonly calls?: readonly number[];
  readonly labels: readonly number[];
}

export interface EndParts {
  /** Of N images; labels are numbers of classes, `classes` for none. */
  context(conditions: Conditions): Context;
  /** Patches of the prediction, tokens × (patch² · channels), on a tape; nothing flows into the end or the context. */
  on(tape: Tape, hidden: Variable, context: Context): Variable;
  release(): void;
}
