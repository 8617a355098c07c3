/**
 * What the studio knows of a model: its linear layers in calibration order, and plans from which blocks, embedding and head are
 * loaded. Plain data, cheap to make from a config and a list of tensor shapes; no weights are read for it.
 *
 * A block is cut into stages at its linears. The linears of one stage read the same input, the stage's *tap*. A transformer's four:
 *   0 {k, v, q} or {qkv}   tap = norm(residual)
 *   1 {o}                  tap = attention(q, k, v)
 *   2 {up, gate} or {fc}   tap = norm(residual + o)
 *   3 {down}               tap = activation(…)
 */
import type { Activation } from '../tensor/activation';
import type { Geometry } from '../tensor/heads';
import type { RopeSettings } from '../tensor/rope';

export type { Geometry };

/** Where weights come from: a checkpoint, or a test's arrays. */
export interface WeightSource {
  /** config.json, parsed; null when there is none. */
  readonly config: unknown;
  /** preprocessor_config.json, parsed; null or missing when there is none. */
  readonly preprocessor?: unknown;
  /** vocabulary.json, parsed; null or missing when there is none. */
  readonly vocabulary?: unknown;
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[]; readonly dtype: string }>;
  /** A tensor's values, row-major. */
  read(name: string): Promise<Float32Array>;
  /** Its values number first … last − 1 alone: how tensors too large to be held as a whole are read. */
  readRange(name: string, first: number, last: number): Promise<Float32Array>;
}

export type Role =
  | 'q'
  | 'k'
  | 'v'
  | 'qkv'
  | 'o'
  | 'gate'
  | 'up'
  | 'down'
  | 'fc'
  // DiT: the projection that steers a block.
  | 'modulation'
  // Vision Mamba: into the mixer, to (Δ, B, C) and to Δ in either direction, out of it.
  | 'in'
  | 'ssm'
  | 'ssm_back'
  | 'delta'
  | 'delta_back'
  | 'out'
  // ResNet: a block's convolutions, and the one beside them.
  | 'conv'
  | 'shortcut';

/** One linear layer y = x·Wᵀ + b; W is rows (outputs) × cols (inputs). */
export interface Linear {
  /** Its number in the order of calibration, by which plans and storage name it. */
  readonly index: number;
  /** Module path: model.layers.0.self_attn.q_proj. */
  readonly name: string;
  /** Tensor of the weight. */
  readonly weight: string;
  readonly bias: string | null;
  readonly rows: number;
  readonly cols: number;
  /** How the file stores W: rows × cols, or (GPT-2's Conv1D) cols × rows. */
  readonly layout: 'out-in' | 'in-out';
  readonly role: Role;
  /** Where it is a convolution: its inputs are windows of pixels (src/tensor/convolution.ts), and cols = side² · channels. */
  readonly convolution?: ConvolutionShape;
}

export interface ConvolutionShape {
  readonly side: number;
  /** Of what it reads. */
  readonly channels: number;
  /** Folded into it (convolution.ts). */
  readonly norm: BatchNormPlan | null;
  /** Its own bias, before the batch norm. */
  readonly bias: string | null;
}

/** A batch norm by the names of its tensors, as it computes after training. */
export interface BatchNormPlan {
  readonly weight: string;
  readonly bias: string;
  readonly mean: string;
  readonly variance: string;
  readonly eps: number;
}

/** A linear layer as an architecture describes it; its number follows from the order of all (`numbered`). */
export type LinearShape = Omit<Linear, 'index'>;

export interface Stage<L = Linear> {
  readonly linears: readonly L[];
}

export interface Block<L = Linear> {
  readonly index: number;
  /** model.layers.0 */
  readonly name: string;
  readonly stages: readonly Stage<L>[];
  readonly plan: BlockPlan;
  /** Where outputs of earlier blocks are read once more (skips.ts). */
  readonly skip?: SkipPlan;
}

export interface SkipPlan {
  /** Columns of the skip that is read behind the input's own; 0: none. */
  readonly reads: number;
  /** Whether the output waits for a later block. */
  readonly keeps: boolean;
  /** Rows and columns, of a window, of the outputs that wait for other blocks meanwhile. */
  readonly waits: readonly (readonly [rows: number, cols: number])[];
}

