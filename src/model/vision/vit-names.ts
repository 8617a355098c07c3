/**
 * The names under which a vision transformer's tensors come: timm's (ViT, DeiT) and transformers' (ViTForImageClassification, ViTModel,
 * DeiTForImageClassification). It is one network; a further naming is its table here.
 */
export interface ViTNames {
  readonly classToken: string;
  /** DeiT's distillation token, where the naming has one. */
  readonly distillation: string;
  readonly positions: string;
  readonly patches: string;
  readonly norm: string;
  readonly head: string;
  block(index: number): string;
  readonly inputNorm: string;
  readonly outputNorm: string;
  /** One fused projection, or three. */
  readonly attention: { readonly qkv: string } | { readonly q: string; readonly k: string; readonly v: string };
  readonly projection: string;
  readonly up: string;
  readonly down: string;
  /** Of LayerNorms where the config does not say. */
  readonly eps: number;
}

export const TIMM: ViTNames = {
  classToken: 'cls_token',
  distillation: 'dist_token',
  positions: 'pos_embed',
  patches: 'patch_embed.proj',
  norm: 'norm',
  head: 'head',
  block: (index) => `blocks.${index}`,
  inputNorm: 'norm1',
  outputNorm: 'norm2',
  attention: { qkv: 'attn.qkv' },
  projection: 'attn.proj',
  up: 'mlp.fc1',
  down: 'mlp.fc2',
  eps: 1e-6,
};

/** `prefix`: 'vit.', 'deit.', or '' for a body by itself. */
export function huggingFace(prefix: string): ViTNames {
  return {
    classToken: `${prefix}embeddings.cls_token`,
    distillation: `${prefix}embeddings.distillation_token`,
    positions: `${prefix}embeddings.position_embeddings`,
    patches: `${prefix}embeddings.patch_embeddings.projection`,
    norm: `${prefix}layernorm`,
    head: 'classifier',
    block: (index) => `${prefix}encoder.layer.${index}`,
    inputNorm: 'layernorm_before',
    outputNorm: 'layernorm_after',
    attention: { q: 'attention.attention.query', k: 'attention.attention.key', v: 'attention.attention.value' },
    projection: 'attention.output.dense',
    up: 'intermediate.dense',
    down: 'output.dense',
    eps: 1e-12,
  };
}

/** All namings; the first whose tensors are there counts. */
export const VIT_NAMES: readonly ViTNames[] = [TIMM, huggingFace('vit.'), huggingFace('deit.'), huggingFace('')];

/** Tensors that together only a naming of a vision transformer has. */
export function signsOf(names: ViTNames): readonly string[] {
  const first = names.block(0);
  const attention = 'qkv' in names.attention ? names.attention.qkv : names.attention.q;
  return [`${first}.${attention}.weight`, `${names.patches}.weight`];
}
