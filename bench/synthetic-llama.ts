/**
 * Checkpoints of any Llama shape without a file: a safetensors file whose bytes are made when they are read, a pseudo-random function of
 * their place, so that nothing of it is on disk or in memory. Weights are BF16, normal with a deviation of 0.02; norms are 1.
 */
import { Random } from '../src/base/random';
import { memorySource, type ByteSource } from '../src/checkpoint/bytes';
import { openCheckpoint, type Checkpoint } from '../src/checkpoint/checkpoint';
import { encodeFloat32 } from '../src/checkpoint/dtype';

export interface LlamaShape {
  readonly name: string;
  readonly hidden: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly ffn: number;
  readonly vocabulary: number;
  readonly blocks: number;
  readonly tied: boolean;
}

export const LLAMA_1B: LlamaShape = {
  ...{ name: 'llama-1b', hidden: 2048, heads: 32, keyHeads: 8, ffn: 8192, vocabulary: 128_256, blocks: 16, tied: true },
};
export const LLAMA_8B: LlamaShape = {
  ...{ name: 'llama-8b', hidden: 4096, heads: 32, keyHeads: 8, ffn: 14_336, vocabulary: 128_256, blocks: 32 },
  tied: false,
};

/** The shape's checkpoint, with its first `blocks` blocks. */
export function syntheticLlama(shape: LlamaShape, blocks = shape.blocks): Promise<Checkpoint> {
  const { hidden, heads, keyHeads, ffn, vocabulary, tied, name } = shape;
  const dim = hidden / heads;
  const shapes: Record<string, readonly number[]> = { 'model.embed_tokens.weight': [vocabulary, hidden] };
  for (let block = 0; block < blocks; block++) {
    const linears = {
      'self_attn.q_proj': [hidden, hidden],
      'self_attn.k_proj': [keyHeads * dim, hidden],
      'self_attn.v_proj': [keyHeads * dim, hidden],
      'self_attn.o_proj': [hidden, hidden],
      'mlp.gate_proj': [ffn, hidden],
      'mlp.up_proj': [ffn, hidden],
      'mlp.down_proj': [hidden, ffn],
      input_layernorm: [hidden],
      post_attention_layernorm: [hidden],
    };
    for (const [path, size] of Object.entries(linears)) shapes[`model.layers.${block}.${path}.weight`] = size;
  }
  shapes['model.norm.weight'] = [hidden];
  if (!tied) shapes['lm_head.weight'] = [vocabulary, hidden];
  const config = {
    architectures: ['LlamaForCausalLM'],
    ...{ model_type: 'llama', hidden_size: hidden, num_attention_heads: heads, num_key_value_heads: keyHeads },
    ...{ intermediate_size: ffn, num_hidden_layers: blocks, vocab_size: vocabulary, tie_word_embeddings: tied },
    ...{ rms_norm_eps: 1e-5, rope_theta: 500_000, max_position_embeddings: 8192, hidden_act: 'silu' },
  };
  const text = new TextEncoder().encode(JSON.stringify(config));
  return openCheckpoint([weights(name, shapes), memorySource(text, `${name}/config.json`)]);
}

/** A safetensors file of BF16 tensors. */
function weights(folder: string, shapes: Readonly<Record<string, readonly number[]>>): ByteSource {
  const header: Record<string, object> = {};
  /** Where tensors of ones lie, bytes after the header. */
  const ones: [number, number][] = [];
  let at = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const end = at + 2 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: 'BF16', shape, data_offsets: [at, end] };
    if (shape.length === 1) ones.push([at, end]);
    at = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const head = new Uint8Array(8 + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(json, 8);
  const table = new Uint16Array(encodeFloat32('BF16', Float32Array.from(new Random(1).normals(65_536, 0.02))).buffer);
  return {
    name: `${folder}/model.safetensors`,
    size: head.length + at,
    read(begin, end) {
      const bytes = new Uint8Array(end - begin);
      bytes.set(head.subarray(begin, Math.min(end, head.length)));
      // Whole elements that touch the range.
      const from = Math.floor(Math.max(0, begin - head.length) / 2);
      const until = Math.ceil(Math.max(0, end - head.length) / 2);
      const codes = new Uint16Array(until - from);
      for (let i = 0; i < codes.length; i++) codes[i] = table[scattered(from + i)];
      for (const [first, past] of ones)
        codes.fill(0x3f80, clamp(first / 2 - from, codes), clamp(past / 2 - from, codes));
      const made = new Uint8Array(codes.buffer);
      const skip = Math.max(0, begin - head.length) - 2 * from;
      const place = Math.max(0, head.length - begin);
      if (place < bytes.length) bytes.set(made.subarray(skip, skip + bytes.length - place), place);
      return Promise.resolve(bytes);
    },
  };
}

/** A place in the table for an element, such that neighbours have nothing to do with each other. */
function scattered(element: number): number {
  let hash = Math.imul((element % 2 ** 32) ^ Math.floor(element / 2 ** 32), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) & 0xffff;
}

function clamp(index: number, { length }: ArrayLike<number>): number {
  return Math.min(Math.max(index, 0), length);
}
