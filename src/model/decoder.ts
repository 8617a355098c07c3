/**
 * The Llama family from one description: RMSNorm, rotary positions, grouped-query attention, SwiGLU. Its members differ in which
 * linears have biases, in norms over heads (Qwen3) and in sliding windows (Mistral, late layers of Qwen2).
 * Followed: transformers' models/{llama,mistral,qwen2,qwen3}; their outputs are in testing/fixtures.
 */
import type { RopeScaling, RopeSettings } from '../tensor/rope';
import { Config, contradiction, unsupported } from './config';
import { headOf, Inventory } from './inventory';
import type { Architecture, Block, Linear, Model, NormPlan, Role, WeightSource } from './model';

interface Family {
  readonly title: string;
  /** LlamaForCausalLM and LlamaModel. */
  readonly prefix: string;
  readonly modelType: string;
  /** Which of the attention's linears have a bias. */
  attentionBias(config: Config): { readonly qkv: boolean; readonly o: boolean };
  readonly headNorms?: boolean;
  /** Keys a query of this layer sees; null for all. */
  slidingWindow(config: Config, layer: number): number | null;
}

const optionalBias = (config: Config) => {
  const bias = config.flag('attention_bias', false);
  return { qkv: bias, o: bias };
};

export const LLAMA = decoder({
  title: 'Llama',
  prefix: 'Llama',
  modelType: 'llama',
  attentionBias: optionalBias,
  slidingWindow: () => null,
});

export const MISTRAL = decoder({
  title: 'Mistral',
  prefix: 'Mistral',
  modelType: 'mistral',
  attentionBias: () => ({ qkv: false, o: false }),
  slidingWindow: (config) => config.countOrNull('sliding_window', 4096),
});

export const QWEN2 = decoder({
  title: 'Qwen2',
  prefix: 'Qwen2',
  modelType: 'qwen2',
  attentionBias: () => ({ qkv: true, o: false }),
  slidingWindow: lateSlidingWindow,
});

export const QWEN3 = decoder({
  title: 'Qwen3',
  prefix: 'Qwen3',
  modelType: 'qwen3',
  attentionBias: optionalBias,
  headNorms: true,
  slidingWindow: lateSlidingWindow,
});

function decoder(family: Family): Architecture {
  return {
    title: family.title,
    classes: [`${family.prefix}ForCausalLM`, `${family.prefix}Model`],
    modelType: family.modelType,
    open: (source, values, name) => open(family, source, new Config(values), name),
  };
}

function open(family: Family, source: WeightSource, config: Config, architecture: string): Model {
  const tensors = new Inventory(source.tensors);
  const prefix = tensors.has('embed_tokens.weight') ? '' : 'model.';
  const hidden = config.count('hidden_size');
  const vocabulary = config.count('vocab_size');
  const eps = config.positive('rms_norm_eps', 1e-6);
  const act = config.text('hidden_act', 'silu');
  if (act !== 'silu' && act !== 'swish') throw unsupported(`the gate activation "${act}"`);
  const attention = attentionOf(config, hidden);
  const norm = (name: string, size: number): NormPlan => ({
    weight: tensors.expect(`${name}.weight`, [size]),
    bias: null,
    eps,
  });

  const embedding = tensors.expect(`${prefix}embed_tokens.weight`, [vocabulary, hidden]);
  const blocks = Array.from({ length: config.count('num_hidden_layers') }, (_, index): Block => {
    const name = `${prefix}layers.${index}`;
    const linear = linearsOf(tensors, name);
    const width = config.count('intermediate_size');
    const { heads, keyHeads, dim } = attention;
    const bias = family.attentionBias(config);
    const gateBias = config.flag('mlp_bias', false);
    return {
      index,
      name,
      stages: [
        {
          linears: [
            linear('k', 'self_attn.k_proj', keyHeads * dim, hidden, bias.qkv),
            linear('v', 'self_attn.v_proj', keyHeads * dim, hidden, bias.qkv),
            linear('q', 'self_attn.q_proj', heads * dim, hidden, bias.qkv),
          ],
        },
        { linears: [linear('o', 'self_attn.o_proj', hidden, heads * dim, bias.o)] },
        {
          linears: [
            linear('up', 'mlp.up_proj', width, hidden, gateBias),
            linear('gate', 'mlp.gate_proj', width, hidden, gateBias),
          ],
        },
        { linears: [linear('down', 'mlp.down_proj', hidden, width, gateBias)] },
      ],
      plan: {
        kind: 'transformer',
        inputNorm: norm(`${name}.input_layernorm`, hidden),
        attention: {
          ...attention,
          causal: true,
          slidingWindow: family.slidingWindow(config, index),
          queryNorm: family.headNorms ? norm(`${name}.self_attn.q_norm`, dim) : null,
          keyNorm: family.headNorms ? norm(`${name}.self_attn.k_norm`, dim) : null,
        },
        outputNorm: norm(`${name}.post_attention_layernorm`, hidden),
        activation: 'silu_gate',
      },
    };
  });
  const finalNorm = norm(`${prefix}norm`, hidden);
  const head = headOf(tensors, config, embedding, [vocabulary, hidden]);
  return {
    architecture,
    title: family.title,
    hidden,
    vocabulary,
    maxLength: config.count('max_position_embeddings', 2048),
    blocks,
    ends: { embedding, positions: null, norm: finalNorm, head },
    notes: tensors.finish(`${prefix}layers.`, /\.rotary_emb\.inv_freq$/),
    parameters: tensors.parameters,
  };
}

