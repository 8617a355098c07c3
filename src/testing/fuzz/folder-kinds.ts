/** Damaged folders of models: indexes, configs of every architecture, adapters' configs, tokenizers, texts. */
import { memorySource, type ByteSource } from '../../checkpoint/bytes';
import { openCheckpoint } from '../../checkpoint/checkpoint';
import { parseJsonObject } from '../../checkpoint/json-file';
import { openSafetensors } from '../../checkpoint/safetensors';
import { readTexts } from '../../checkpoint/text';
import { openNetwork } from '../../model/architecture';
import { openTokenizer } from '../../model/tokenizer';
import { describeCheckpoint } from '../../run/describe';
import type { FuzzKind } from './kind';
import { damagedBytes, damagedJson, damagedText, oneOf } from './mutate';
import { safetensorsOf, seedFile, seedJson, textSource } from './seeds';

const LANGUAGE = ['llama3-scaled', 'llama-linear-biased', 'mistral-sliding', 'qwen2', 'qwen3', 'gpt2'];
const VISION = ['dit', 'vit', 'vim'];

const LIMIT = 2 ** 22;

export async function folderKinds(): Promise<FuzzKind[]> {
  return [await indexes(), await configs(), await adapters(), await tokenizers(), ...(await texts())];
}

async function indexes(): Promise<FuzzKind> {
  const shard = (names: readonly string[]) =>
    safetensorsOf(names.map((name) => ({ name, dtype: 'F32' as const, shape: [2, 2], bytes: new Uint8Array(16) })));
  const files = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  const tensors = [
    ['a.weight', 'b.weight'],
    ['c.weight', 'd.weight'],
  ];
  const shards = await Promise.all(tensors.map(shard));
  const index = {
    metadata: { total_size: 64 },
    weight_map: Object.fromEntries(tensors.flatMap((names, i) => names.map((name) => [name, files[i]]))),
  };
  return {
    name: 'index of shards',
    share: 90,
    make(random) {
      const text = damagedJson(random, index);
      const sources = shards.map((bytes, i) => memorySource(bytes, `m/${files[i]}`));
      if (random.integer(8) === 0) sources.pop();
      return () => openCheckpoint([...sources, textSource(text, 'm/model.safetensors.index.json')]);
    },
  };
}

interface Seed {
  readonly config: Record<string, unknown>;
  readonly tensors: ReadonlyMap<string, { shape: readonly number[]; dtype: string }>;
}

async function seedNetwork(path: string): Promise<Seed> {
  const file = await openSafetensors(memorySource(await seedFile(path), path));
  const config = JSON.parse(file.metadata.get('config') ?? 'null') as Record<string, unknown>;
  const tensors = [...file.tensors].filter(([name]) => !name.startsWith('expected.'));
  return { config, tensors: new Map(tensors) };
}

async function configs(): Promise<FuzzKind> {
  const seeds = await Promise.all([
    ...LANGUAGE.map((name) => seedNetwork(`src/model/testing/fixtures/${name}.safetensors`)),
    ...VISION.map((name) => seedNetwork(`src/model/testing/fixtures-vision/${name}.safetensors`)),
  ]);
  return {
    name: 'config of a model',
    share: 110,
    make(random) {
      const { config, tensors } = oneOf(random, seeds);
      const text = damagedJson(random, config);
      return async () => {
        const said = await parseJsonObject(textSource(text, 'config.json'), LIMIT, 'QS-FILE-04');
        openNetwork({
          config: said,
          tensors,
          read: () => Promise.reject(new Error('not read')),
          readRange: () => Promise.reject(new Error('not read')),
        });
      };
    },
  };
}

async function adapters(): Promise<FuzzKind> {
  const config = {
    peft_type: 'LORA',
    base_model_name_or_path: 'meta-llama/Llama-3.2-1B',
    r: 8,
    lora_alpha: 16,
    target_modules: ['q_proj', 'v_proj'],
    modules_to_save: null,
    bias: 'none',
    task_type: 'CAUSAL_LM',
  };
  const plain = {
    architectures: ['LlamaForCausalLM'],
    hidden_size: 8,
    quantization_config: { quant_method: 'gptq', bits: 4 },
  };
  const name = 'base_model.model.model.layers.0.self_attn.q_proj';
  const weights = await safetensorsOf(
    ['lora_A', 'lora_B'].map((part) => ({
      ...{ name: `${name}.${part}.weight`, dtype: 'F32' as const, shape: [2, 2] },
      bytes: new Uint8Array(16),
    })),
  );
  return {
    name: 'adapter and foreign configs',
    share: 60,
    make(random) {
      const files: ByteSource[] = [
        memorySource(weights, oneOf(random, ['a/adapter_model.safetensors', 'a/model.safetensors'])),
        textSource(damagedJson(random, config), 'a/adapter_config.json'),
      ];
      if (random.integer(2) === 0) files.push(textSource(damagedJson(random, plain), 'a/config.json'));
      if (random.integer(4) === 0) files.push(textSource(damagedJson(random, plain), 'a/quantize_config.json'));
      return async () => describeCheckpoint(await openCheckpoint(files));
    },
  };
}

async function tokenizers(): Promise<FuzzKind> {
  const whole = (await seedJson('public/samples/stories-1m/tokenizer.json')) as Record<string, unknown>;
  const config = (await seedJson('public/samples/stories-1m/tokenizer_config.json')) as Record<string, unknown>;
  // Its first words are enough, and a thousand times faster to damage.
  const model = whole.model as { vocab: Record<string, number>; merges: unknown[] };
  const vocab = Object.fromEntries(Object.entries(model.vocab).slice(0, 40));
  const merges = model.merges.filter((merge) => {
    const pair = Array.isArray(merge) ? (merge as string[]) : String(merge).split(' ');
    return Object.hasOwn(vocab, pair.join(''));
  });
  const small = { ...whole, model: { ...model, vocab, merges } };
  return {
    name: 'tokenizer',
    share: 25,
    make(random) {
      const text = damagedJson(random, small);
      const more = random.integer(3) === 0 ? damagedJson(random, config) : JSON.stringify(config);
      return async () => {
        const json = await parseJsonObject(textSource(text, 'tokenizer.json'), LIMIT, 'QS-FILE-08');
        const said = await parseJsonObject(textSource(more, 'tokenizer_config.json'), LIMIT, 'QS-FILE-08');
        const tokenizer = openTokenizer(json, said);
        tokenizer.decode(tokenizer.encode('One day, a cat.'));
      };
    },
  };
}

async function texts(): Promise<FuzzKind[]> {
  const lines = '{"text": "One day, a cat sat."}\n{"text": "Ein Tag, ä."}\n\n{"text": "", "more": 1}\n';
  const bytes = new TextEncoder().encode(lines);
  return [
    {
      name: 'calibration text',
      share: 60,
      make(random) {
        const name = oneOf(random, ['calibration.jsonl', 'calibration.txt']);
        const damaged =
          random.integer(2) === 0 ? damagedBytes(random, bytes) : new TextEncoder().encode(damagedText(random, lines));
        return () => readTexts(memorySource(damaged, name));
      },
    },
  ];
}