/** Gives every linear its number: block by block, stage by stage, in the order in which a stage names them. */
export function numbered(blocks: readonly Block<LinearShape>[]): Block[] {
  let index = 0;
  const stageOf = ({ linears }: Stage<LinearShape>): Stage => ({
    linears: linears.map((linear) => ({ ...linear, index: index++ })),
  });
  return blocks.map((block) => ({ ...block, stages: block.stages.map(stageOf) }));
}

/** Columns of the row a window, and tokens of a text with theirs, where blocks read one. */
export interface ContextShape {
  readonly steer: number;
  readonly tokens: readonly [count: number, cols: number] | null;
}

/** What all models have in common: blocks of linear layers on a residual stream. */
export interface Network {
  /** The class name in config.json: LlamaForCausalLM. */
  readonly architecture: string;
  readonly title: string;
  readonly hidden: number;
  /** Rows and columns of a window's largest residual, where they differ from block to block. */
  readonly residual?: readonly [rows: number, cols: number];
  /** The same of all outputs that wait at once for later blocks, where some do: most of a window. */
  readonly waiting?: readonly (readonly [rows: number, cols: number])[];
  /** What steers its blocks (context.ts), where something does. */
  readonly context?: ContextShape;
  readonly blocks: readonly Block[];
  /** Weights in all tensors the model uses; a tied head counts once. */
  readonly parameters: number;
  /** What a person should know about the checkpoint, one sentence each. */
  readonly notes: readonly string[];
}

/** A language model. */
export interface Model extends Network {
  readonly vocabulary: number;
  /** Positions the model can see at once. */
  readonly maxLength: number;
  readonly ends: EndsPlan;
}

/** A norm by the names of its tensors; an RMSNorm has no bias. */
export interface NormPlan {
  readonly weight: string;
  readonly bias: string | null;
  readonly eps: number;
}

export interface AttentionPlan {
  readonly heads: number;
  readonly keyHeads: number;
  readonly dim: number;
  /** Whether a token sees only itself and those before it. */
  readonly causal: boolean;
  readonly slidingWindow: number | null;
  readonly rope: RopeSettings | null;
  /** RMSNorms over each head (Qwen3). */
  readonly queryNorm: NormPlan | null;
  readonly keyNorm: NormPlan | null;
}

/**
 * A pre-norm transformer block (transformer-block.ts), DiT's (vision/dit-block.ts), Vision Mamba's (vision/mamba-block.ts),
 * convolutions one after another (vision/convolution-block.ts), or a part of a U-Net (vision/unet).
 */
export type BlockPlan = TransformerPlan | DitPlan | MambaPlan | ConvolutionPlan | UNetPlan;

/** Whether a block's attention is one that steps can act on. */
export function attends(plan: BlockPlan): plan is TransformerPlan | DitPlan {
  return plan.kind === 'transformer' || plan.kind === 'dit';
}

export interface TransformerPlan {
  readonly kind: 'transformer';
  readonly inputNorm: NormPlan;
  readonly attention: AttentionPlan;
  readonly outputNorm: NormPlan;
  /** silu_gate takes a stage of {up, gate}, the others a stage of {fc}. */
  readonly activation: 'silu_gate' | Activation;
}

export interface DitPlan {
  readonly kind: 'dit';
  readonly heads: number;
  /** Of its LayerNorms, which have no weights. */
  readonly eps: number;
}

export interface MambaPlan {
  readonly kind: 'mamba';
  readonly norm: NormPlan;
  /** D_inner, channels of the mixer. */
  readonly channels: number;
  /** N, state variables a channel. */
  readonly state: number;
  /** Columns of the projection that Δ comes from. */
  readonly stepRank: number;
  readonly forward: ScanPlan;
  readonly backward: ScanPlan;
  /** Whether the two directions are averaged rather than added. */
  readonly halved: boolean;
}

