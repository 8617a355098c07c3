/**
 * What a step does, by slot. Its face (face.ts) says what it is. Three seams are never mixed: what preserves the function is a *view* of the
 * network (transform); what approximates activations is a *hook* (activations, attention); what approximates weights is a *stored form*
 * (split, weights, correct). Allocation and
 * weighing give numbers to them.
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
  /** How it quantizes a stage's inputs, windows of `length` tokens, seen on their own; null where it keeps them. The caller's. */
  rounded: ((x: Tensor, length: number) => Tensor) | null;
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
  /** Of the row's view, rows × cols; the caller's. */
  weight(linear: Linear): Promise<Weight>;
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
  /** Some inputs as they would be quantized were they all there is: static ranges are their own. For searches before a stage has come. */
  readonly alone?: (x: Tensor, length: number, options: Options) => Tensor;
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

/** Says how much tokens count in a block's Hessians. */
export interface WeighStep {
  /** One for each token of a window, of mean 1; `received`: the attention that it receives of all queries and heads of the block. */
  weights(received: Float64Array, options: Options): Float64Array;
}

/** One layer on its way through a row's weight steps. */
export interface StepLayer {
  readonly linear: Linear;
  /** Of the row's view. */
  readonly weight: Weight;
  /** Of the layer's inputs in the row's stream; null where the step asks for none, or memory did not reach. */
  readonly statistics: InputStatistics | null;
}

/** Keeps a part of a weight apart from what is quantized. */
export interface SplitStep {
  /** `rest`, rows × cols, is the caller's: what is left to quantize. */
  split(
    layer: StepLayer,
    options: Options,
  ): Promise<{ readonly rest: Weight; readonly parts: readonly QuantizedPart[] }>;
}

export interface SolvedLayer extends StepLayer {
  /** Decoded, with all its parts so far. */
  readonly q: Weight;
  readonly quantized: QuantizedLayer;
  /** Mean of the layer's calibration inputs over tokens, in the view's full-precision stream and in the row's own. */
  means(): Promise<{ readonly full: Float32Array; readonly own: Float32Array }>;
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
