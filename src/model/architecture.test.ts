import { describe, expect, it } from 'vitest';
import { isStudioError } from '../base/errors';
import { ARCHITECTURES, openModel, type TransformerPlan, type WeightSource } from './architecture';
import { altered, FIXTURES, loadFixture, memoryWeights, withTensor } from './testing/fixtures';

const sources = Object.fromEntries(
  await Promise.all(FIXTURES.map(async (name) => [name, (await loadFixture(name)).source] as const)),
);

function refusal(source: WeightSource): { code: string; message: string } {
  try {
    openModel(source);
  } catch (error) {
    if (isStudioError(error)) return error;
    throw error;
  }
  throw new Error('it was opened');
}

/** One line a linear: 'name role rows × cols layout +bias'. */
function lines(source: WeightSource): string[][] {
  return openModel(source).blocks[1].stages.map(({ linears }) =>
    linears.map(
      ({ name, role, rows, cols, layout, bias }) => `${name} ${role} ${rows}×${cols} ${layout}${bias ? ' +bias' : ''}`,
    ),
  );
}

function transformers(source: WeightSource): TransformerPlan[] {
  return openModel(source).blocks.map(({ plan }) => {
    if (plan.kind !== 'transformer') throw new Error(`a ${plan.kind} block`);
    return plan;
  });
}

