/**
 * Checkpoints that are quantized already, told by their tensors: what a config says or leaves out decides nothing. The table gives, for
 * each way of storing quantized layers, the tensor that only it has; layouts after the writers named in `title`. Such a checkpoint is not
 * opened as a network, because quantizing starts from full precision; each kind gets a sentence that names it and the tensor.
 */
import { StudioError } from '../base/errors';
import { quoted, shapeText } from './wording';

interface Tensor {
  readonly dtype: string;
  readonly shape: readonly number[];
}

type Tensors = ReadonlyMap<string, Tensor>;

interface Scheme {
  /** Completes "… holds a … checkpoint". */
  readonly title: string;
  /** The tensor that tells. */
  readonly sign: RegExp;
  /** What else must be so; `layer` is the name before the sign. */
  readonly holds?: (tensors: Tensors, layer: string, tensor: Tensor) => boolean;
  /** What the tensor holds, for the sentence. */
  readonly role: string;
}

const has = (...endings: string[]) => {
  return (tensors: Tensors, layer: string) => endings.every((ending) => tensors.has(`${layer}${ending}`));
};

/** Columns of `qweight` that the outputs of `scales` fill: all in GPTQ, an eighth in AWQ, which packs along outputs. */
function packedAlong(tensors: Tensors, layer: string, { shape }: Tensor): 'inputs' | 'outputs' {
  const outputs = tensors.get(`${layer}.scales`)?.shape.at(-1);
  return outputs !== undefined && shape[1] !== undefined && shape[1] < outputs ? 'outputs' : 'inputs';
}

/** The first scheme whose sign is there decides. */
const SCHEMES: readonly Scheme[] = [
  {
    title: 'AWQ',
    sign: /^(.+)\.qweight$/,
    holds: (tensors, layer, tensor) =>
      has('.qzeros', '.scales')(tensors, layer) &&
      !tensors.has(`${layer}.g_idx`) &&
      packedAlong(tensors, layer, tensor) === 'outputs',
    role: 'codes packed along outputs',
  },
  { title: 'GPTQ', sign: /^(.+)\.qweight$/, holds: has('.scales'), role: 'codes packed along inputs' },
  { title: 'AQLM', sign: /^(.+)\.codes$/, holds: has('.codebooks'), role: 'indices into codebooks' },
  { title: "the studio's own codebooks", sign: /^(.+)\.assignments$/, role: 'indices into codebooks' },
  { title: 'ExLlamaV2', sign: /^(.+)\.q_weight$/, holds: has('.q_scale'), role: 'packed codes' },
  { title: 'ExLlamaV3', sign: /^(.+)\.trellis$/, role: 'a trellis of codes' },
  { title: 'bitsandbytes 4-bit', sign: /^(.+)\.quant_state\.bitsandbytes__\w+$/, role: "a layer's quantization state" },
  { title: 'bitsandbytes 4-bit', sign: /^(.+)\.absmax$/, holds: has('.quant_map'), role: 'block scales' },
  { title: 'bitsandbytes 8-bit', sign: /^(.+)\.(?:SCB|weight_format)$/, role: 'scales of 8-bit rows' },
  { title: 'compressed-tensors', sign: /^(.+)\.weight_packed$/, role: 'packed codes' },
  { title: 'block FP8', sign: /^(.+)\.weight_scale_inv$/, role: 'block scales of 8-bit floats' },
  {
    title: 'compressed-tensors or ModelOpt',
    sign: /^(.+)\.weight_scale(?:_2)?$/,
    holds: (tensors, layer) => isNarrow(tensors.get(`${layer}.weight`)),
    role: 'scales of narrow weights',
  },
  { title: 'HQQ', sign: /^(.+)\.W_q$/, role: 'packed codes' },
  { title: 'MLX', sign: /^(.+)\.weight$/, holds: isMlx, role: 'packed codes' },
  { title: 'quanto', sign: /^(.+)\.weight\._data(?:\._data)?$/, role: 'packed codes' },
  { title: 'QuIP#', sign: /^(.+)\.Qidxs(?:_\d)?$/, role: 'indices into a lattice' },
  { title: 'VPTQ', sign: /^(.+)\.centroids(?:\.weight)?$/, role: 'codebooks' },
  { title: 'MXFP4', sign: /^(.+)_blocks$/, holds: has('_scales'), role: 'blocks of 4-bit floats' },
];

/** Weights in a type that no framework trains in. */
const NARROW = /^(?:F8_|F6_|F4|I8$|U8$)/;

function isNarrow(tensor: Tensor | undefined): boolean {
  return tensor !== undefined && NARROW.test(tensor.dtype);
}

function isMlx(tensors: Tensors, layer: string, { dtype }: Tensor): boolean {
  return dtype === 'U32' && has('.scales', '.biases')(tensors, layer);
}

export interface QuantizedKind {
  readonly title: string;
  /** The tensor that tells, and what it holds. */
  readonly tensor: string;
  readonly role: string;
}

/** How a checkpoint is quantized; null where its tensors do not say that it is. */
export function quantizedKind(tensors: Tensors): QuantizedKind | null {
  for (const { title, sign, holds, role } of SCHEMES) {
    for (const [name, tensor] of tensors) {
      const [, layer] = sign.exec(name) ?? [];
      if (layer !== undefined && (holds?.(tensors, layer, tensor) ?? true)) return { title, tensor: name, role };
    }
  }
  return null;
}

/** @throws QS-FILE-01 naming the format and the tensor that tells it */
export function assertNotQuantized(tensors: Tensors): void {
  const kind = quantizedKind(tensors);
  if (kind === null) return;
  const { title, tensor, role } = kind;
  const { dtype, shape } = tensors.get(tensor) ?? { dtype: '?', shape: [] };
  throw new StudioError(
    'QS-FILE-01',
    `this is a checkpoint already quantized with ${title}: tensor ${quoted(tensor)} (${dtype}, ${shapeText(shape)}) holds ${role}; choose the ` +
      'full-precision checkpoint it was made from',
    { format: title, dtype },
  );
}
