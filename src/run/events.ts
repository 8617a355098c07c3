/**
 * What a run says while it works, and what it leaves behind. Hosts only ever see these types; version 1 of the event and result
 * schema. Everything here is plain data: it crosses the worker boundary and goes into IndexedDB and JSON as it is.
 */
import type { Recipe } from './recipe';

export const RESULT_VERSION = 1;

/** Known before any work: what will be done and what it takes. */
export interface Plan {
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
  /** Codes, scales and zeros counted exactly; see src/quantizer. */
  readonly bitsPerWeight: number;
}

/** The errors of one layer, kept apart because they answer different questions. All are relative: 0.01 is 1 %. */
export interface LayerErrors {
  /** ‖Q − W‖² / ‖W‖². */
  readonly weight: number;
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
  /** Wall time of quantizing this layer, with its share of its siblings' common statistics and factorization. */
  readonly milliseconds: number;
  /** done: as asked; retried: more damping or the float64 factor; rounded: fell back to RTN. */
  readonly status: 'done' | 'retried' | 'rounded';
  /** The sentence behind a status other than done. */
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
  readonly bitsPerWeight: number;
  /** Of the layer output error on held-out tokens, or of the weight error in a weight-only run. */
  readonly meanError: number;
  readonly worstError: number;
  readonly worstLayer: number;
  /** null in a weight-only run. */
  readonly perplexity: number | null;
  /** 95 % bootstrap interval over windows. */
  readonly perplexityInterval: readonly [number, number] | null;
  /** Mean KL(full ‖ quantized) per token, in nats. */
  readonly kl: number | null;
  /** Positions that perplexity and KL are means over. */
  readonly tokens: number;
  readonly milliseconds: number;
}

/** What the engine is doing inside a layer, in order. */
export const STAGES = ['load', 'forward', 'hessian', 'factor', 'columns', 'measure', 'evaluate'] as const;
export type StageName = (typeof STAGES)[number];

export type RunEvent =
  | { readonly type: 'plan'; readonly plan: Plan }
  /** A resumed run says, stage by stage, what it restored; each layer is then also told as done. */
  | { readonly type: 'restored'; readonly layers: readonly LayerResult[] }
  | { readonly type: 'layer-started'; readonly row: number; readonly layer: number }
  | { readonly type: 'stage'; readonly stage: StageName; readonly block: number; readonly detail: string }
  | { readonly type: 'layer-done'; readonly result: LayerResult }
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
  };
  readonly recipe: Recipe;
  readonly plan: Plan;
  readonly layers: readonly LayerResult[];
  readonly blocks: readonly BlockResult[];
  readonly rows: readonly RowSummary[];
  /** Perplexity of the full-precision model on the same held-out tokens; null when the run ended before evaluation. */
  readonly fullPrecision: { readonly perplexity: number; readonly tokens: number } | null;
  /** Wall time of the session that ended the run; of a resumed run, of the last one. */
  readonly milliseconds: number;
  readonly adapter: string;
  readonly codeVersion: string;
  /** ISO 8601. */
  readonly date: string;
}
