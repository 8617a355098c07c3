/**
 * GPT-2: LayerNorm, learned positions, one fused projection for q, k and v, GELU. Its linears are Conv1D modules, stored
 * cols × rows (inputs first). Followed: transformers' models/gpt2; its outputs are in testing/fixtures.
 */
import { StudioError } from '../base/errors';
import { quoted } from '../checkpoint/wording';
import type { Activation } from '../tensor/activation';
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

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu_new: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  gelu: 'gelu_erf',
  relu: 'relu',
};

export const GPT2: Architecture = {
  title: 'GPT-2',
  classes: ['GPT2LMHeadModel', 'GPT2Model'],
  modelType: 'gpt2',
  open: (source, values, name) => open(source, new Config(values), name),
};

function open(source: WeightSource, config: Config, architecture: string): Model {
  const tensors = new Inventory(source.tensors);
  const prefix = tensors.has('wte.weight') ? '' : 'transformer.';
  refuseWhatChangesTheForwardPass(config, 'text');
  const vocabulary = tensors.decides(config, 'vocab_size', tensors.size(`${prefix}wte.weight`, 0));
  const hidden = tensors.decides(config, 'n_embd', tensors.size(`${prefix}wte.weight`, 1));
  const maxLength = tensors.decides(config, 'n_positions', tensors.size(`${prefix}wpe.weight`, 0));
  const depth = tensors.blocks(config, 'n_layer', (i) => `${prefix}h.${i}.attn.c_attn.weight`);
  const heads = config.count('n_head');
  refuseTransposed(tensors, `${prefix}h.0.attn.c_attn.weight`, hidden);
  const width = tensors.decides(config, 'n_inner', tensors.size(`${prefix}h.0.mlp.c_fc.weight`, 1));
  const eps = config.positive('layer_norm_epsilon', 1e-5);
  const dim = hidden / heads;
  if (dim % 2 !== 0) throw contradiction(`${heads} heads do not divide n_embd ${hidden} into even widths`);
  const act = config.text('activation_function', 'gelu_new');
  if (!Object.hasOwn(ACTIVATIONS, act)) throw unsupported(`the activation "${act}"`);
  if (!config.flag('scale_attn_weights', true)) throw unsupported('unscaled attention');
  if (config.flag('scale_attn_by_inverse_layer_idx', false)) throw unsupported('attention scaled by layer');

  const norm = (name: string): NormPlan => ({
    weight: tensors.expect(`${name}.weight`, [hidden]),
    bias: tensors.expect(`${name}.bias`, [hidden]),
    eps,
  });
  const embedding = tensors.expect(`${prefix}wte.weight`, [vocabulary, hidden]);
  const positions = tensors.expect(`${prefix}wpe.weight`, [maxLength, hidden]);
  const blocks = Array.from({ length: depth }, (_, index): Block<LinearShape> => {
    const name = `${prefix}h.${index}`;
    const linear = (role: Role, path: string, rows: number, cols: number): LinearShape => ({
      name: `${name}.${path}`,
      weight: tensors.expect(`${name}.${path}.weight`, [cols, rows]),
      bias: tensors.expect(`${name}.${path}.bias`, [rows]),
      rows,
      cols,
      layout: 'in-out',
      role,
    });
    return {
      index,
      name,
      stages: [
        { linears: [linear('qkv', 'attn.c_attn', 3 * hidden, hidden)] },
        { linears: [linear('o', 'attn.c_proj', hidden, hidden)] },
        { linears: [linear('fc', 'mlp.c_fc', width, hidden)] },
        { linears: [linear('down', 'mlp.c_proj', hidden, width)] },
      ],
      plan: {
        kind: 'transformer',
        inputNorm: norm(`${name}.ln_1`),
        attention: {
          heads,
          keyHeads: heads,
          dim,
          causal: true,
          slidingWindow: null,
          rope: null,
          queryNorm: null,
          keyNorm: null,
        },
        outputNorm: norm(`${name}.ln_2`),
        activation: ACTIVATIONS[act],
      },
    };
  });
  const finalNorm = norm(`${prefix}ln_f`);
  const shape = [vocabulary, hidden];
  const head = headOf(tensors, config, { embedding, shape, architecture, tiedByDefault: true });
  return {
    architecture,
    title: 'GPT-2',
    hidden,
    vocabulary,
    maxLength,
    blocks: numbered(blocks),
    ends: { embedding, positions, norm: finalNorm, head },
    // The causal masks that old files carry.
    notes: tensors.finish(/\.attn\.(masked_)?bias$/),
    parameters: tensors.parameters,
  };
}

/** nanoGPT keeps GPT-2's names but stores its layers as nn.Linear does; square ones would be taken for the other without an error. */
function refuseTransposed(tensors: Inventory, name: string, hidden: number): void {
  const [first, second] = [tensors.size(name, 0), tensors.size(name, 1)];
  if (first !== 3 * hidden || second !== hidden) return;
  throw new StudioError(
    'QS-FILE-07',
    `Tensor ${quoted(name)} is ${first} × ${second}, outputs × inputs, and a GPT-2 stores its layers transposed, ` +
      `${second} × ${first} (Conv1D): these are nanoGPT's weights, so convert them as its from_pretrained does backwards, or leave ` +
      'config.json out to round them without calibration (RTN).',
    { found: `${first} × ${second}`, expected: `${second} × ${first}` },
  );
}
