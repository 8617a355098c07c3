/** What a network is, where its config.json is stale, moved or silent: tensors decide, all places of a key are looked at. */
import { describe, expect, it } from 'vitest';
import { isStudioError } from '../base/errors';
import { testGpu } from '../gpu/testing/gpus';
import { openModel, openNetwork, type TransformerPlan, type WeightSource } from './architecture';
import { LanguageModel } from './forward';
import { altered, loadFixture, memoryWeights, withTensor, type MemorySource } from './testing/fixtures';
import { referenceForward } from './testing/reference-forward';
import { loadVisionFixture } from './testing/vision-fixtures';
import { ImageClassifier } from './vision/image-network';
import type { Classifier } from './vision/image-model';
import { relativeDifference } from '../tensor/testing';

const [llama, biased, qwen2, qwen3, mistral, gpt2] = await Promise.all(
  (['llama3-scaled', 'llama-linear-biased', 'qwen2', 'qwen3', 'mistral-sliding', 'gpt2'] as const).map(loadFixture),
);
const vit = await loadVisionFixture('vit');
const vim = await loadVisionFixture('vim');
const gpu = await testGpu();

function refusal(source: WeightSource): { code: string; message: string } {
  try {
    openNetwork(source);
  } catch (error) {
    if (isStudioError(error)) return error;
    throw error;
  }
  throw new Error('it was opened');
}

const planOf = (source: WeightSource, block = 0): TransformerPlan => {
  const { plan } = openModel(source).blocks[block];
  if (plan.kind !== 'transformer') throw new Error(`a ${plan.kind} block`);
  return plan;
};

async function logitsOf(source: MemorySource, ids = llama.ids, geometry = llama.geometry): Promise<Float32Array> {
  const language = await LanguageModel.load(gpu, source, openModel(source));
  const logits = await language.logits(ids, geometry);
  const values = await logits.read();
  logits.release();
  language.release();
  return values;
}

describe('tensors decide over flags', () => {
  it('takes the head that is there, though the config claims that it is tied', async () => {
    const claimed = altered(llama.source, { tie_word_embeddings: true });
    const model = openModel(claimed);
    expect(model.ends.head).toBe('lm_head.weight');
    expect(model.notes.join()).toContain('although config.json claims that it is tied');
    expect(await logitsOf(claimed)).toEqual(await logitsOf(llama.source));
  });

  it.each([
    [
      'a width of the MLP',
      () => altered(llama.source, { intermediate_size: 24 }),
      '"intermediate_size" is 24, and the tensors say 20',
    ],
    [
      'a width',
      () => altered(llama.source, { hidden_size: 32, head_dim: null }),
      '"hidden_size" is 32, and the tensors say 16',
    ],
    [
      'a padded vocabulary',
      () => altered(llama.source, { vocab_size: 35 }),
      '"vocab_size" is 35, and the tensors say 37',
    ],
    [
      'the key-value heads',
      () => altered(llama.source, { num_key_value_heads: 4 }),
      '"num_key_value_heads" is 4, and the tensors say 2',
    ],
    ['heads that cannot share', () => altered(llama.source, { num_key_value_heads: 3 }), '"num_key_value_heads" is 3'],
    [
      'biases of the MLP',
      () => altered(biased.source, { mlp_bias: false }),
      '"mlp_bias" is false, and the file has such biases',
    ],
    ['biases of attention', () => altered(biased.source, { attention_bias: false }), '"attention_bias" is false'],
    ['GPT-2’s positions', () => altered(gpt2.source, { n_positions: 7, n_ctx: 7 }), 'and the tensors say 32'],
    ['GPT-2’s inner width', () => altered(gpt2.source, { n_inner: 10 }), '"n_inner" is 10, and the tensors say 80'],
    [
      'the classes of a ViT',
      () => altered(vit.source, { num_classes: 9, class_names: null }),
      '"num_classes" is 9, and the tensors say 5',
    ],
  ] as const)('%s, and a note says so', (_, source, note) => {
    expect(openNetwork(source()).notes.join('\n')).toContain(note);
  });

  it('is the same network, to the bit, whatever the stale flags say', async () => {
    const stale = { intermediate_size: 24, num_key_value_heads: 4, vocab_size: 99, hidden_size: 8 };
    expect(await logitsOf(altered(llama.source, stale))).toEqual(await logitsOf(llama.source));
    const flags = { attention_bias: false, mlp_bias: false };
    expect(await logitsOf(altered(biased.source, flags))).toEqual(await logitsOf(biased.source));
  });

  it('says nothing where both agree', () => {
    for (const { source } of [llama, biased, qwen2, qwen3, mistral, gpt2, vit, vim])
      expect(openNetwork(source).notes.filter((note) => !note.includes('pixels'))).toEqual([]);
  });

  it.each([
    ['a bias that is promised and missing', () => altered(llama.source, { attention_bias: true }), 'bias" is missing'],
    [
      'Qwen2 without a bias',
      () => altered(qwen2.source, {}, (name) => (name.endsWith('q_proj.bias') ? null : name)),
      'q_proj.bias" is missing',
    ],
    [
      'one bias of two blocks',
      () => altered(biased.source, {}, (name) => (name.includes('1.mlp.up_proj.bias') ? null : name)),
      'up_proj.bias" is missing',
    ],
    [
      'a head that is promised and missing',
      () => altered(llama.source, { tie_word_embeddings: false }, (name) => (name === 'lm_head.weight' ? null : name)),
      'not tied',
    ],
    [
      'blocks that no config counts',
      () => altered(llama.source, { num_hidden_layers: 1 }),
      'is 1, and the file has 2 blocks',
    ],
    [
      'heads and widths that do not fit',
      () => altered(llama.source, { head_dim: 8 }),
      '4 heads ("num_attention_heads") of 8 columns ("head_dim")',
    ],
  ] as const)('refuses what they cannot decide: %s', (_, source, words) => {
    expect(refusal(source()).message).toContain(words);
  });
});

