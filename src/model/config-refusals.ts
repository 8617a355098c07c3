/**
 * Keys of a config that change the forward pass in ways the studio does not run, each with the values that change nothing. A network
 * that states another one is refused by the key's name: run without it, it would be another network, and every figure wrong.
 * From transformers' configuration_*.py (its version beside a key where only one family has it) and timm's vision_transformer.py.
 */
import { placesOf } from './config-keys';
import { shown, unsupported, type Config } from './config';

type Harmless = (value: unknown, config: Config) => boolean;

const is =
  (...values: readonly unknown[]): Harmless =>
  (value) =>
    values.includes(value);
const off = is(false, 0, 'none', '');
const one = is(1);
const empty: Harmless = (value) => Array.isArray(value) && value.length === 0;
/** A list, or one value, of nothing but what changes nothing. */
const all =
  (harmless: Harmless): Harmless =>
  (value, config) =>
    Array.isArray(value) ? value.every((item) => harmless(item, config)) : harmless(value, config);
/** A scale of attention's scores that is the usual 1/√dim; `of` gives the dim that a value stands for. */
const usualScale =
  (of: (value: number) => number): Harmless =>
  (value, config) => {
    const hidden = config.countIfStated('hidden_size');
    const heads = config.countIfStated('num_attention_heads');
    const dim = config.countIfStated('head_dim') ?? (hidden !== null && heads !== null ? hidden / heads : NaN);
    return Math.abs(of(Number(value)) - dim) < 1e-6 * dim;
  };

/** Of networks on text. */
const TEXT: Readonly<Record<string, Harmless>> = {
  // Caps and scales (Gemma, Cohere, Granite, MiniCPM, Grok).
  final_logit_softcapping: off,
  attn_logit_softcapping: off,
  logits_soft_cap: off,
  logit_scale: one,
  logits_scaling: one,
  output_multiplier_scale: one,
  embedding_multiplier: one,
  embedding_multiplier_scale: one,
  embedding_scale: one,
  scale_embedding: off,
  scale_emb: one,
  scale_depth: off,
  dim_model_base: (value, config) => value === config.countIfStated('hidden_size'),
  residual_multiplier: one,
  query_pre_attn_scalar: usualScale((value) => value),
  attention_multiplier: usualScale((value) => 1 / value ** 2),
  attn_temperature_tuning: off,
  attention_chunk_size: off,
  clip_qkv: off,
  attention_sinks: off,
  use_attention_sinks: off,
  // Another order of the block's parts.
  use_parallel_residual: off,
  parallel_residual: off,
  parallel_attn: off,
  use_post_norm: off,
  post_norm: off,
  sandwich_norm: off,
  residual_post_norm: off,
  use_bidirectional_attention: off,
  is_causal: is(true),
  add_cross_attention: off,
  is_encoder_decoder: off,
  // Norms over queries and keys, where no tensor of theirs tells (L2 norms have none).
  qk_norm: off,
  use_qk_norm: off,
  qk_layernorm: off,
  norm_type: is('rms_norm', 'rmsnorm', 'layer_norm', 'layernorm'),
  layernorm_zero_centered_gamma: off,
  // Positions.
  alibi: off,
  use_alibi: off,
  position_embedding_type: is('rope', 'rotary', 'absolute', 'learned'),
  no_rope_layers: all(one),
  no_rope_layer_interval: off,
  use_rope: is(true),
  rope_interleaved: off,
  use_mrope: off,
  rope_local_base_freq: off,
  'rope_parameters.mrope_section': empty,
  'rope_scaling.mrope_section': empty,
  'rope_parameters.attention_factor': one,
  'rope_scaling.attention_factor': one,
  rotary_dim: usualScale((value) => value),
  // Experts.
  num_experts: off,
  num_local_experts: is(0, 1),
  n_routed_experts: off,
  moe_num_experts: off,
  num_experts_per_tok: off,
  // Another attention, or layers of other kinds.
  kv_lora_rank: off,
  q_lora_rank: off,
  attn_layer_period: off,
  num_kv_shared_layers: off,
  layers_block_type: all(is('attention', 'full_attention')),
  hidden_size_per_layer_input: off,
};

/** Of networks on images; most of these show in the tensors too. */
const IMAGES: Readonly<Record<string, Harmless>> = {
  pre_norm: off,
  use_pre_norm: off,
  qk_norm: off,
  scale_attn_norm: off,
  scale_mlp_norm: off,
  init_values: off,
  layerscale_value: off,
  layer_scale_init_value: off,
  use_layer_scale: off,
  class_token: is(true),
  reg_tokens: off,
  num_register_tokens: off,
  no_embed_class: off,
  fc_norm: off,
  use_mean_pooling: off,
  use_relative_position_bias: off,
  use_shared_relative_position_bias: off,
  use_rot_pos_emb: off,
  use_swiglu_ffn: off,
  dynamic_img_pad: off,
  norm_layer: is('layernorm', 'LayerNorm', 'nn.LayerNorm'),
};

/** Throws QS-FILE-02 naming the first key that a family would have to follow; `followed` are keys that it does. */
export function refuseWhatChangesTheForwardPass(
  config: Config,
  kind: 'text' | 'images',
  followed: readonly string[] = [],
): void {
  for (const [key, harmless] of Object.entries(kind === 'text' ? TEXT : IMAGES)) {
    if (followed.includes(key)) continue;
    const places = kind === 'text' ? placesOf(key) : [key, `model_args.${key}`];
    for (const { place, value } of config.everywhere(places)) {
      if (!harmless(value, config)) throw unsupported(`${JSON.stringify(place)} of ${shown(value)} in its config.json`);
    }
  }
}