describe('openModel', () => {
  it('lists the linears of a Llama block in calibration order', () => {
    expect(lines(sources['llama3-scaled'])).toEqual([
      [
        'model.layers.1.self_attn.k_proj k 8×16 out-in',
        'model.layers.1.self_attn.v_proj v 8×16 out-in',
        'model.layers.1.self_attn.q_proj q 16×16 out-in',
      ],
      ['model.layers.1.self_attn.o_proj o 16×16 out-in'],
      ['model.layers.1.mlp.up_proj up 20×16 out-in', 'model.layers.1.mlp.gate_proj gate 20×16 out-in'],
      ['model.layers.1.mlp.down_proj down 16×20 out-in'],
    ]);
  });

  it('lists GPT-2’s Conv1D layers as outputs × inputs', () => {
    expect(lines(sources.gpt2)).toEqual([
      ['transformer.h.1.attn.c_attn qkv 60×20 in-out +bias'],
      ['transformer.h.1.attn.c_proj o 20×20 in-out +bias'],
      ['transformer.h.1.mlp.c_fc fc 80×20 in-out +bias'],
      ['transformer.h.1.mlp.c_proj down 20×80 in-out +bias'],
    ]);
  });

  it('knows which layers of which family have biases, head norms and windows', () => {
    expect(
      lines(sources.qwen2)
        .flat()
        .filter((line) => line.endsWith('+bias')),
    ).toHaveLength(3);
    expect(
      lines(sources['llama-linear-biased'])
        .flat()
        .filter((line) => line.endsWith('+bias')),
    ).toHaveLength(7);
    const plans = (name: string) => transformers(sources[name]).map(({ attention }) => attention);
    expect(plans('qwen3').every(({ queryNorm, keyNorm }) => queryNorm && keyNorm)).toBe(true);
    expect(plans('qwen3')[0]).toMatchObject({ heads: 4, keyHeads: 2, dim: 6 });
    expect(plans('mistral-sliding').map(({ slidingWindow }) => slidingWindow)).toEqual([5, 5]);
    expect(plans('qwen2').map(({ slidingWindow }) => slidingWindow)).toEqual([null, 4]);
  });

  it('counts every weight once', () => {
    for (const source of Object.values(sources)) {
      const all = [...source.tensors.values()].reduce((sum, { values }) => sum + values.length, 0);
      expect(openModel(source).parameters).toBe(all);
    }
  });

  it('is plain data', () => {
    const model = openModel(sources.qwen3);
    expect(structuredClone(model)).toEqual(model);
  });

  it('accepts names without their prefix', () => {
    const plain = altered(sources.qwen2, {}, (name) => name.replace(/^model\./, ''));
    expect(openModel(plain).blocks[0].stages[1].linears[0].name).toBe('layers.0.self_attn.o_proj');
    const gpt2 = altered(sources.gpt2, {}, (name) => name.replace(/^transformer\./, ''));
    expect(openModel(gpt2).ends.positions).toBe('wpe.weight');
  });

  it('goes by model_type where no class is named, and knows headless classes', () => {
    expect(openModel(altered(sources.gpt2, { architectures: undefined })).title).toBe('GPT-2');
    expect(openModel(altered(sources.qwen2, { architectures: ['Qwen2Model'] })).title).toBe('Qwen2');
  });

  it('ties the head where the config says nothing and the file has none', () => {
    const model = openModel(
      altered(sources['llama3-scaled'], { tie_word_embeddings: undefined }, (name) =>
        name === 'lm_head.weight' ? null : name,
      ),
    );
    expect(model.ends.head).toBe(model.ends.embedding);
  });

  it('overlooks buffers that old files carry', () => {
    expect(openModel(withTensor(sources.gpt2, 'transformer.h.0.attn.bias', [1, 1, 32, 32])).notes).toEqual([]);
    const rotary = withTensor(sources['mistral-sliding'], 'model.layers.0.self_attn.rotary_emb.inv_freq', [2]);
    expect(openModel(rotary).notes).toEqual([]);
  });

  it('reads rope settings in the older and the newer form', () => {
    const scaling = { factor: 4, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 16 };
    const older = { rope_parameters: undefined, rope_theta: 500, rope_scaling: { ...scaling, rope_type: 'llama3' } };
    const ropeOf = (source: WeightSource) => transformers(source)[0].attention.rope;
    expect(ropeOf(altered(sources['llama3-scaled'], older))).toEqual(ropeOf(sources['llama3-scaled']));
    const oldest = { rope_parameters: undefined, rope_scaling: { type: 'linear', factor: 2 } };
    expect(ropeOf(altered(sources['llama3-scaled'], oldest))).toEqual({
      dim: 4,
      theta: 10000,
      scaling: { type: 'linear', factor: 2 },
    });
  });

  it('has classes and model types that no two architectures share', () => {
    const keys = ARCHITECTURES.flatMap(({ classes, modelType }) => [...classes, modelType]);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('openModel refuses', () => {
  const llama = sources['llama3-scaled'];
  const without = (name: string) => altered(llama, {}, (tensor) => (tensor === name ? null : tensor));
  const rope = (rope_parameters: unknown) => altered(llama, { rope_parameters });

  it.each<[string, WeightSource, string, string]>([
    ['no config', { ...llama, config: null }, 'QS-FILE-02', 'no config.json'],
    ['an unknown class', altered(llama, { architectures: ['MambaForCausalLM'] }), 'QS-FILE-02', '"MambaForCausalLM"'],
    ['no class at all', memoryWeights({}, llama.tensors), 'QS-FILE-02', 'a model without a name'],
    ['an unknown scaling', rope({ rope_type: 'yarn', factor: 2 }), 'QS-FILE-02', 'rotary scaling "yarn"'],
    ['a rotation of odd columns', altered(llama, { partial_rotary_factor: 0.75 }), 'QS-FILE-04', '3 of 4 columns'],
    ['another activation', altered(llama, { hidden_act: 'gelu' }), 'QS-FILE-02', 'gate activation "gelu"'],
    [
      'another GPT-2 activation',
      altered(sources.gpt2, { activation_function: 'toString' }),
      'QS-FILE-02',
      '"toString"',
    ],
    ['unscaled attention', altered(sources.gpt2, { scale_attn_weights: false }), 'QS-FILE-02', 'unscaled'],
    [
      'linear attention',
      altered(sources.qwen3, { layer_types: ['linear_attention'] }),
      'QS-FILE-02',
      'linear_attention',
    ],
    ['quantized weights', altered(llama, { quantization_config: { quant_method: 'gptq' } }), 'QS-FILE-01', '("gptq")'],
    ['integer weights', withTensor(llama, 'model.norm.weight', [16], 'I8'), 'QS-FILE-01', 'stored as I8'],
    [
      'a missing count',
      altered(llama, { num_attention_heads: null }),
      'QS-FILE-04',
      '"num_attention_heads" is missing',
    ],
    ['a size in words', altered(llama, { vocab_size: 'many' }), 'QS-FILE-04', '"vocab_size" is "many"'],
    ['a huge number of layers', altered(llama, { num_hidden_layers: 1e12 }), 'QS-FILE-04', 'num_hidden_layers'],
    ['a fractional size', altered(llama, { intermediate_size: 20.5 }), 'QS-FILE-04', '"intermediate_size" is 20.5'],
    ['heads of another width', altered(llama, { head_dim: 5 }), 'QS-FILE-04', 'of 5 columns ("head_dim")'],
    ['too many heads', altered(llama, { num_attention_heads: 16, head_dim: null }), 'QS-FILE-04', 'heads of 1 columns'],
    ['a nested fault', rope({ rope_type: 'linear', factor: -1 }), 'QS-FILE-04', '"rope_parameters.factor" is -1'],
    ['heads that do not divide', altered(sources.gpt2, { n_head: 3 }), 'QS-FILE-04', '3 heads do not divide n_embd 20'],
    [
      'a missing weight',
      without('model.layers.1.mlp.up_proj.weight'),
      'QS-FILE-07',
      '"model.layers.1.mlp.up_proj.weight" is missing',
    ],
    ['a missing head', without('lm_head.weight'), 'QS-FILE-07', 'not tied'],
    [
      'another vocabulary of the head',
      withTensor(llama, 'lm_head.weight', [40, 16]),
      'QS-FILE-07',
      'is 40 × 16, and config.json asks for 37 × 16',
    ],
    ['too many layers', altered(llama, { num_hidden_layers: 3 }), 'QS-FILE-07', 'is 3, and the file has 2 blocks'],
    ['too few layers', altered(llama, { num_hidden_layers: 1 }), 'QS-FILE-07', 'is 1, and the file has 2 blocks'],
    ['a missing bias', altered(llama, { attention_bias: true }), 'QS-FILE-07', 'k_proj.bias" is missing'],
    ['norms too many', altered(sources.qwen3, { architectures: ['LlamaForCausalLM'] }), 'QS-FILE-07', 'q_norm.weight'],
    [
      'transposed weights',
      withTensor(sources.gpt2, 'transformer.h.0.mlp.c_fc.weight', [80, 20]),
      'QS-FILE-07',
      '80 × 20',
    ],
    ['a scalar', withTensor(llama, 'model.norm.weight', []), 'QS-FILE-07', 'is a single number'],
  ])('%s', (_, source, code, words) => {
    const error = refusal(source);
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
    expect(error.message).toMatch(/^[A-Z][^\n]*\.$/); // a sentence
  });
});
