/** What the driver works on, and what its host gives it. */
import type { Checkpoint } from '../checkpoint/checkpoint';
import type { Gpu } from '../gpu/gpu';
import type { Linear, Model } from '../model/architecture';
import type { TokenSets } from './calibration';
import type { RunControl } from './control';
import type { Plan } from './events';
import type { Fingerprint } from './fingerprint';
import type { Recipe } from './recipe';
import type { RunRow } from './rows';
import type { RunStore } from './run-store';

export interface PreparedRun {
  readonly checkpoint: Checkpoint;
  readonly recipe: Recipe;
  readonly rows: readonly RunRow[];
  readonly plan: Plan;
  readonly fingerprint: Fingerprint;
  /** All linear layers in calibration order; index = PlannedLayer.index. */
  readonly linears: readonly Linear[];
  /** The model and its tokens; null where the architecture is unknown and only weights can be looked at. */
  readonly activations: { readonly model: Model; readonly tokens: TokenSets } | null;
}

/** A run with activations. */
export type ActivationRun = PreparedRun & { readonly activations: NonNullable<PreparedRun['activations']> };

export interface RunHost {
  readonly gpu: Gpu;
  readonly store: RunStore;
  readonly control: RunControl;
  /** GPU bytes that activations may hold before they rest in host memory. */
  readonly activationBytes?: number;
}