/** Maker of a block's linears; checks the weight and the bias, and refuses a bias nobody asked for in Inventory.finish. */
function linearsOf(tensors: Inventory, block: string) {
  return (role: Role, path: string, rows: number, cols: number, biased: boolean): Linear => {
    const name = `${block}.${path}`;
    const weight = tensors.expect(`${name}.weight`, [rows, cols]);
    const bias = biased ? tensors.expect(`${name}.bias`, [rows]) : null;
    return { name, weight, bias, rows, cols, layout: 'out-in', role };
  };
}

function attentionOf(config: Config, hidden: number) {
  const heads = config.count('num_attention_heads');
  const keyHeads = config.count('num_key_value_heads', heads);
  const dim = config.count('head_dim', hidden / heads);
  if (!Number.isInteger(dim) || dim % 2 !== 0) {
    throw contradiction(`heads of ${dim} columns (hidden_size ${hidden}, ${heads} heads) cannot be rotated in halves`);
  }
  if (heads % keyHeads !== 0) throw contradiction(`${heads} heads cannot share ${keyHeads} key-value heads evenly`);
  return { heads, keyHeads, dim, rope: ropeOf(config, dim) };
}

/** rope_theta and rope_scaling, or both in the newer rope_parameters. */
function ropeOf(config: Config, dim: number): RopeSettings {
  if (config.positive('partial_rotary_factor', 1) !== 1) throw unsupported('heads that are rotated in part');
  const rope = config.section('rope_parameters') ?? config.section('rope_scaling');
  const theta = (rope ?? config).positive('rope_theta', config.positive('rope_theta', 10000));
  return { dim, theta, scaling: rope ? scalingOf(rope) : { type: 'none' } };
}

function scalingOf(rope: Config): RopeScaling {
  const type = rope.text('rope_type', rope.text('type', 'default'));
  switch (type) {
    case 'default':
    case 'dynamic': // differs only past max_position_embeddings, where the studio does not go
      return { type: 'none' };
    case 'linear':
      return { type: 'linear', factor: rope.positive('factor') };
    case 'llama3': {
      const [lowFactor, highFactor] = [rope.positive('low_freq_factor'), rope.positive('high_freq_factor')];
      if (lowFactor >= highFactor) throw contradiction(`low_freq_factor ${lowFactor} is not below ${highFactor}`);
      const originalLength = rope.count('original_max_position_embeddings');
      return { type: 'llama3', factor: rope.positive('factor'), lowFactor, highFactor, originalLength };
    }
    default:
      throw unsupported(`rotary scaling "${type}"`);
  }
}

/** Qwen: where sliding windows are on at all, they are in the layers past max_window_layers, or those that layer_types names. */
function lateSlidingWindow(config: Config, layer: number): number | null {
  const types = config.texts('layer_types');
  const type = types === null ? null : types[layer];
  if (type !== null && type !== 'full_attention' && type !== 'sliding_attention') {
    throw unsupported(`layers of type "${type}"`);
  }
  if (!config.flag('use_sliding_window', false)) return null;
  const sliding = type === null ? layer >= config.count('max_window_layers', 28) : type === 'sliding_attention';
  return sliding ? config.countOrNull('sliding_window', 4096) : null;
}
