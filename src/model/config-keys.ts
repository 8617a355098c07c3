/**
 * Where a fact may stand in the files that describe a network, under which name: transformers 4 and 5, timm (whose constructor arguments
 * lie in `model_args`, its preprocessing in `pretrained_cfg`), diffusers, and this studio's own samples. A path goes through sections;
 * `preprocessor.` is the file preprocessor_config.json. All places are looked at: one that is not the first is not overlooked, and
 * places that state different values are a contradiction (config.ts).
 */

/** Sections in which multi-modal models keep the config of the part that reads text. */
const TEXT_SECTIONS = ['text_config', 'llm_config', 'language_config'];

/** The places of one fact, the usual one first. */
const GROUPS: readonly (readonly string[])[] = [
  ['hidden_size', 'n_embd', 'd_model', 'embed_dim', 'model_args.embed_dim'],
  ['num_hidden_layers', 'n_layer', 'num_layers', 'depth', 'model_args.depth'],
  ['num_attention_heads', 'n_head', 'num_heads', 'model_args.num_heads'],
  ['num_key_value_heads', 'num_kv_heads', 'n_kv_heads', 'n_head_kv'],
  ['intermediate_size', 'n_inner', 'ffn_hidden_size'],
  ['max_position_embeddings', 'n_positions', 'n_ctx'],
  ['hidden_act', 'hidden_activation', 'activation_function', 'activation', 'act_layer', 'model_args.act_layer'],
  ['rms_norm_eps', 'norm_eps'],
  ['layer_norm_eps', 'layer_norm_epsilon', 'norm_eps'],
  ['tie_word_embeddings', 'tie_embeddings'],
  ['attention_bias', 'qkv_bias', 'model_args.qkv_bias'],

  ['rope_parameters.rope_theta', 'rope_scaling.rope_theta', 'rope_theta', 'rotary_emb_base'],
  ['rope_parameters.rope_type', 'rope_parameters.type', 'rope_scaling.rope_type', 'rope_scaling.type'],
  ['rope_parameters.factor', 'rope_scaling.factor'],
  ['rope_parameters.low_freq_factor', 'rope_scaling.low_freq_factor'],
  ['rope_parameters.high_freq_factor', 'rope_scaling.high_freq_factor'],
  [
    'rope_parameters.original_max_position_embeddings',
    'rope_scaling.original_max_position_embeddings',
    'original_max_position_embeddings',
  ],
  [
    'rope_parameters.partial_rotary_factor',
    'rope_scaling.partial_rotary_factor',
    'partial_rotary_factor',
    'rotary_pct',
    'rope_pct',
  ],

  ['image_size', 'input_size', 'img_size', 'sample_size', 'model_args.img_size'],
  // Of the checkpoint that a fine-tuned one came from: it counts where nothing nearer is stated.
  ['pretrained_cfg.input_size'],
  ['num_labels', 'num_classes', 'model_args.num_classes'],
  ['stride', 'model_args.stride', 'patch_stride'],
  ['pooling', 'global_pool', 'model_args.global_pool'],
  ['image.mean', 'mean', 'preprocessor.image_mean', 'image_mean', 'pretrained_cfg.mean'],
  ['image.std', 'std', 'preprocessor.image_std', 'image_std', 'pretrained_cfg.std'],
];

/** All places of a fact that is asked for by any of its places, which comes first. */
export function placesOf(key: string): readonly string[] {
  const group = GROUPS.find((places) => places.includes(key)) ?? [];
  const own = [key, ...group.filter((place) => place !== key)];
  return [...own, ...TEXT_SECTIONS.flatMap((section) => own.map((place) => `${section}.${place}`))];
}
