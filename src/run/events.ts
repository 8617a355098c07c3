/**
 * What a run says while it works, and what it leaves behind. Hosts only ever see these types; version 1 of the event and result
 * schema. Everything here is plain data: it crosses the worker boundary and goes into IndexedDB and JSON as it is.
 */
import type { FilePrint } from '../checkpoint/file-prints';
import type { Similarity } from '../measure/similarity';
import type { TrainingProgress } from '../method/training';
import type { DivergenceSpread } from '../measure/divergence-spread';
import type { Ledger } from '../quantizer/ledger';
import type { Task } from '../model/architecture';
import type { WeightFormat } from './formats';
import type { Recipe } from '../recipe/recipe';

export type { FilePrint } from '../checkpoint/file-prints';
export type { TrainingProgress } from '../method/training';
export type { DivergenceSpread } from '../measure/divergence-spread';
export type { Ledger, LedgerPart } from '../quantizer/ledger';

export const RESULT_VERSION = 1;

/** Known before any work: what will be done and what it takes. */
export interface Plan {
  /** What the network is for; missing in a weight-only run, and in results of before there was anything but text. */
  readonly task?: Task;
  readonly layers: readonly PlannedLayer[];
  readonly rows: readonly PlannedRow[];
  readonly blocks: number;
  readonly calibrationTokens: number;
  readonly heldOutTokens: number;
  /** Where the tokens come from, in words: '16 windows of calibration.jsonl', 'random tokens'. */
  readonly calibrationLabel: string;
  readonly heldOutLabel: string;
  /** Peak bytes on the GPU, estimated. */
  readonly gpuBytes: number;
  /** Floating-point operations of the whole run, estimated. */
  readonly flop: number;
  /** Seconds at the measured rate of this adapter: [low, high]. */
  readonly seconds: readonly [number, number];
  /** Sentences a person should read before starting ("fewer tokens than columns", "tied lm_head is not quantized"). */
  readonly notes: readonly string[];
  /** What share of the checkpoint's weights the layers are; missing in results of before it was told. */
  readonly coverage?: Coverage;
}

export interface PlannedLayer {
  readonly index: number;
  readonly name: string;
  readonly block: number;
  readonly rows: number;
  readonly cols: number;
}

export interface PlannedRow {
  readonly row: number;
  readonly method: string;
  /** 'GPTQ 3-bit g64': unique within a run. */
  readonly label: string;
  /** True for the RTN row that the driver adds itself. */
  readonly baseline: boolean;
  /** Everything stored, counted exactly from the options and shapes; see src/quantizer/ledger.ts. */
  readonly bitsPerWeight: number;
  /** True where that is the most it can be: layers get their own, which is found out before the march. */
  readonly bound?: true;
  /** Of the whole file: these layers, and the rest at the source's width; missing where the plan has no coverage. */
  readonly fileBitsPerWeight?: number;
  /** Weights that a codebook serves which the row's layers share, other networks' among them; missing where there is none. */
  readonly sharedBy?: number;
  /** What rounds that which flows through the network, in words: 'A4 token, KV4'; missing where nothing does. */
  readonly passing?: string;
  /** Rows of the run that have its steps and more, and are no part of another: what it leaves out of each; missing where there is none. */
  readonly without?: readonly LeftOut[];
  /** Export formats of its family that its options or the layers' shapes rule out, with the reason; missing in earlier results. */
  readonly refusals?: Partial<Record<WeightFormat, string>>;
}

/** A row that another one is a part of, and the steps that the other has not, in words: 'Rotate', 'A4 token'. */
export interface LeftOut {
  readonly row: number;
  readonly steps: readonly string[];
}

/**
 * The errors of one layer, kept apart because they answer different questions. All are relative: 0.01 is 1 %. Null, too, where there is
 * nothing to be relative to: 0 / 0 is not available, and not zero.
 */