describe('a key is looked for in every place', () => {
  it('rotates a part of the heads, wherever the share stands', async () => {
    const ropes = [
      altered(llama.source, { rope_parameters: { rope_theta: 500, rope_type: 'default', partial_rotary_factor: 0.5 } }),
      altered(llama.source, {
        rope_parameters: null,
        rope_theta: 500,
        rope_scaling: { type: 'default', partial_rotary_factor: 0.5 },
      }),
      altered(llama.source, { rope_parameters: null, rope_theta: 500, partial_rotary_factor: 0.5 }),
      altered(llama.source, { rope_parameters: null, rope_theta: 500, rotary_pct: 0.5 }),
      altered(llama.source, { rope_parameters: null, text_config: { rope_theta: 500, partial_rotary_factor: 0.5 } }),
      altered(llama.source, {
        rope_parameters: { full_attention: { rope_theta: 500, partial_rotary_factor: 0.5 } },
        layer_types: ['full_attention', 'full_attention'],
      }),
    ];
    for (const source of ropes) {
      expect(planOf(source).attention.rope).toEqual({ dim: 2, theta: 500, scaling: { type: 'none' } });
    }
    const [source] = ropes;
    const expected = referenceForward(source, llama.ids, llama.geometry).get('logits');
    expect(relativeDifference(await logitsOf(source), expected?.data ?? [])).toBeLessThan(5e-6);
  });

  it('keeps the settings of each type of layer apart', () => {
    const source = altered(qwen2.source, {
      rope_theta: null,
      rope_parameters: {
        full_attention: { rope_theta: 10 },
        sliding_attention: { rope_theta: 20, rope_type: 'linear', factor: 2 },
      },
    });
    expect(planOf(source, 0).attention.rope).toMatchObject({ theta: 10, scaling: { type: 'none' } });
    expect(planOf(source, 1).attention.rope).toMatchObject({ theta: 20, scaling: { type: 'linear', factor: 2 } });
  });

  it('knows the sizes of one library by the names of another', () => {
    const renamed = altered(llama.source, { num_attention_heads: null, n_head: 4, rms_norm_eps: null, norm_eps: 0.5 });
    expect(planOf(renamed)).toMatchObject({ attention: { heads: 4 }, inputNorm: { eps: 0.5 } });
  });

  const pixels = (config: Record<string, unknown>, preprocessor: unknown = null) =>
    (openNetwork({ ...altered(vit.source, { image: null, ...config }), preprocessor }) as Classifier).image.scaling;
  const half = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };

  it.each([
    ['this studio’s samples', () => pixels({ image: half })],
    ['timm', () => pixels({ pretrained_cfg: half })],
    ['older timm', () => pixels(half)],
    ['preprocessor_config.json', () => pixels({}, { image_mean: half.mean, image_std: half.std })],
    ['two files that agree', () => pixels({ pretrained_cfg: half }, { image_mean: half.mean, image_std: half.std })],
  ])('reads means and deviations as %s writes them', (_, scaling) => {
    expect(scaling()).toEqual({ mean: half.mean, deviation: half.std });
  });

  it('follows a preprocessor that does not normalize, and says where it assumes', () => {
    expect(pixels({}, { do_normalize: false })).toEqual({ mean: [0, 0, 0], deviation: [1, 1, 1] });
    const silent = openNetwork(altered(vit.source, { image: null }));
    expect(silent.notes.join()).toContain('ImageNet are taken');
  });

  it.each([
    ['two thetas', altered(llama.source, { rope_theta: 3 }), '"rope_theta" is 3'],
    ['two shares', altered(llama.source, { partial_rotary_factor: 0.5, rotary_pct: 0.25 }), '"rotary_pct" is 0.25'],
    ['two activations', altered(gpt2.source, { hidden_act: 'relu' }), '"hidden_act" is "relu"'],
    ['two counts of heads', altered(vit.source, { num_attention_heads: 8 }), '"num_attention_heads" is 8'],
    [
      'two means',
      { ...altered(vit.source, { image: half }), preprocessor: { image_mean: [0, 0, 0] } },
      'preprocessor.image_mean',
    ],
  ] as const)('refuses %s, naming both', (_, source, words) => {
    const error = refusal(source);
    expect(error.code).toBe('QS-FILE-04');
    expect(error.message).toContain(words);
  });
});

