/** The engine as a stranger uses it: nothing of it but its face, a network out of bytes, a paper's row, an export that opens again. */
import { expect, it } from 'vitest';
import * as engine from './engine';
import { testGpu } from './gpu/testing/gpus';

/** A network of one small block, as a stranger writes one: a safetensors file of zeros but for a ramp in every matrix. */
function smallNetwork(): engine.ByteSource[] {
  const [hidden, ffn, vocabulary] = [16, 32, 24];
  const layer = 'model.layers.0.';
  const shapes: Record<string, number[]> = {
    'model.embed_tokens.weight': [vocabulary, hidden],
    [`${layer}self_attn.q_proj.weight`]: [hidden, hidden],
    [`${layer}self_attn.k_proj.weight`]: [hidden, hidden],
    [`${layer}self_attn.v_proj.weight`]: [hidden, hidden],
    [`${layer}self_attn.o_proj.weight`]: [hidden, hidden],
    [`${layer}mlp.gate_proj.weight`]: [ffn, hidden],
    [`${layer}mlp.up_proj.weight`]: [ffn, hidden],
    [`${layer}mlp.down_proj.weight`]: [hidden, ffn],
    [`${layer}input_layernorm.weight`]: [hidden],
    [`${layer}post_attention_layernorm.weight`]: [hidden],
    'model.norm.weight': [hidden],
  };
  const header: Record<string, object> = {};
  const values: number[] = [];
  for (const [name, shape] of Object.entries(shapes)) {
    const begin = 4 * values.length;
    const size = shape.reduce((product, n) => product * n, 1);
    for (let i = 0; i < size; i++) values.push(shape.length === 1 ? 1 : Math.sin(1 + 7.3 * i + values.length) / 4);
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, 4 * values.length] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + 4 * values.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(new Uint8Array(Float32Array.from(values).buffer), 8 + json.length);
  const config = {
    architectures: ['LlamaForCausalLM'],
    ...{ model_type: 'llama', hidden_size: hidden, num_attention_heads: 2, num_key_value_heads: 2, hidden_act: 'silu' },
    ...{ intermediate_size: ffn, num_hidden_layers: 1, vocab_size: vocabulary, tie_word_embeddings: true },
    ...{ rms_norm_eps: 1e-5, max_position_embeddings: 64 },
  };
  return [
    engine.memorySource(bytes, 'small/model.safetensors'),
    engine.memorySource(new TextEncoder().encode(JSON.stringify(config)), 'small/config.json'),
  ];
}

async function bytesOf({ chunks }: engine.ExportFile): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks()) parts.push(chunk);
  return new Uint8Array(Buffer.concat(parts));
}

it('opens, describes, plans and runs a network by a paper’s row, and exports one that opens again', async () => {
  const gpu: engine.Gpu = await testGpu();
  const checkpoint = await engine.openCheckpoint(smallNetwork());
  const { architecture, facts, linears } = engine.describeCheckpoint(checkpoint);
  expect([architecture, linears.length]).toEqual(['LlamaForCausalLM', 7]);
  const paper = engine.PAPERS.find(({ id }) => id === 'awq');
  if (!paper || !facts) throw new Error('AWQ is for decoders');
  expect(engine.refusalOf(paper, facts)).toBeNull();
  const recipe = engine.parseRecipe({
    version: 2,
    rows: [engine.rowOfPaper(paper, facts)],
    calibration: { source: 'random', file: null, windows: 4, length: 8, seed: 1 },
    heldOut: { file: null, windows: 2 },
  });
  const rows = engine.expandRows(recipe);
  const row = rows.findIndex(({ from }) => from === 0);
  const run = await engine.prepareRun(checkpoint, recipe, { gpu, rate: 1e9 });
  expect(run.plan.layers.map(({ name }) => name)).toEqual(linears.map(({ name }) => name));
  expect(run.plan.rows[row].label).toBe(engine.labelOf(recipe.rows[0]));

  const store = new engine.MemoryRunStore();
  const told: engine.RunEvent['type'][] = [];
  let result: engine.RunResult | null = null;
  for await (const event of engine.runRecipe(run, { gpu, store, control: new engine.RunControl() })) {
    told.push(event.type);
    if (event.type === 'end') ({ result } = event);
  }
  if (!result) throw new Error('a run ends with its result');
  expect(told[0]).toBe('plan');
  expect(told.filter((type) => type === 'layer-done')).toHaveLength(rows.length * linears.length);
  expect(result.rows.every(({ perplexity }) => Number.isFinite(perplexity))).toBe(true);
  expect(result.codeVersion).toBe(engine.ENGINE_VERSION);

  const exported = await engine.rowExportOf(checkpoint, recipe, row, store);
  engine.assertFormatFits('safetensors', run.linears, rows[row]);
  const { files } = await engine.weightFiles('safetensors', exported);
  const sources = await Promise.all(
    files.map(async (file) => engine.memorySource(await bytesOf(file), `quantized/${file.name}`)),
  );
  const again = await engine.openCheckpoint(sources);
  expect(engine.describeCheckpoint(again).linears.length).toBe(linears.length);
  const [name] = [...again.tensors.keys()];
  expect((await again.read(name)).every(Number.isFinite)).toBe(true);
});

it('refuses in the words of the studio', () => {
  expect(() => engine.parseRecipe({ version: 2, rows: [{ steps: [{ step: 'magic' }] }] })).toThrow(engine.StudioError);
});
