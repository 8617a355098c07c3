/**
 * What a run works on besides linear layers: where activations come from, and what is measured once they have passed all blocks. A
 * language model reads windows of text; a classifier images; a diffusion transformer noisy images along its own trajectories. To the
 * driver all are *windows* of a fixed number of rows, in a calibration set and a held-out set.
 */
import type { Random } from '../base/random';
import type { Gpu } from '../gpu/gpu';
import type { HeadOptions, Linear, Network, Task } from '../model/architecture';
import type { Tensor } from '../tensor/tensor';
import type { Context } from '../model/context';
import type { Hooks } from '../model/hooks';
import type { ResidentOptions } from '../model/resident-blocks';
import type { NetworkView } from '../model/view/view';
import type { Continuations, LayerResult, RowSummary, RunResult, ViewSummary } from './events';
import type { OutputLoss } from './output-loss';
import type { OutputOnTape } from './output-on-tape';
import type { Streams } from './streams';
import type { RunRow } from '../recipe/rows';
import type { Chunk } from './chunks';
import type { WindowSet } from './chunks';
import type { TrajectorySampler } from './trajectory-sampler';

/** Hidden states before the first block, and what steers the blocks where something does. */
export interface Embedded {
  readonly hidden: Tensor;
  readonly context: Context | null;
}

export interface Subject {
  readonly task: Task;
  readonly network: Network;
  readonly calibration: WindowSet;
  readonly heldOut: WindowSet;
  /** What a person should know about the sets. */
  readonly notes: readonly string[];
  /** What went into the windows, for the fingerprint. */
  readonly inputs: readonly Uint8Array[];
  /** Numbers a window is at the end: the vocabulary for each token, the classes. For the plan. */
  readonly outputWidth: number;
  /** Rows of hidden states that each stream sends through the whole network once more when it is evaluated. For the plan. */
  readonly sampledRows: number;
  /** Of them those that go through it at once, where images are drawn. */
  readonly drawnRows?: number;
  /** By class number; null where nobody says, or nothing has classes. */
  readonly classNames: readonly string[] | null;
  /** Loads what stands before the first block of a view. */
  open(gpu: Gpu, view: NetworkView): Promise<OpenSubject>;
  /** How far outputs are apart, for a view. Throws QS-RECIPE-01 where the network has no output head. */
  divergence(gpu: Gpu, view: NetworkView, head?: HeadOptions): Promise<Divergence>;
  /** What the whole network may learn by, for a view; missing where nothing learns through such a network. */
  outputLoss?(gpu: Gpu, view: NetworkView, head?: HeadOptions): Promise<OutputLoss>;
  /** The same on a tape, for methods that train the whole network. */
  outputOnTape(gpu: Gpu, view: NetworkView, head?: HeadOptions): Promise<OutputOnTape>;
  /** A diffusion network's trajectories, for a view; missing where there are none. */
  trajectories?(gpu: Gpu, view: NetworkView): Promise<TrajectorySampler>;
  /** End-to-end figures of all streams; uses them up. */
  evaluate(input: EvaluationInput): Promise<Evaluation>;
}

export interface OpenSubject {
  /** The chunk's windows, embedded; the caller's. */
  embed(chunk: Chunk): Embedded | Promise<Embedded>;
  release(): void;
}

/** KL of a language model's tokens or a classifier's images, in nats; squares of what a diffusion network predicts. */
export interface Divergence {
  /** Of each of `own` from `full`, hidden states after the last block of a calibration chunk, which stay the caller's: sums. */
  of(chunk: Chunk, full: Tensor, own: readonly Tensor[]): Promise<number[]>;
  /**
   * Gradient at a chunk's hidden states of what is lost where labels, or predictions, are drawn from the network's own distribution; the
   * caller's. Throws QS-RECIPE-01 where the head is read in tiles.
   */
  seed(chunk: Chunk, full: Tensor, random: Random): Promise<Tensor>;
  /** What the mean square of such a gradient's product with a change is worth: ½ of KL, 1 of squares. */
  readonly curvature: number;
  /** How many values a chunk's sum is of. */
  count(chunk: Chunk): number;
  release(): void;
}

export interface EvaluationInput {
  readonly gpu: Gpu;
  /** The first is the checkpoint itself. */
  readonly views: readonly NetworkView[];
  /** Their transforms in words. */
  readonly labels: readonly string[];
  readonly rows: readonly RunRow[];
  readonly streams: Streams;
  readonly chunks: readonly Chunk[];
  readonly layers: readonly LayerResult[];
  /** Gives up the final hidden states of a stream's chunk, (windows · length) × hidden. Stream 0 is the checkpoint in full precision. */
  hidden(stream: number, chunk: number): Tensor;
  /** Lets `body` launch work on them without giving them up. */
  peekHidden<T>(stream: number, chunk: number, body: (hidden: Tensor) => T): T;
  /** How a row runs these layers: its weights, decoded, where they are not its view's, with its hooks. */
  bindings(row: RunRow, linears: readonly Linear[]): Promise<RowBindings>;
  /** A view's online operations. */
  online(view: number): Hooks | null;
  /** How a language model's head is held where the host says so. */
  readonly head?: HeadOptions;
  /** Throws where the run should stop. */
  check(): void;
}

export type RowBindings = Required<Omit<ResidentOptions, 'residentBytes'>> & { release(): void };

export interface Evaluation {
  readonly rows: RowSummary[];
  /** Of views other than the checkpoint itself. */
  readonly views: readonly ViewSummary[];
  readonly fullPrecision: NonNullable<RunResult['fullPrecision']>;
  readonly continuations?: Continuations;
}

/** What is to be said of every view but the checkpoint itself. */
export function viewSummaries(
  { views, streams, labels }: EvaluationInput,
  figures: (view: number) => Omit<ViewSummary, 'label' | 'rows'>,
): ViewSummary[] {
  return views.slice(1).map((_, i) => {
    const rows = streams.rowsOf(i + 1).map(({ row }) => row);
    return { label: labels[i + 1], rows, ...figures(i + 1) };
  });
}