describe('an optional end', () => {
  const headless = (architecture: string, tie: boolean | null = false) =>
    altered(llama.source, { architectures: [architecture], tie_word_embeddings: tie }, (name) => {
      return name === 'lm_head.weight' ? null : name.replace(/^model\./, '');
    });

  it.each(['LlamaModel', 'MistralModel', 'Qwen2Model', 'Qwen3Model'])('opens %s without a head', (name) => {
    const source = name.startsWith('Qwen3')
      ? altered(qwen3.source, { architectures: [name], tie_word_embeddings: false }, (tensor) =>
          tensor === 'lm_head.weight' ? null : tensor,
        )
      : name.startsWith('Qwen2')
        ? altered(qwen2.source, { architectures: [name], tie_word_embeddings: false }, (tensor) =>
            tensor === 'lm_head.weight' ? null : tensor,
          )
        : headless(name);
    const model = openModel(source);
    expect(model.ends.head).toBeNull();
    expect(model.notes.join()).toContain('has no output head');
  });

  it('goes on knowing a tied head, said or by default, and the body of a GPT-2', () => {
    expect(openModel(headless('LlamaModel', true)).ends.head).toBe('embed_tokens.weight');
    expect(openModel(headless('LlamaForCausalLM', null)).ends.head).toBe('embed_tokens.weight');
    expect(openModel(altered(gpt2.source, { architectures: ['GPT2Model'] })).ends.head).toBe('transformer.wte.weight');
  });

  it('refuses what only a head gives', async () => {
    const source = headless('LlamaModel');
    await expect(LanguageModel.load(gpu, source, openModel(source))).rejects.toMatchObject({ code: 'QS-RECIPE-01' });
  });

  it.each(['vit', 'vim'] as const)('opens a %s without a head, and gives its features', async (name) => {
    const { source, images } = name === 'vit' ? vit : vim;
    const body = altered(source, {}, (tensor) => (tensor.startsWith('head.') ? null : tensor));
    const model = openNetwork(body) as Classifier;
    expect(model).toMatchObject({ classes: 0, classNames: null, ends: { head: null } });
    const network = await ImageClassifier.load(gpu, body, model);
    await expect(network.classify(Float32Array.from(images.data))).rejects.toMatchObject({ code: 'QS-RECIPE-01' });
    network.release();
  });
});