export interface LayerErrors {
  /** ‖Q − W‖² / ‖W‖². */
  readonly weight: number | null;
  /** tr(ΔHΔᵀ) / tr(WHWᵀ), Δ = Q − W, H of the quantized stream's inputs; null where no Hessian was collected. */
  readonly hessian: number | null;
  /** ‖X_q Qᵀ − X_fp Wᵀ‖² / ‖X_fp Wᵀ‖² over the calibration tokens; null in a weight-only run, which has no activations. */
  readonly output: number | null;
  /** The same over the held-out tokens. */
  readonly heldOutOutput: number | null;
}

export type LayerMetric = keyof LayerErrors;

export interface LayerResult {
  readonly row: number;
  /** Index in Plan.layers. */
  readonly layer: number;
  readonly name: string;
  readonly errors: LayerErrors;
  readonly bitsPerWeight: number;
  /** What the layer takes in storage, part by part; missing in results of studios that did not keep it yet. */
  readonly ledger?: Ledger;
  /** Wall time until this layer's codes were there; the first of siblings also waits for the statistics and the factor they share. */
  readonly milliseconds: number;
  /** done: as asked; retried: more damping or the float64 factor; rounded: fell back to RTN. */
  readonly status: 'done' | 'retried' | 'rounded';
  /** The sentence behind a status other than done, or something that a person should know of a layer that is. */
  readonly note: string | null;
  readonly damping: number | null;
}

export interface BlockResult {
  readonly row: number;
  readonly block: number;
  /** Mean squared difference of the block's output from the full-precision block's, over calibration tokens × hidden. */
  readonly mse: number;
  readonly heldOutMse: number;
}

/** End-to-end figures of one row on the held-out tokens. */
export interface RowSummary {
  readonly row: number;
  /** Of the layers as they came out, those that were rounded instead included. */
  readonly bitsPerWeight: number;
  /** Of the whole file, what is not quantized included; missing where the plan has no coverage. */
  readonly fileBitsPerWeight?: number;
  /** Bits of a value that layers read, ranges counted in; missing where a row leaves them as they are. */
  readonly activationBits?: number;
  /** Bits of a number of the keys and the values that a decoder keeps, of a held-out window; missing where a row leaves them, or nothing is kept. */
  readonly cacheBits?: { readonly key: number; readonly value: number };
  /** Missing where the layers' are. */
  readonly ledger?: Ledger;
  /** Of the layer output error on held-out tokens, or of the weight error in a weight-only run. */
  readonly meanError: number | null;
  readonly worstError: number | null;
  /** Index in Plan.layers; null where no layer has that error. */
  readonly worstLayer: number | null;
  /** null in a weight-only run. */
  readonly perplexity: number | null;
  /** 95 % bootstrap interval over windows. */
  readonly perplexityInterval: readonly [number, number] | null;
  /** Mean KL(full ‖ quantized) per token, in nats. */
  readonly kl: number | null;
  /** Of KL over tokens, or images; missing where there is none, and in earlier results. */
  readonly divergence?: DivergenceSpread;
  /** What perplexity and KL are means over: predicted tokens, or images. */
  readonly tokens: number;
  /** What rows of one run are compared by in pairs; missing where there are no end-to-end figures, and in earlier results. */
  readonly windows?: WindowFigures;
  /** Of networks on images. */
  readonly images?: ImageFigures;
  /** Of a row whose layers got their own bits. */
  readonly allocation?: RowAllocation;
  readonly milliseconds: number;
}

/** What a window's figure can be: mean −log likelihood of its tokens, 1 for an image told right, mean square of a sampled image's error. */
export const WINDOW_FIGURES = ['nll', 'hit', 'trajectory'] as const;

/** One figure a held-out window, image or sampled image, in the order of the windows, which all rows of a run share. */
export interface WindowFigures {
  readonly of: (typeof WINDOW_FIGURES)[number];
  /** Null, or no number, where a window came to none. */
  readonly values: readonly (number | null)[];
}

