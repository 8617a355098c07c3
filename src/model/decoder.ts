/**
 * The Llama family from one description: RMSNorm, rotary positions, grouped-query attention, SwiGLU. Its members differ in which
 * linears have biases, in norms over heads (Qwen3) and in sliding windows (Mistral, late layers of Qwen2).
 * Followed: transformers' models/{llama,mistral,qwen2,qwen3}; their outputs are in testing/fixtures.
 */
import type { RopeScaling, RopeSettings } from '../tensor/rope';
import { Config, contradiction, unsupported } from './config';
import { refuseWhatChangesTheForwardPass } from './config-refusals';
import { headOf, Inventory } from './inventory';
import {
  numbered,
  type Architecture,
  type Block,
  type LinearShape,
  type Model,
  type NormPlan,
  type Role,
  type WeightSource,
} from './model';

interface Family {
  readonly title: string;
  /** LlamaForCausalLM and LlamaModel. */
  readonly prefix: string;
  readonly modelType: string;
  /** Whether q, k and v have a bias where config.json does not say; other linears have none then. */
  readonly qkvBias?: boolean;
  readonly headNorms?: boolean;
  /** Keys a query of this layer sees; null for all. */
  slidingWindow(config: Config, layer: number): number | null;
}

export const LLAMA = decoder({
  title: 'Llama',
  prefix: 'Llama',
  modelType: 'llama',
  slidingWindow: noSlidingWindow,
});

export const MISTRAL = decoder({
  title: 'Mistral',
  prefix: 'Mistral',
  modelType: 'mistral',
  slidingWindow: (config, layer) => {
    const type = layerType(config, layer);
    return type === 'full_attention' ? null : config.countOrNull('sliding_window', 4096);
  },
});

export const QWEN2 = decoder({
  title: 'Qwen2',
  prefix: 'Qwen2',
  modelType: 'qwen2',
  qkvBias: true,
  slidingWindow: lateSlidingWindow,
});

