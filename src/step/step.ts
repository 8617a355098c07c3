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
import type { Bindings } from '../model/staged-block';
import type { NetworkView } from '../model/view/view';
import type { QuantizedPart } from '../quantizer/quantized';
import type { Tape, Variable } from '../gradient/tape';
import type { Tensor } from '../tensor/tensor';
import type { StepState } from './state';
import type { Weight } from '../tensor/weight';

export type { StepState } from './state';

/** Some calibration windows of a step. */
export type Minibatch = readonly { readonly chunk: number; readonly first: number; readonly windows: number }[];

/** A block to learn on, on what its view's full-precision stream brings to it. */
export interface Lesson {
  readonly block: Block;
  /** The calibration windows in their order, at most so many a step. */
  minibatches(windows: number): readonly Minibatch[];
  /**
   * Mean square of what the block's outputs on some windows are off its own full-precision ones, 1 × 1. The hooks act behind the view's
   * online operations.
   */
  loss(tape: Tape, minibatch: Minibatch, bindings: Bindings<Variable>): Variable;
  /** A linear's weight as the row stores it, by plain rounding, straight through; the variable itself where the row keeps it. */
  storedWeight(tape: Tape, linear: Linear, weight: Variable): Variable;
  /** What the row quantizes inputs of stages by, straight through; null where it does not. */
  readonly taps: Hooks | null;
  /** Whether the row quantizes anything here. */
  readonly quantizes: boolean;
  release(): void;
}

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
  /** The caller's. Throws QS-GPU-03 where a weight is too large to learn through. */
  lesson(): Promise<Lesson>;
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
  /** What a person should know of a fit, in few words; said while the run goes. */
  told?(state: StepState): string;
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
  /**
   * The nearest options that look at no taps beforehand: for lessons, whose taps change while something is learned. Where it is not said the
   * options themselves, and a step that then looks all the same cannot be learned through.
   */
  unseen?(options: Options): Options;
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
