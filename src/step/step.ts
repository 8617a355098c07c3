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
import type { At, Hooks } from '../model/hooks';
import type { AnyNetwork } from '../model/architecture';
import type { Block, Geometry, Linear, Stage } from '../model/model';
import type { Bindings } from '../model/staged-block';
import type { NetworkView } from '../model/view/view';
import type { Candidate } from '../numerics/knapsack';
import type { QuantizedPart } from '../quantizer/quantized';
import type { Parameter, Tape, Variable } from '../gradient/tape';
import type { Square } from '../tensor/panels';
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
  /** A linear's weight as the view has it, rows × cols; the lesson's. */
  weight(linear: Linear): Tensor;
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
  /** The same with what stands at the places within attention. */
  within(see: (at: At, x: Tensor, g: Geometry) => void): Promise<void>;
  /** How the row quantizes a weight, for searches by what is lost; null where the row keeps its weights. The caller's. */
  quantized: ((weight: Tensor) => Promise<Tensor>) | null;
  /** How it quantizes a stage's inputs, windows of `length` tokens, seen on their own; null where it keeps them. The caller's. */
  rounded: ((x: Tensor, length: number) => Tensor) | null;
  /** The caller's. Throws QS-GPU-03 where a weight is too large to learn through. */
  lesson(): Promise<Lesson>;
  /** Throws where the run should stop. */
  check(): void;
}

/** A whole network to learn on, block after block, so that no tape is longer than a block. */
export interface NetworkLesson {
  readonly gpu: Gpu;
  /** Minibatches, in the order of the calibration windows; their windows by number. */
  readonly batches: readonly number[];
  /** In one piece, rows × cols; the lesson's. */
  weight(linear: Linear): Tensor;
  /** As the row stores it, by plain rounding, straight through; the variable itself where the row keeps it. */
  storedWeight(tape: Tape, linear: Linear, weight: Variable): Variable;
  /** Whether the row quantizes inputs of stages here, which the lesson then does too, straight through. */
  readonly roundsInputs: boolean;
  /** Whether it quantizes any weight. */
  readonly roundsWeights: boolean;
  /** Whether its method makes up for rounding by Hessians of inputs, so that plain rounding is not what it leaves. */
  readonly solves: boolean;
  /**
   * The loss on a minibatch with what the bindings say of each block; their hooks act behind the view's online operations and before the row
   * rounds. `back`: gradients gather in the parameters that the bindings are made of.
   */
  loss(batch: number, bindings: (tape: Tape, block: Block) => Bindings<Variable>, back: boolean): Promise<number>;
  release(): void;
}

/** The view so far, and what its whole network can teach. */
export interface Course {
  readonly gpu: Gpu;
  readonly view: NetworkView;
  /**
   * A network of the same function as the view's, by minibatches of at most so many windows, fewer where GPU memory does not reach. The
   * caller's. Throws QS-GPU-03 where its weights are too large to be held, QS-GPU-05 where a window is.
   */
  lesson(view: NetworkView, windows: number, loss: 'kl' | 'task'): Promise<NetworkLesson>;
  /** Where learning was broken off; null: nowhere. */
  readonly from: StepState | null;
}

/** How far a transform is that learns. */
export interface Learning {
  /** Few words. */
  readonly words: string;
  /** From which it goes on to the same bits. */
  state(): Promise<StepState>;
}

/** Gives another view of the network, with the same function. */
export interface TransformStep {
  /** Scope nothing: all at once. */
  apply?(view: NetworkView, options: Options): Promise<NetworkView>;
  /** Scope block: what a rehearsal of the block tells. */
  fit?(rehearsal: Rehearsal, options: Options): Promise<StepState>;
  /** The view with what was found out of one block; changes no tensor of another. */
  fitted?(view: NetworkView, block: Block, options: Options, state: StepState): NetworkView;
  /** Scope network: what it learns on the whole network, before the march; tells after each step how far it is. */
  learn?(course: Course, options: Options): AsyncGenerator<Learning, StepState>;
  /** The view with what was learned. */
  learned?(view: NetworkView, options: Options, state: StepState): Promise<NetworkView>;
  /** What a person should know of a fit, in few words; said while the run goes. */
  told?(state: StepState): string;
}

/** Sums over a layer: of squared errors, and of the squares that they are errors of. */
export interface ErrorSums {
  readonly error: number;
  readonly size: number;
}

/** What plain rounding to a candidate's options changes. */
export interface RoundedSums {
  /** Σ(Ŵ − W)² and ΣW². */
  readonly weight: ErrorSums;
  /** tr(ΔHΔᵀ) and tr(WHWᵀ), H = XᵀX / tokens of the full-precision stream. */
  readonly output: ErrorSums;
}

/** A layer's predicted losses, by candidate. */
export interface LayerLosses {
  readonly linear: Linear;
  readonly losses: readonly number[];
}

/** What a candidate does to second order. */
export interface GradientEffect {
  /** Divergence from gradients at the layer's outputs, those of different outputs and tokens taken as independent. */
  readonly outputs: number;
  /** ΣΔ². */
  readonly weights: number;
}