/** How a row's layers came to their bits. Totals are of all its layers, those among them that rules give their bits. */
export interface RowAllocation {
  /** 'hessian', 'kl'. */
  readonly measure: string;
  /** What a layer could get: '3-bit', 'kept'. */
  readonly candidates: readonly string[];
  /** Bits of all layers, at most. */
  readonly budget: number;
  /** Of the choice: bits as stored, and the sum of what layers are predicted to lose. */
  readonly bits: number;
  readonly error: number;
  /** False where sizes had to be rounded up to find the choice: a better one may fit by less than a 65 536th of the budget. */
  readonly exact: boolean;
  /** Layers that were allocated to: by candidate what it takes and is predicted to lose, and the place of the chosen one. */
  readonly layers: readonly {
    readonly layer: number;
    readonly pick: number;
    readonly bits: readonly number[];
    readonly errors: readonly number[];
  }[];
  /** Every choice that none beats: bits and predicted loss, by rising bits. */
  readonly front: readonly (readonly [bits: number, error: number])[];
}

/** End-to-end figures of a network on images; null where a figure does not belong to the task. */
export interface ImageFigures {
  /** Of a classifier on the held-out images, with its 95 % Wilson interval. */
  readonly accuracy: {
    readonly share: number;
    readonly interval: readonly [number, number];
    readonly images: number;
  } | null;
  /** Of a diffusion network: mean squared difference of the predicted noise on the held-out noisy images. */
  readonly prediction: number | null;
  /** Mean squared difference of the images at all steps, sampled from the same noise. */
  readonly trajectory: number | null;
  /** The same by step, from noise to picture; missing in results of before it was kept. */
  readonly steps?: readonly number[];
  /** Of the sampled images to full precision's from the same noise, where they are pixels: dB, null where some are the same to the bit. */
  readonly psnr?: Similarity | null;
  readonly ssim?: Similarity | null;
  /** Fréchet distance of the sampled images' features to those that full precision samples, and whose features they are. */
  readonly frechet: { readonly distance: number; readonly images: number; readonly network: string } | null;
  readonly samples: SampledImages | null;
}