export const QWEN3 = decoder({
  title: 'Qwen3',
  prefix: 'Qwen3',
  modelType: 'qwen3',
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
  refuseWhatChangesTheForwardPass(config, 'text');
  const prefix = tensors.has('embed_tokens.weight') ? '' : 'model.';
  const embeddings = `${prefix}embed_tokens.weight`;
  const vocabulary = tensors.decides(config, 'vocab_size', tensors.size(embeddings, 0));
  const hidden = tensors.decides(config, 'hidden_size', tensors.size(embeddings, 1));
  const eps = config.positive('rms_norm_eps', 1e-6);
  const act = config.text('hidden_act', 'silu');
  if (act !== 'silu' && act !== 'swish') throw unsupported(`the gate activation "${act}"`);
  const norm = (name: string, size: number): NormPlan => ({
    weight: tensors.expect(`${name}.weight`, [size]),
    bias: null,
    eps,
  });

  const embedding = tensors.expect(embeddings, [vocabulary, hidden]);
  const depth = tensors.blocks(config, 'num_hidden_layers', (i) => `${prefix}layers.${i}.self_attn.q_proj.weight`);
  const attention = attentionOf(tensors, config, `${prefix}layers.0.self_attn`);
  const width = tensors.decides(config, 'intermediate_size', tensors.size(`${prefix}layers.0.mlp.up_proj.weight`, 0));
  const blocks = Array.from({ length: depth }, (_, index): Block<LinearShape> => {
    const name = `${prefix}layers.${index}`;
    const linear = (role: Role, path: string, rows: number, cols: number): LinearShape => {
      const own = `${name}.${path}`;
      const weight = tensors.expect(`${own}.weight`, [rows, cols]);
      const inAttention = path.startsWith('self_attn');
      const promised = family.qkvBias === true && inAttention && role !== 'o';
      const bias = tensors.bias(own, rows, config, inAttention ? 'attention_bias' : 'mlp_bias', promised);
      return { name: own, weight, bias, rows, cols, layout: 'out-in', role };
    };
    const { heads, keyHeads, dim } = attention;
    return {
      index,
      name,
      stages: [
        {
          linears: [
            linear('k', 'self_attn.k_proj', keyHeads * dim, hidden),
            linear('v', 'self_attn.v_proj', keyHeads * dim, hidden),
            linear('q', 'self_attn.q_proj', heads * dim, hidden),
          ],
        },
        { linears: [linear('o', 'self_attn.o_proj', hidden, heads * dim)] },
        {
          linears: [linear('up', 'mlp.up_proj', width, hidden), linear('gate', 'mlp.gate_proj', width, hidden)],
        },
        { linears: [linear('down', 'mlp.down_proj', hidden, width)] },
      ],
      plan: {
        kind: 'transformer',
        inputNorm: norm(`${name}.input_layernorm`, hidden),
        attention: {
          ...attention,
          rope: ropeOf(config, dim, layerType(config, index)),
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
  const shape = [vocabulary, hidden];
  const head = headOf(tensors, config, { embedding, shape, architecture, tiedByDefault: false });
  return {
    architecture,
    title: family.title,
    hidden,
    vocabulary,
    maxLength: config.count('max_position_embeddings', 2048),
    blocks: numbered(blocks),
    ends: { embedding, positions: null, norm: finalNorm, head },
    notes: tensors.finish(/\.rotary_emb\.inv_freq$/),
    parameters: tensors.parameters,
  };
}

/**
 * The heads' number and width. The config says how many query heads there are, which no tensor shows; their width and the number of
 * key-value heads follow from the projections.
 */
function attentionOf(tensors: Inventory, config: Config, name: string) {
  const heads = config.count('num_attention_heads');
  const rows = tensors.size(`${name}.q_proj.weight`, 0);
  const keyRows = tensors.size(`${name}.k_proj.weight`, 0);
  const stated = config.countIfStated('head_dim');
  const dim = rows / heads;
  if (stated !== null && stated !== dim) {
    throw contradiction(
      `${heads} heads ("num_attention_heads") of ${stated} columns ("head_dim") do not make the ${rows} rows of ${name}.q_proj`,
    );
  }
  if (!Number.isInteger(dim) || dim % 2 !== 0) {
    throw contradiction(
      `heads of ${dim} columns (${rows} rows of ${name}.q_proj, ${heads} heads) cannot be rotated in halves`,
    );
  }
  const keyHeads = tensors.decides(config, 'num_key_value_heads', keyRows / dim);
  if (heads % keyHeads !== 0) throw contradiction(`${heads} heads cannot share ${keyHeads} key-value heads evenly`);
  return { heads, keyHeads, dim };
}

/** The settings of one type of layer, wherever they stand; transformers 5 may keep a section of them for each type. */
function ropeOf(all: Config, dim: number, type: string | null): RopeSettings {
  const own = type === null ? null : (all.section('rope_parameters')?.section(type) ?? null);
  const config = own ? all.with({ rope_parameters: own.values }) : all;
  const share = config.positive('partial_rotary_factor', 1);
  const rotated = Math.floor(dim * share);
  if (share > 1 || rotated < 2 || rotated % 2 !== 0) {
    throw contradiction(
      `"partial_rotary_factor" is ${share}, and ${rotated} of ${dim} columns cannot be rotated in halves`,
    );
  }
  return { dim: rotated, theta: config.positive('rope_theta', 10000), scaling: scalingOf(config) };
}

function scalingOf(config: Config): RopeScaling {
  const type = config.text('rope_parameters.rope_type', 'default');
  switch (type) {
    case 'default':
    case 'dynamic': // differs only past max_position_embeddings, where the studio does not go
      return { type: 'none' };
    case 'linear':
      return { type: 'linear', factor: config.positive('rope_parameters.factor') };
    case 'llama3': {
      const [lowFactor, highFactor] = [
        config.positive('rope_parameters.low_freq_factor'),
        config.positive('rope_parameters.high_freq_factor'),
      ];
      if (lowFactor >= highFactor) throw contradiction(`low_freq_factor ${lowFactor} is not below ${highFactor}`);
      const originalLength = config.count('rope_parameters.original_max_position_embeddings');
      return {
        type: 'llama3',
        factor: config.positive('rope_parameters.factor'),
        lowFactor,
        highFactor,
        originalLength,
      };
    }
    default:
      throw unsupported(`rotary scaling "${type}"`);
  }
}

/** What `layer_types` says of a layer; null where there is no such list. */
function layerType(config: Config, layer: number): 'full_attention' | 'sliding_attention' | null {
  const type = config.texts('layer_types')?.[layer] ?? null;
  if (type === null || type === 'full_attention' || type === 'sliding_attention') return type;
  throw unsupported(`layers of type "${type}"`);
}

/** Llama: transformers' has no windows, other programs follow the key. */
function noSlidingWindow(config: Config, layer: number): null {
  const window = config.countOrNull('sliding_window', null);
  const length = config.count('max_position_embeddings', 2048);
  if (layerType(config, layer) === 'sliding_attention' || (window !== null && window < length)) {
    throw unsupported(`a sliding window ("sliding_window" of ${window ?? 'no size'}) in a Llama`);
  }
  return null;
}

/** Qwen: where sliding windows are on at all, they are in the layers past max_window_layers, or those that layer_types names. */
function lateSlidingWindow(config: Config, layer: number): number | null {
  const type = layerType(config, layer);
  if (!config.flag('use_sliding_window', false)) return null;
  const sliding = type === null ? layer >= config.count('max_window_layers', 28) : type === 'sliding_attention';
  return sliding ? config.countOrNull('sliding_window', 4096) : null;
}
