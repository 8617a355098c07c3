/** Which tensors of a checkpoint are linear layers, where no architecture says so, and how they lie. */
import { describe, expect, it } from 'vitest';
import { linearsIn, linearsOf } from './linears';
import { openModel, type WeightSource } from './architecture';
import { loadFixture } from './testing/fixtures';
import { hasExperts, kindOf } from './tensor-kinds';

/** Shapes by name, as a source whose values nobody reads. */
function shaped(tensors: Record<string, readonly number[]>, dtype = 'F32'): WeightSource {
  return {
    config: null,
    tensors: new Map(Object.entries(tensors).map(([name, shape]) => [name, { shape, dtype }])),
    read: (name) => Promise.reject(new Error(`${name} was read`)),
    readRange: (name) => Promise.reject(new Error(`${name} was read`)),
  };
}

const lines = (source: WeightSource) =>
  linearsOf(source).map(({ name, rows, cols, layout }) => `${name} ${rows}×${cols} ${layout}`);

describe('linearsOf', () => {
  it('asks the architecture where it is known', async () => {
    const { source } = await loadFixture('qwen3');
    expect(linearsOf(source)).toEqual(linearsIn(openModel(source)));
  });

  it.each<[string, Record<string, readonly number[]>, readonly string[]]>([
    [
      'fused experts and routers',
      {
        'l.0.mlp.gate.weight': [16, 64],
        'l.0.mlp.experts.gate_up_proj': [16, 96, 64],
        'l.0.attn.q_proj.weight': [64, 64],
      },
      ['l.0.attn.q_proj 64×64 out-in'],
    ],
    [
      'experts one by one, but not their router',
      {
        'l.0.moe.gate.weight': [8, 64],
        'l.0.moe.experts.0.w1.weight': [96, 64],
        'l.0.moe.experts.10.w1.weight': [96, 64],
      },
      ['l.0.moe.experts.0.w1 96×64 out-in', 'l.0.moe.experts.10.w1 96×64 out-in'],
    ],
    [
      'a gate where there are no experts',
      { 'l.0.mlp.gate.weight': [96, 64], 'l.0.mlp.up.weight': [96, 64] },
      ['l.0.mlp.gate 96×64 out-in', 'l.0.mlp.up 96×64 out-in'],
    ],
    [
      'Mamba',
      {
        'l.0.mixer.A_log': [128, 16],
        'l.0.mixer.dt_bias': [16, 16],
        'l.0.mixer.conv1d.weight': [128, 1, 4],
        'l.0.mixer.dt_proj.weight': [128, 4],
        'l.0.mixer.in_proj.weight': [256, 64],
      },
      ['l.0.mixer.in_proj 256×64 out-in'],
    ],
    [
      'RWKV',
      {
        'emb.weight': [99, 64],
        'blocks.0.att.time_decay': [8, 8],
        'blocks.0.att.time_maa_w1': [64, 32],
        'blocks.0.att.key.weight': [64, 64],
        'head.weight': [99, 64],
      },
      ['blocks.0.att.key 64×64 out-in'],
    ],
    [
      'T5',
      {
        'shared.weight': [99, 64],
        'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight': [32, 8],
        'encoder.block.0.layer.0.SelfAttention.q.weight': [64, 64],
      },
      ['encoder.block.0.layer.0.SelfAttention.q 64×64 out-in'],
    ],
    [
      'Flax, whose kernels are inputs × outputs',
      {
        'Transformer/encoderblock_0/Mlp/Dense_0/kernel': [64, 256],
        'Transformer/encoderblock_0/Attn/query/kernel': [64, 4, 16],
        'Transformer/encoderblock_0/Attn/query/bias': [16, 16],
        'Transformer/posembed_input/pos_embedding': [17, 64],
        'head/kernel': [64, 10],
        cls: [8, 64],
      },
      ['Transformer/encoderblock_0/Mlp/Dense_0 256×64 in-out'],
    ],
    [
      'Conv1D, whose biases tell, a square one with them',
      {
        'h.0.c_attn.weight': [64, 192],
        'h.0.c_attn.bias': [192],
        'h.0.c_proj.weight': [64, 64],
        'h.0.c_proj.bias': [64],
      },
      ['h.0.c_attn 192×64 in-out', 'h.0.c_proj 64×64 in-out'],
    ],
    [
      'a mixer over tokens and a post-projection, which only look like embeddings and positions',
      {
        'blocks.0.token_mixing.fc1.weight': [32, 16],
        'blocks.0.post_proj.weight': [16, 16],
        'blocks.0.pos_embed.weight': [16, 16],
      },
      ['blocks.0.post_proj 16×16 out-in', 'blocks.0.token_mixing.fc1 32×16 out-in'],
    ],
    [
      'heads, embeddings and norms of several families',
      {
        'output.weight': [99, 64],
        'classifier.weight': [10, 64],
        'lm_head.weight': [99, 64],
        'tok_embeddings.weight': [99, 64],
        'l.0.attention.output.dense.weight': [64, 64],
        'norm.weight': [64],
      },
      ['l.0.attention.output.dense 64×64 out-in'],
    ],
  ])('by the rule: %s', (_, tensors, expected) => {
    expect(lines(shaped(tensors))).toEqual(expected);
  });

  it('takes floating-point matrices only', () => {
    expect(linearsOf(shaped({ 'a.weight': [16, 16] }, 'I32'))).toEqual([]);
  });
});

describe('kindOf', () => {
  it.each<[string, readonly number[], string]>([
    ['model.layers.0.mlp.experts.down_proj', [16, 64, 96], 'experts'],
    ['model.layers.0.mlp.router.weight', [16, 64], 'routers'],
    ['backbone.layers.0.mixer.A_log', [128, 16], 'state matrices'],
    ['transformer.wpe.weight', [64, 64], 'positions'],
    ['head/kernel', [64, 10], 'output heads'],
    ['patch_embed.proj.weight', [64, 3, 4, 4], 'embeddings'],
    ['h.0.ln_1.bias', [64], 'biases'],
    ['Transformer/encoderblock_0/LayerNorm_0/scale', [64], 'norms'],
    ['features.0.weight', [64, 3, 3, 3], 'convolutions'],
    ['Transformer/encoderblock_0/query/kernel', [64, 4, 16], 'kernels of three dimensions'],
    ['model.layers.0.self_attn.rotary_emb.inv_freq', [8], 'buffers'],
  ])('%s is of the %s', (name, shape, kind) => {
    expect(kindOf(name, shape, false)).toBe(kind);
  });

  it('knows experts by a module of that name', () => {
    expect(hasExperts(shaped({ 'l.0.experts.0.w1.weight': [8, 8] }).tensors)).toBe(true);
    expect(hasExperts(shaped({ 'l.0.expertise.weight': [8, 8] }).tensors)).toBe(false);
  });
});
