/**
 * Methods that train: what they are given, what they tell while they work, and what is kept of them between two steps.
 *
 * A problem is one or more linear layers whose weights W are to be replaced by quantized ones Ŵ, and a loss of Ŵ that can be
 * differentiated: the distance of a block's outputs, or the layer proxy tr((W − Ŵ) H (W − Ŵ)ᵀ). A method knows nothing of models.
 * W and Ŵ are rows (outputs) × cols (inputs).
 */
import type { Gpu } from '../gpu/gpu';
import type { Parameter, Tape, Variable } from '../gradient/tape';
import type { Tensor } from '../tensor/tensor';
import type { QuantizedLayer, UniversalCodebook } from './quantized-layer';
import type { Options } from './parameters';
import type { InputStatistics } from './statistics';

export interface TrainingProblem {
  readonly gpu: Gpu;
  readonly layers: readonly TrainedLayer[];
  /** Minibatches there are; step s takes batch s mod batches. */
  readonly batches: number;
  /** What `loss` measures, for charts: 'block output', 'Hessian-weighted error'. */
  readonly lossName: string;
  /** For methods with a codebook that many layers share; absent or null: there is none. */
  readonly universalCodebook?: UniversalCodebook | null;
  /** Of the whole of a diffusion network; absent or null: there is none. */
  readonly trajectories?: Trajectories | null;
  /** What hard weights are judged by; absent: their loss on the first minibatches. */
  judge?(weights: readonly Tensor[]): Promise<number>;
  /** What that measures. */
  readonly judgeName?: string;
  /** The loss of effective weights (one a layer, in order) on a minibatch, 1 × 1. */
  loss(tape: Tape, batch: number, weights: readonly Variable[]): Variable;
}

/**
 * A diffusion network's trajectories from noise to pictures, for methods that train along them. A problem that has them has no minibatches before
 * `collect` was asked.
 */
export interface Trajectories {
  /** The row's quantizers of inputs by the call of the sampler, one a stage: their ranges, 2 · calls × 1, which losses and samples go by. */
  readonly ranges: readonly Parameter[];
  /** Puts full precision's ranges on its own trajectories into them. */
  begin(): Promise<void>;
  /** Other minibatches in the place of those there are; equal for equal `round`. */
  collect(wanted: StatesWanted): Promise<void>;
  /** How far what such weights sample strays from full precision on trajectories that are not trained on: the mean square over all calls. */
  stray(weights: readonly Tensor[]): Promise<number>;
}

export interface StatesWanted {
  /** Whose noisy images are taken: those of a network of such hard weights, or, null, of full precision. */
  readonly weights: readonly Tensor[] | null;
  /** From 0: each has noise of its own. */
  readonly round: number;
  /** mixed: images of all calls in each minibatch; in turn: of one call, from noise to picture. */
  readonly order: 'mixed' | 'in turn';
}

export interface TrainedLayer {
  readonly name: string;
  /** Full precision; not changed. */
  readonly weight: Tensor;
  /** Of its inputs, where they have been collected. */
  readonly statistics: InputStatistics | null;
}

/** What a method says after a step, or a few. Plain data. */
export interface TrainingProgress {
  readonly step: number;
  readonly steps: number;
  /** Of the last step that was read, and what it measures. */
  readonly loss: number;
  readonly lossName: string;
  /** Share of assignments or signs that are settled: frozen, confirmed. */
  readonly settled: number;
  /** What `settled` counts: 'frozen', 'confirmed', 'frozen signs'. */
  readonly settledName: string;
  /** Σ −p log₂ p over codeword usage, divided by log₂ K: 1 where all are used alike; mean over layers. Null without codewords. */
  readonly usageEntropy: number | null;
  /** How sure the assignments are: counts of the largest ratio in ten bins of 0 … 1 (mixtures), else null. */
  readonly ratios: readonly number[] | null;
  /** A step that was taken back, in a sentence; else null. */
  readonly note: string | null;
  /** Where some codewords are now, every second or so; absent or null: not told this time, or never. */
  readonly snapshot?: TrainingSnapshot | null;
  /** Said once, before the first step. */
  readonly memory?: TrainingMemory;
}

/** What a training step takes on the GPU, tried out before the first one. Plain data. */
export interface TrainingMemory {
  /** Windows a step. */
  readonly windows: number;
  /** Bytes that a step's tape holds at most: intermediates and their gradients. */
  readonly tapeBytes: number;
}

/** The codewords of one layer's first codebook as they stand, for a picture of how they move. Plain data. */
export interface TrainingSnapshot {
  /** TrainedLayer.name. */
  readonly layer: string;
  /** First and second value of each codeword, x₀ y₀ x₁ y₁ …, of the first thousand at most; the second is 0 where d is 1. */
  readonly codewords: Float32Array<ArrayBuffer>;
}

/** All that training depends on after a step, so that it goes on to the same bits: by name, plain arrays. */
export interface TrainingState {
  readonly step: number;
  readonly arrays: Readonly<Record<string, Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>>;
  readonly numbers: Readonly<Record<string, number>>;
  /** What was to be said of a layer before its training; missing in states of before it was kept. */
  readonly notes?: Readonly<Record<string, string>>;
}

export interface TrainingHost {
  /** Where an interrupted training stood; null for a new one. */
  readonly from: TrainingState | null;
  /** Keeps a state; the newest wins. */
  keep(state: TrainingState): Promise<void>;
  /** Milliseconds between two states kept. */
  readonly keepEvery: number;
  /** Whether a state is wanted at once, because work is about to stop; absent: never. */
  readonly keepNow?: () => boolean;
}

/** Yields its progress, and pauses wherever its reader does. Everything on the GPU is released when it is closed early. */
export type Trainer = (
  problem: TrainingProblem,
  options: Options,
  host: TrainingHost,
) => AsyncGenerator<TrainingProgress, QuantizedLayer[]>;
