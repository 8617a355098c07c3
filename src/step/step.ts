/**
 * What a step does, by slot. Its face (face.ts) says what it is. Three seams are never mixed: what preserves the function is a *view* of the
 * network (transform); what approximates activations is a *hook* (activations, attention); what approximates weights is a *stored form*
 * (split, weights, correct). Allocation gives numbers to them.
 */
import type { Gpu } from '../gpu/gpu';
import type { Options } from '../method/parameters';
import type { QuantizedLayer } from '../method/quantized-layer';
import type { InputStatistics } from '../method/statistics';
import type { Hooks } from '../model/hooks';
import type { AnyNetwork } from '../model/architecture';
import type { Block, Geometry, Linear, Stage } from '../model/model';
import type { NetworkView } from '../model/view/view';
import type { QuantizedPart } from '../quantizer/quantized';
import type { Tape, Variable } from '../gradient/tape';
import type { Tensor } from '../tensor/tensor';
import type { StepState } from './state';
import type { Weight } from '../tensor/weight';

export type { StepState } from './state';

/** The network as it is so far, and what its full-precision stream brings to one block. */
export interface Rehearsal {
  readonly gpu: Gpu;
  readonly view: NetworkView;
  readonly block: Block;
  /** Of the view, rows × cols; the caller's. */
  weight(linear: Linear): Promise<Weight>;
  /**
   * Takes the calibration windows through the block: `see` is shown the input of every stage, chunk by chunk, and may launch work on it
   * while it runs.
   */
  taps(see: (stage: number, x: Tensor, g: Geometry) => void): Promise<void>;
  /** How the row quantizes a weight, for searches by what is lost; null where the row keeps its weights. The caller's. */
  quantized: ((weight: Tensor) => Promise<Tensor>) | null;
  /** Throws where the run should stop. */
  check(): void;
}

/** Gives another view of the network, with the same function. */
export interface TransformStep {
  /** Scope nothing: all at once. */
  apply?(view: NetworkView, options: Options): Promise<NetworkView>;
  /** Scope block: what a rehearsal of the block tells. */
  fit?(rehearsal: Rehearsal, options: Options): Promise<StepState>;
  /** The view with what was found out of one block; changes no tensor of another. */
  fitted?(view: NetworkView, block: Block, options: Options, state: StepState): NetworkView;
}

/** One stage's inputs in a row's own stream. */
export interface SeenTaps {
  readonly gpu: Gpu;
  readonly block: Block;
  readonly stage: number;
  readonly linears: Stage['linears'];
  readonly cols: number;
  /** Shows the calibration windows' inputs, chunk by chunk. */
  each(see: (x: Tensor, g: Geometry) => void): void;
}

export interface TapQuantizer {
  on(tape: Tape, x: Variable, g: Geometry): Variable;
  /** Bits of a value, with what its ranges take: of a window of `length` rows. */
  bits(length: number): number;
  release(): void;
}

/** Quantizes what linear layers read. */
export interface ActivationStep {
  /** Null: this stage's input is left as it is. */
  at(seen: SeenTaps, options: Options): Promise<TapQuantizer | null>;
}

/** Quantizes what attention works on. */
export interface AttentionStep {
  hooks(gpu: Gpu, network: AnyNetwork, options: Options): Hooks;
  /** Bits of a key's and of a value's number in a window of `length` tokens; null where it does not keep them. */
  cacheBits(
    network: AnyNetwork,
    options: Options,
    length: number,
  ): { readonly key: number; readonly value: number } | null;
}

/** One layer on its way through a row's weight steps. */
export interface StepLayer {
  readonly linear: Linear;
  /** Of the row's view. */
  readonly weight: Weight;
  /** Of the layer's inputs in the row's stream; null where the step asks for none, or memory did not reach. */
  readonly statistics: InputStatistics | null;
}

/** A layer before the row's method has come to it. */
export interface UnsolvedLayer extends StepLayer {
  /** Plain rounding on the row's grid, or the one nearest to its codebooks, as searches take it; the caller's. */
  rounded(weight: Tensor): Promise<Tensor>;
}

export interface SplitLayer {
  /** What is left to quantize, rows × cols; the caller's. */
  readonly rest: Weight;
  /** What stands beside the codes of the rest. */
  readonly parts: readonly QuantizedPart[];
  /** The parts anew, as they fit what the rest has become: `q`, decoded. While the layer is there; `rest` need not be. */
  refit?(q: Weight): Promise<readonly QuantizedPart[]>;
}

/** Keeps a part of a weight apart from what is quantized. */
export interface SplitStep {
  split(layer: UnsolvedLayer, options: Options): Promise<SplitLayer>;
}

/** Means of a layer's calibration inputs over tokens. */
export interface InputMeans {
  /** In the view's full-precision stream. */
  readonly full: Float32Array;
  /** In the row's own, as its codes see them. */
  readonly own: Float32Array;
  /** The same as low-rank factors see them: before the row quantizes inputs, where it does. */
  readonly beside: Float32Array;
}

export interface SolvedLayer extends StepLayer {
  /** Decoded, with all its parts so far. */
  readonly q: Weight;
  readonly quantized: QuantizedLayer;
  means(): Promise<InputMeans>;
}

export interface Correction {
  /** Added to the stored layer. */
  readonly parts?: readonly QuantizedPart[];
  /** What is added to the layer's bias, one for each output. */
  readonly bias?: Float32Array<ArrayBuffer>;
}

/** Mends a layer that has been quantized. */
export interface CorrectStep {
  correct(layer: SolvedLayer, options: Options): Promise<Correction>;
}