/** The network as allocation asks of it. Candidates are in the order of Allots: bits rising, then the layer as it is. */
export interface Probe {
  /** Layers whose errors are not known yet, in their order. */
  readonly layers: readonly Linear[];
  /** Of the weights alone: without running the network. */
  weights(): AsyncGenerator<{ readonly linear: Linear; readonly sums: readonly Pick<RoundedSums, 'weight'>[] }>;
  /** In one pass of the calibration windows through the row's view. */
  inputs(): AsyncGenerator<{ readonly linear: Linear; readonly sums: readonly RoundedSums[] }>;
  /**
   * How far the network's outputs are from full precision's where one layer is rounded and all others are not, on at most so many
   * calibration windows: mean KL of a language model's tokens or a classifier's images, in nats; mean square of what a diffusion network
   * predicts. Around 'least' all others have their first candidate, and outputs are compared with full precision's all the same.
   */
  swapped(
    windows: number,
    around?: 'full' | 'least',
  ): AsyncGenerator<{ readonly linear: Linear; readonly divergence: readonly number[] }>;
  /** The same to second order, in one backward pass of the windows, the last block first. */
  gradients(windows: number): AsyncGenerator<{
    readonly linear: Linear;
    /** Of the Fisher information of the layer's weights, times what it is worth to the divergence. */
    readonly trace: number;
    readonly effects: readonly GradientEffect[];
  }>;
}

/** A layer with its table. */
export interface AllottedLayer {
  readonly linear: Linear;
  /** Equal for layers that read the same inputs. */
  readonly stage: string;
  readonly candidates: readonly Candidate[];
}

export interface Allocation {
  /** A candidate's place for each layer. */
  readonly picks: readonly number[];
  /** Bits and predicted loss of all these layers together: every choice that none beats, by rising bits. */
  readonly front: readonly (readonly [bits: number, error: number])[];
  /** False where sizes had to be rounded up to find the choice: a better one may fit by less than a 65 536th of the budget. */
  readonly exact: boolean;
}

/** Gives each layer of a row its own options, before the march. */
export interface AllocateStep {
  /** Each layer of the probe once, in any order. */
  losses(probe: Probe, options: Options): AsyncGenerator<LayerLosses>;
  /** The best choice within a budget of bits, which the least of every layer together do not exceed. */
  choose(layers: readonly AllottedLayer[], budget: number, options: Options): Allocation;
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
  /** What was found out on the taps, to be stored; null where nothing was. */
  readonly state: StepState | null;
  release(): void;
}

/** Quantizes what linear layers read. */
export interface ActivationStep {
  /** Null: this stage's input is left as it is. `known`: the state of such a quantizer that was stored; it is not found out again. */
  at(seen: SeenTaps, options: Options, known: StepState | null): Promise<TapQuantizer | null>;
  /** Some inputs as they would be quantized were they all there is: static ranges are their own. For searches before a stage has come. */
  readonly alone?: (x: Tensor, length: number, options: Options) => Tensor;
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

/** Says how much tokens count in a block's Hessians. */
export interface WeighStep {
  /** One for each token of a window, of mean 1; `received`: the attention that it receives of all queries and heads of the block. */
  weights(received: Float64Array, options: Options): Float64Array;
}

/** What low-rank factors beside the codes read: inputs before the row quantizes them, where it does. */
export interface BranchStatistics {
  readonly inputs: InputStatistics;
  /** (2/n)·(X − X̂)ᵀX, X̂ as the codes read it; null where the row quantizes none of the layer's inputs. */
  readonly rounding: Square | null;
}

/** One layer on its way through a row's weight steps. */
export interface StepLayer {
  readonly linear: Linear;
  /** Of the row's view. */
  readonly weight: Weight;
  /** Of the layer's inputs in the row's stream, as its codes read them; null where the step asks for none, or memory did not reach. */
  readonly statistics: InputStatistics | null;
  /** The same as factors beside the codes read them; null like `statistics`. */
  readonly branch: BranchStatistics | null;
}

/** A layer before the row's method has come to it. */
export interface UnsolvedLayer extends StepLayer {
  /** Plain rounding on the row's grid, or the one nearest to its codebooks, as searches take it; the caller's. */
  rounded(weight: Tensor): Promise<Tensor>;
  /** Options of that grid. */
  readonly grid: Options;
}

export interface SplitLayer {
  /** What is left to quantize, rows × cols; the caller's. */
  readonly rest: Weight;
  /** What stands beside the codes of the rest. */
  readonly parts: readonly QuantizedPart[];
  /** The parts anew, as they fit what the rest has become: `q`, decoded. While the layer is there; `rest` need not be. */
  refit?(q: Weight): Promise<readonly QuantizedPart[]>;
}

/** Keeps a part of a weight apart from what is quantized, or lets it go. */
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

/** A block as a row has it, all of whose layers are there; it runs on what the row's own stream brings to it. */
export interface SolvedBlock {
  readonly gpu: Gpu;
  readonly block: Block;
  /** Blocks of the network. */
  readonly count: number;
  /** Gains and biases of its norms, by tensor: what they hold is what the block runs with. */
  readonly norms: ReadonlyMap<string, Parameter>;
  /** Values as the source's type holds them, in which they will be exported. */
  stored(tensor: string, values: Float32Array): Float32Array<ArrayBuffer>;
  /** The calibration windows in their order, at most so many a step. */
  minibatches(windows: number): readonly Minibatch[];
  /** The block's outputs on some windows, piece by piece, and the view's full-precision ones, which are the tape's. */
  outputs(tape: Tape, minibatch: Minibatch): readonly { readonly own: Variable; readonly full: Tensor }[];
  /** Throws where the run should stop. */
  check(): void;
}

/** Mends what has been quantized. */
export interface CorrectStep {
  /** Scope stage: a layer. */
  correct?(layer: SolvedLayer, options: Options): Promise<Correction>;
  /** Scope block: its norms. `arrays`: what stands in the place of those tensors that are changed, by tensor. */
  mend?(block: SolvedBlock, options: Options): Promise<StepState>;
  /** What a person should know of it, in few words; said while the run goes. */
  told?(state: StepState): string;
}