/** What a diffusion network sampled: bytes of image after image, row by row, channels last. */
export interface SampledImages {
  /** Height and width. */
  readonly size: number;
  readonly labels: readonly number[];
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** How far a view of the network is from the checkpoint before anything is quantized: the zero of its rows. */
export interface ViewSummary {
  readonly label: string;
  readonly rows: readonly number[];
  readonly perplexity: number | null;
  /** Mean KL(checkpoint ‖ view) per token or image, in nats. */
  readonly kl: number | null;
  /** Mean squared difference of what a diffusion network predicts. */
  readonly prediction?: number;
}

/** What one prompt is continued by, a text a token; empty where a token completes no letter. */
export interface Continuations {
  readonly prompt: string;
  /** Asked for. */
  readonly tokens: number;
  readonly promptTokens: number;
  readonly full: readonly string[];
  readonly rows: readonly {
    readonly row: number;
    readonly pieces: readonly string[];
    /** Null where all tokens are full precision's. */
    readonly differs: DifferingToken | null;
  }[];
}

/** The first token that is not full precision's: what each takes, and how probable it is under both, which have read the same so far. */
export interface DifferingToken {
  readonly at: number;
  readonly full: TokenChance;
  readonly own: TokenChance;
}

export interface TokenChance {
  readonly piece: string;
  readonly byFull: number;
  readonly byRow: number;
}

/**
 * What the layers of one stage read in full precision, over the calibration windows: in the checkpoint itself, and in every view of it that
 * rows' transforms make.
 */
export interface StageChannels {
  readonly block: number;
  readonly stage: number;
  /** Index in Plan.layers of those that read it. */
  readonly layers: readonly number[];
  readonly channels: number;
  /** The checkpoint's first. */
  readonly views: readonly ViewChannels[];
}

/** Neighbouring channels stand together where there are more than a picture shows, as many each time. Null: not finite. */
export interface ViewChannels {
  /** 'Rotate → Smooth'; empty of the checkpoint itself. */
  readonly label: string;
  readonly rows: readonly number[];
  /** The largest magnitude of each channel, or of channels that stand together. */
  readonly peaks: readonly (number | null)[];
  /** Below which 99 % of a channel's magnitudes are, on a sample of the tokens; of channels that stand together the largest. */
  readonly most: readonly (number | null)[];
  /** Root mean square of all values. */
  readonly rms: number | null;
}

/** The full-precision model on the same held-out windows. */
export interface FullPrecision {
  readonly perplexity: number | null;
  /** Predicted tokens, or images. */
  readonly tokens: number;
  readonly images?: ImageFigures;
}

/** What the engine is doing inside a layer, in order. */
export const STAGES = [
  'allocate',
  'load',
  'fit',
  'train',
  'forward',
  'hessian',
  'factor',
  'columns',
  'measure',
  'evaluate',
] as const;
export type StageName = (typeof STAGES)[number];

export type RunEvent =
  | { readonly type: 'plan'; readonly plan: Plan }
  /** A resumed run says, stage by stage, what it restored; each layer is then also told as done. */
  | { readonly type: 'restored'; readonly layers: readonly LayerResult[] }
  /** Before the march, of a row whose layers get their own bits. */
  | { readonly type: 'allocated'; readonly row: number; readonly allocation: RowAllocation }
  /** Of a run with transforms, when a stage is come to. */
  | { readonly type: 'channels'; readonly channels: StageChannels }
  | { readonly type: 'layer-started'; readonly row: number; readonly layer: number }
  | { readonly type: 'stage'; readonly stage: StageName; readonly block: number; readonly detail: string }
  /** Quantized and stored; its errors follow when its stage has been measured. */
  | { readonly type: 'layer-stored'; readonly row: number; readonly layer: number }
  | { readonly type: 'layer-done'; readonly result: LayerResult }
  /** From methods that train a whole block, or with WHOLE_NETWORK (training-curve.ts) for its number all of them. */
  | { readonly type: 'training'; readonly row: number; readonly block: number; readonly progress: TrainingProgress }
  | { readonly type: 'block-done'; readonly results: readonly BlockResult[] }
  | { readonly type: 'paused' }
  | { readonly type: 'continued' }
  /** Not an error: something a person should know (storage full, resume not possible, …). */
  | { readonly type: 'notice'; readonly code: string; readonly sentence: string }
  | { readonly type: 'end'; readonly outcome: 'finished' | 'cancelled'; readonly result: RunResult };

/** The result file: everything a chart, an export or a link needs, without weights. */
export interface RunResult {
  readonly version: typeof RESULT_VERSION;
  readonly model: {
    readonly name: string;
    readonly architecture: string;
    readonly parameters: number;
    readonly fingerprint: string;
    /** One by one, so that it can be said which differs; missing in results of before it was told, and in links without names. */
    readonly files?: readonly FilePrint[];
    /** Of a network on images, in the order of the class numbers, where its configuration names them. */
    readonly classNames?: readonly string[];
  };
  readonly recipe: Recipe;
  readonly plan: Plan;
  readonly layers: readonly LayerResult[];
  readonly blocks: readonly BlockResult[];
  readonly rows: readonly RowSummary[];
  /** Perplexity of the full-precision model on the same held-out tokens; null when the run ended before evaluation. */
  readonly fullPrecision: FullPrecision | null;
  /** Of rows with transforms; missing where there are none. */
  readonly views?: readonly ViewSummary[];
  /** Stage by stage, of a run with transforms; missing where there are none. */
  readonly channels?: readonly StageChannels[];
  /** Of a recipe with a prompt; missing of others. */
  readonly continuations?: Continuations;
  /** Wall time of the session that ended the run; of a resumed run, of the last one. */
  readonly milliseconds: number;
  readonly adapter: string;
  readonly codeVersion: string;
  /** ISO 8601. */
  readonly date: string;
}

export interface Coverage {
  /** In all weight tensors of the model. */
  readonly weights: number;
  readonly quantized: number;
  /** What is left as it is, by kind, most weights first. */
  readonly left: readonly { readonly what: string; readonly weights: number }[];
  /** Bits of what is left, at the width in which the source stores it. */
  readonly leftBits: number;
}

export type { Task } from '../model/architecture';