describe('what would change the forward pass is refused by its name', () => {
  it.each<[string, unknown]>([
    ['final_logit_softcapping', 30],
    ['attn_logit_softcapping', 50],
    ['logit_scale', 0.0625],
    ['logits_scaling', 8],
    ['embedding_multiplier', 12],
    ['residual_multiplier', 0.22],
    ['attention_multiplier', 0.0078125],
    ['query_pre_attn_scalar', 224],
    ['use_parallel_residual', true],
    ['use_qk_norm', true],
    ['clip_qkv', 8],
    ['no_rope_layers', [1, 1, 0]],
    ['attention_chunk_size', 8192],
    ['num_local_experts', 8],
    ['kv_lora_rank', 512],
    ['alibi', true],
    ['use_bidirectional_attention', true],
    ['attention_sinks', true],
    ['scale_emb', 12],
    ['sliding_window', 128],
    ['rope_scaling', { mrope_section: [1, 1] }],
  ])('%s of %j', (key, value) => {
    const source = altered(llama.source, { max_position_embeddings: 4096, [key]: value });
    const error = refusal(source);
    expect(error.code).toBe('QS-FILE-02');
    expect(error.message).toContain(key);
    expect(error.message).toMatch(/^[A-Z][^\n]*\.$/);
  });

  it('but not where the value changes nothing', () => {
    const harmless = {
      ...{ final_logit_softcapping: null, logit_scale: 1, embedding_multiplier: 1.0, residual_multiplier: 1 },
      ...{
        query_pre_attn_scalar: 4,
        attention_multiplier: 0.5,
        clip_qkv: null,
        no_rope_layers: [1, 1],
        num_experts: 0,
      },
      ...{ use_parallel_residual: false, sliding_window: null, is_encoder_decoder: false, pretraining_tp: 4 },
    };
    expect(openModel(altered(llama.source, harmless)).notes).toEqual([]);
  });

  it.each<[string, string, readonly number[], MemorySource]>([
    ['a bias of the head', 'lm_head.bias', [37], llama.source],
    ['a norm of the embedding', 'model.embed_layer_norm.weight', [16], llama.source],
    ['attention’s sinks', 'model.layers.0.self_attn.sinks', [4], llama.source],
    ['a second norm', 'model.layers.1.post_feedforward_layernorm.weight', [16], llama.source],
    ['what an adapter left', 'model.layers.0.self_attn.q_proj.lora_A.weight', [2, 16], llama.source],
    ['a router', 'model.layers.0.mlp.gate.weight', [4, 16], qwen3.source],
    ['a norm before the blocks', 'norm_pre.weight', [16], vit.source],
    ['register tokens', 'reg_token', [1, 4, 16], vit.source],
    ['a norm of the pooled features', 'fc_norm.weight', [16], vit.source],
    ['a second head', 'head_dist.weight', [5, 16], vit.source],
  ])('%s (%s)', (_, name, shape, source) => {
    const error = refusal(withTensor(source, name, shape));
    expect(error.code).toBe('QS-FILE-07');
    expect(error.message).toContain(name);
  });

  it.each([
    ['a tower of another sense', 'visual.blocks.0.attn.qkv.weight', llama.source],
    ['what predicts further tokens', 'mtp.layers.0.mlp.up_proj.weight', llama.source],
    ['a head of another task', 'score.weight', qwen2.source],
  ] as const)('%s beside the network is left alone, and named', (_, name, source) => {
    const [note] = openModel(withTensor(source, name, [4, 16])).notes;
    expect(note).toContain(name);
  });

  it('names nanoGPT’s layout, square layers included', () => {
    const turned = new Map(gpt2.source.tensors);
    for (const [name, tensor] of turned) {
      if (/\.(c_attn|c_fc|c_proj)\.weight$/.test(name))
        turned.set(name, { ...tensor, shape: tensor.shape.toReversed() });
    }
    const error = refusal(memoryWeights(gpt2.source.config, turned));
    expect(error.code).toBe('QS-FILE-07');
    expect(error.message).toMatch(/60 × 20, outputs × inputs.*transposed.*nanoGPT/);
  });
});
