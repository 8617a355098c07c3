/**
 * What a step of a row shows of itself: plain data, which the menu, the chips, a recipe's validation, the command line and the plan read.
 * A row is a pipeline of such steps in the order of their slots; the driver knows the slots and no step.
 */
import type { Fidelity, MethodId } from '../method/face';
import type { Options, Parameters } from '../method/parameters';
import type { Ledger } from '../quantizer/ledger';
import type { PairKind } from '../model/view/pairs';
import type { NetworkFacts } from './network-facts';

/** In the order in which a row goes through them. */
export const SLOTS = [
  'transform',
  'allocate',
  'activations',
  'attention',
  'weigh',
  'split',
  'weights',
  'correct',
] as const;
export type Slot = (typeof SLOTS)[number];

/** Slots of which a row may have several steps. */
export const MANY: ReadonlySet<Slot> = new Set(['transform', 'correct']);

/**
 * What must have passed before a step can act. nothing: the network is there; stage: the row's stream stands before the stage; block: the
 * full-precision stream has been through the block; network: it has been through all of them.
 */
export type Scope = 'nothing' | 'stage' | 'block' | 'network';

export type TransformId =
  | 'rotate'
  | 'learned_rotation'
  | 'rotate_inputs'
  | 'affine'
  | 'smooth'
  | 'smooth_keys'
  | 'scale_search'
  | 'equalize'
  | 'shift_channels'
  | 'reparameterize';
export type AllocateId = 'allocate';
export type ActivationsId = 'activations' | 'activations_by_step' | 'cross_quant' | 'noisy_quant';
export type WeighId = 'attention_weights';
export type AttentionId = 'cache' | 'zipcache' | 'vidkv' | 'sage' | 'probabilities';
export type SplitId = 'svdquant' | 'outlier_columns' | 'clip_search';
export type CorrectId = 'bias_correction' | 'eora' | 'norm_tweak';
export type StepId = MethodId | TransformId | AllocateId | ActivationsId | WeighId | AttentionId | SplitId | CorrectId;

/**
 * plain: whatever loads the source loads what comes out; own: only the studio's file says it, for it acts while the network runs; a weights
 * step's formats say it themselves.
 */
export type Exports = 'plain' | 'own';

export interface Citation {
  readonly text: string;
  readonly url: string | null;
  readonly bibtex: string;
}

/** What layers may get in the place of the row's own bits, and how much all of them together. */
export interface Allots {
  /** Rising widths of a code. */
  readonly bits: readonly number[];
  /** Whether a layer may also stay as it is. */
  readonly keep: boolean;
  /** All layers together take at most what they would with so many bits each; between two whole numbers: a share of either. */
  readonly budget: number;
}

/** What finding something out on one block takes, for the plan. */
export interface Fitting {
  /** How often the calibration windows pass forwards through the block. */
  readonly passes: number;
  /** Whether second moments of the inputs of all stages are collected. */
  readonly moments?: boolean;
  /** How often each weight is rounded, and what is lost by it weighed by a second moment. */
  readonly trials?: number;
  /** How often the windows pass there and back, so many at once, where something is learned. */
  readonly learns?: { readonly epochs: number; readonly batch: number };
}

/** How allocation asks what layers lose (step.ts, Probe), on at most so many calibration windows. */
export interface Probing {
  readonly by: 'weights' | 'inputs' | 'swapped' | 'gradients';
  readonly windows: number;
  /** Of swapped: whether all other layers have a form of their own meanwhile, which is held beside their weights. */
  readonly others?: boolean;
}

/** What learning on the whole network takes: steps, of so many windows at most. */
export interface Lessons {
  readonly steps: number;
  readonly batch: number;
}

export interface StepFace {
  readonly id: StepId;
  readonly slot: Slot;
  /** As papers write it. */
  readonly title: string;
  /** The idea in one sentence. */
  readonly idea: string;
  /** In plain text with the symbols of ARCHITECTURE.md; empty where there is nothing to write. */
  readonly formula: string;
  readonly citation: Citation;
  /** How far the implementation is from the published one, in one sentence. */
  readonly fidelity: { readonly label: Fidelity; readonly why: string };
  readonly parameters: Parameters;
  scope(options: Options): Scope;
  /** 'GPTQ', '3-bit', 'g64': what a chip and a label say of it. */
  words(options: Options): string[];
  /** Why the network cannot have it, in one sentence; null where it can. */
  refuses?(facts: NetworkFacts, options: Options): string | null;
  /** 'plain' where it is not said. */
  exports?(options: Options): Exports;
  /** What it stores of a layer beside the codes of its weights; nothing where it is not said. */
  storage?(options: Options, rows: number, cols: number): Ledger;
  /** Forms that stand beside the codes of a layer in a sum; nothing where it is not said. */
  readonly parts?: readonly ('factors' | 'sparse')[];
  /** Whether it adds to layers' biases; not where it is not said. */
  readonly biases?: boolean;
  /** Whether it works by the Hessian of a layer's inputs; not where it is not said. */
  needsHessian?(options: Options): boolean;
  /** Whether it is given how far a layer's inputs have drifted from the full-precision stream; not where it is not said. */
  needsDrift?(options: Options): boolean;
  /** How often it takes the calibration windows through each block, there and back counted as three; not where it is not said. */
  passes?(options: Options): number;
  /** Of the slot allocate. */
  allots?(options: Options): Allots;
  /** The same. */
  probing?(options: Options): Probing;
  /** Of the scope block: one pass where it is not said. */
  fitting?(options: Options): Fitting;
  /** Whether what it finds out depends on how the row quantizes weights: such rows share no view. */
  readonly readsWeights?: boolean;
  /** The same of how it quantizes activations. */
  readonly readsActivations?: boolean;
  /** Whether it learns through how the row quantizes (Rehearsal.lesson); not where it is not said. */
  learns?(options: Options): boolean;
  /** Pairs that what it does while the network runs stands between, so that steps behind it cannot scale them; none where it is not said. */
  betweenPairs?(options: Options): readonly PairKind[];
  /** Of a transform that learns on the whole network. */
  lessons?(options: Options): Lessons;
  /** Whether it is nothing for a row that keeps its weights. */
  readonly needsWeights?: boolean;
}
