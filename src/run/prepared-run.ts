/** What the driver works on, and what its host gives it. */
import type { Checkpoint } from '../checkpoint/checkpoint';
import type { Gpu } from '../gpu/gpu';
import type { HeadOptions, Linear } from '../model/architecture';
import type { RunControl } from './control';
import type { Plan } from './events';
import type { Fingerprint } from './fingerprint';
import type { Recipe } from '../recipe/recipe';
import type { RunRow } from '../recipe/rows';
import type { RunStore } from './run-store';
import type { Subject } from './subject';
import type { UniversalCodebooks } from './universal';
import type { RunView } from './views';

export interface PreparedRun {
  readonly checkpoint: Checkpoint;
  readonly recipe: Recipe;
  readonly rows: readonly RunRow[];
  readonly plan: Plan;
  readonly fingerprint: Fingerprint;
  /** All linear layers in calibration order; index = PlannedLayer.index. */
  readonly linears: readonly Linear[];
  /** The checkpoint itself, then one for each distinct list of transforms; none without a network. */
  readonly views: readonly RunView[];
  /** The network and its inputs; null where the architecture is unknown and only weights can be looked at. */
  readonly subject: Subject | null;
  /** Codebooks shared with other networks, by row. */
  readonly universal: UniversalCodebooks;
  /** What a person must know of NaN and infinity in the file, one sentence each: in the plan's notes too, and told as notices. */
  readonly damage: readonly string[];
}

/** A run with activations. */
export type ActivationRun = PreparedRun & { readonly subject: Subject };

export interface RunHost {
  readonly gpu: Gpu;
  readonly store: RunStore;
  readonly control: RunControl;
  /** GPU bytes that activations may hold before they rest in host memory. */
  readonly activationBytes?: number;
  /** How much of an output head stays on the GPU; more is read in tiles of the vocabulary. */
  readonly head?: HeadOptions;
  /** Bytes of a Hessian and a layer from which a layer is tried rather than trusted to fit; 128 MiB by default. */
  readonly cautiousBytes?: number;
  /** Bytes that a Hessian may have in all, whatever the method; no limit but the GPU's by default. */
  readonly hessianBytes?: number;
  /** Milliseconds between two states of a training that are stored; half a minute by default. */
  readonly keepTrainingEvery?: number;
}