/** A stem, or a residual block. Each stage is one convolution, with a ReLU behind it. */
export interface ConvolutionPlan {
  readonly kind: 'convolution';
  /** How each stage's convolution looks at its images. */
  readonly windows: readonly ImageWindows[];
  /**
   * What the last convolution's output is added to before its ReLU: nothing (a stem); the block's input; every other pixel of it in the
   * middle of channels of zeros (option A of He et al.); or a convolution of it, which is the first stage, without a ReLU.
   */
  readonly shortcut: 'none' | 'identity' | 'subsample' | 'convolution';
  /** The largest values of windows, at the very end. */
  readonly pool: ImageWindows | null;
}

/** Square windows on images of height × width pixels. */
export interface ImageWindows {
  readonly height: number;
  readonly width: number;
  readonly side: number;
  readonly stride: number;
  readonly padding: number;
  /** Zeros below and to the right, where they are not as many as above and to the left. */
  readonly after?: number;
}

/** What a U-Net is made of, a block each. */
export type UNetPlan = UNetConvolutionPlan | UNetResidualPlan | UNetAttentionPlan | UNetTransformerPlan;

export function isOfUNet(plan: BlockPlan): plan is UNetPlan {
  return plan.kind.startsWith('unet-');
}

export interface GroupNormPlan extends NormPlan {
  readonly bias: string;
  readonly groups: number;
}

/** One convolution: into a U-Net and out of it, to half the size and, of pixels doubled before it, to twice the size. */
export interface UNetConvolutionPlan {
  readonly kind: 'unet-convolution';
  /** Before it, with a SiLU; null: none. */
  readonly norm: GroupNormPlan | null;
  readonly doubled: boolean;
  readonly window: ImageWindows;
}

/** Two convolutions beside a shortcut; what the time embedding says comes between them. */
export interface UNetResidualPlan {
  readonly kind: 'unet-residual';
  readonly norms: readonly [GroupNormPlan, GroupNormPlan];
  readonly window: ImageWindows;
  /** Whether the shortcut is a convolution, the last stage. */
  readonly shortcut: boolean;
  /** Whether time scales and shifts what the second norm gives; else it is added before that. */
  readonly modulates: boolean;
}

/** Attention of all pixels among themselves. */
export interface UNetAttentionPlan {
  readonly kind: 'unet-attention';
  readonly norm: GroupNormPlan;
  readonly heads: number;
  readonly pixels: number;
  /** How queries, keys and values lie in one product where they do: all queries first, or those of a head beside its keys. */
  readonly fused: 'parts' | 'heads' | null;
}

/** A transformer block on pixels that also looks at a text. */
export interface UNetTransformerPlan {
  readonly kind: 'unet-transformer';
  readonly norm: GroupNormPlan;
  /** LayerNorms before self-attention, cross-attention and MLP. */
  readonly norms: readonly [NormPlan, NormPlan, NormPlan];
  readonly heads: number;
  readonly pixels: number;
  /** Tokens of a text. */
  readonly tokens: number;
}

/** One direction of a mixer by the names of its tensors. */
export interface ScanPlan {
  /** channels × 1 × width. */
  readonly convolution: string;
  readonly convolutionBias: string;
  /** log(−A), channels × N. */
  readonly decay: string;
  /** D, channels. */
  readonly skip: string;
}

export interface EndsPlan {
  /** vocabulary × hidden. */
  readonly embedding: string;
  /** Learned positions, maxLength × hidden. */
  readonly positions: string | null;
  readonly norm: NormPlan;
  /** vocabulary × hidden; the embedding's name when they are tied; null where the network has none and ends with the norm. */
  readonly head: string | null;
}

/** One line of the table in architecture.ts. */
export interface Architecture {
  readonly title: string;
  /** Class names in config.json's `architectures`, without and with a head. */
  readonly classes: readonly string[];
  /** config.json's `model_type`, used where it names no class. */
  readonly modelType: string;
  /** Throws QS-FILE-02, -04 or -07 in one sentence when config and tensors do not make a model the studio can run. */
  open(source: WeightSource, config: Record<string, unknown>, name: string): Model;
}
