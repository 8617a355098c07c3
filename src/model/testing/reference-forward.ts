/**
 * Float64 twins of whole models, written from transformers' modeling_llama, modeling_qwen2/3, modeling_mistral and modeling_gpt2,
 * and from nothing in src/model: they read config.json's keys themselves. They keep every value between two linears by name.
 */
import { attention } from '../../tensor/reference/attention';
import { matrix, multiply, transpose, type Matrix } from '../../tensor/reference/matrix';
import * as ops from '../../tensor/reference/model';
import type { Geometry } from '../model';
import type { MemorySource } from './fixtures';

/** 'embedding', 'block 0 tap 0' … 'block 0 residual', …, 'logits', in the order they arise. */
export type Trace = Map<string, Matrix>;

export function referenceForward(source: MemorySource, ids: Uint32Array, g: Geometry): Trace {
  return source.config.model_type === 'gpt2' ? gpt2(source, ids, g) : decoder(source, ids, g);
}

/** Reads tensors as matrices (vectors as one row) and applies linears. */
function reader({ tensors }: MemorySource) {
  const get = (name: string): Matrix => {
    const found = tensors.get(name);
    if (!found) throw new Error(`the twin wants ${name}`);
    return matrix(found.shape.length === 2 ? found.shape[0] : 1, found.shape[found.shape.length - 1], found.values);
  };
  const linear = (x: Matrix, name: string, layout: 'out-in' | 'in-out' = 'out-in'): Matrix => {
    const weight = get(`${name}.weight`);
    const y = multiply(x, layout === 'out-in' ? transpose(weight) : weight);
    return tensors.has(`${name}.bias`) ? ops.addRows(y, get(`${name}.bias`), 1) : y;
  };
  return { get, linear, has: (name: string) => tensors.has(name) };
}

const add = (a: Matrix, b: Matrix) => ops.addRows(a, b, a.rows);

function columns(x: Matrix, first: number, count: number): Matrix {
  const y = matrix(x.rows, count);
  for (let r = 0; r < x.rows; r++) {
    y.data.set(x.data.subarray(r * x.cols + first, r * x.cols + first + count), r * count);
  }
  return y;
}

/** Each head of tokens × (heads · dim) as rows of their own: (tokens · heads) × dim, and back, are the same numbers. */
const reshape = (x: Matrix, cols: number) => matrix(x.data.length / cols, cols, x.data);

/** Frequencies as transformers' modeling_rope_utils computes them. */
function inverseFrequencies(config: Record<string, unknown>, dim: number): number[] {
  const rope = (config.rope_parameters ?? config.rope_scaling ?? {}) as Record<string, number | string>;
  const base = Number(rope.rope_theta ?? config.rope_theta ?? 10000);
  const plain = Array.from({ length: dim / 2 }, (_, j) => 1 / base ** ((2 * j) / dim));
  if (rope.rope_type === 'linear') return plain.map((f) => f / Number(rope.factor));
  if (rope.rope_type !== 'llama3') return plain;
  const [low, high, factor] = [Number(rope.low_freq_factor), Number(rope.high_freq_factor), Number(rope.factor)];
  const old = Number(rope.original_max_position_embeddings);
  return plain.map((f) => {
    const wavelength = (2 * Math.PI) / f;
    if (wavelength < old / high) return f;
    if (wavelength > old / low) return f / factor;
    const smooth = (old / wavelength - low) / (high - low);
    return (1 - smooth) * (f / factor) + smooth * f;
  });
}

/** Half-split rotation of the first columns of each head in tokens × (heads · dim), positions restarting in each window. */
function rope(x: Matrix, heads: number, length: number, frequencies: readonly number[]): Matrix {
  const y = matrix(x.rows, x.cols, x.data.slice());
  const half = frequencies.length;
  const dim = x.cols / heads;
  for (let r = 0; r < x.rows; r++) {
    for (let h = 0; h < heads; h++) {
      for (let j = 0; j < half; j++) {
        const at = r * x.cols + h * dim + j;
        const angle = (r % length) * frequencies[j];
        y.data[at] = x.data[at] * Math.cos(angle) - x.data[at + half] * Math.sin(angle);
        y.data[at + half] = x.data[at + half] * Math.cos(angle) + x.data[at] * Math.sin(angle);
      }
    }
  }
  return y;
}

function decoder(source: MemorySource, ids: Uint32Array, g: Geometry): Trace {
  const { config } = source;
  const { get, linear, has } = reader(source);
  const number = (key: string) => Number(config[key]);
  const [heads, keyHeads, eps] = [number('num_attention_heads'), number('num_key_value_heads'), number('rms_norm_eps')];
  const dim = config.head_dim ? number('head_dim') : number('hidden_size') / heads;
  const share = Number((config.rope_parameters as Record<string, number> | undefined)?.partial_rotary_factor ?? 1);
  const frequencies = inverseFrequencies(config, dim * share);
  const trace: Trace = new Map();
  let x = ops.gather(get('model.embed_tokens.weight'), ids);
  trace.set('embedding', x);
  for (let i = 0; i < number('num_hidden_layers'); i++) {
    const at = `model.layers.${i}`;
    const types = config.layer_types as string[] | undefined;
    const slides = config.model_type === 'mistral' || types?.[i] === 'sliding_attention';
    const slidingWindow = slides ? number('sliding_window') : null;

    const tap0 = ops.rmsNorm(x, get(`${at}.input_layernorm.weight`), eps);
    let q = linear(tap0, `${at}.self_attn.q_proj`);
    let k = linear(tap0, `${at}.self_attn.k_proj`);
    const v = linear(tap0, `${at}.self_attn.v_proj`);
    if (has(`${at}.self_attn.q_norm.weight`)) {
      q = reshape(ops.rmsNorm(reshape(q, dim), get(`${at}.self_attn.q_norm.weight`), eps), heads * dim);
      k = reshape(ops.rmsNorm(reshape(k, dim), get(`${at}.self_attn.k_norm.weight`), eps), keyHeads * dim);
    }
    q = rope(q, heads, g.length, frequencies);
    k = rope(k, keyHeads, g.length, frequencies);
    const tap1 = attention(q, k, v, g.length, { heads, keyHeads, slidingWindow, mask: 'causal' });
    x = add(x, linear(tap1, `${at}.self_attn.o_proj`));
    const tap2 = ops.rmsNorm(x, get(`${at}.post_attention_layernorm.weight`), eps);
    const tap3 = ops.siluGate(linear(tap2, `${at}.mlp.gate_proj`), linear(tap2, `${at}.mlp.up_proj`));
    x = add(x, linear(tap3, `${at}.mlp.down_proj`));
    [tap0, tap1, tap2, tap3].forEach((tap, stage) => trace.set(`block ${i} tap ${stage}`, tap));
    trace.set(`block ${i} residual`, x);
  }
  x = ops.rmsNorm(x, get('model.norm.weight'), eps);
  trace.set('final norm', x);
  const head = config.tie_word_embeddings === true ? 'model.embed_tokens' : 'lm_head';
  trace.set('logits', linear(x, head));
  return trace;
}

function gpt2(source: MemorySource, ids: Uint32Array, g: Geometry): Trace {
  const { config } = source;
  const { get, linear } = reader(source);
  const [heads, hidden, eps] = [Number(config.n_head), Number(config.n_embd), Number(config.layer_norm_epsilon)];
  const norm = (y: Matrix, name: string) => ops.layerNorm(y, get(`${name}.weight`), get(`${name}.bias`), eps);
  const trace: Trace = new Map();
  let x = ops.addRows(ops.gather(get('transformer.wte.weight'), ids), get('transformer.wpe.weight'), g.length);
  trace.set('embedding', x);
  for (let i = 0; i < Number(config.n_layer); i++) {
    const at = `transformer.h.${i}`;
    const tap0 = norm(x, `${at}.ln_1`);
    const qkv = linear(tap0, `${at}.attn.c_attn`, 'in-out');
    const [q, k, v] = [0, 1, 2].map((part) => columns(qkv, part * hidden, hidden));
    const tap1 = attention(q, k, v, g.length, { heads, keyHeads: heads, mask: 'causal' });
    x = add(x, linear(tap1, `${at}.attn.c_proj`, 'in-out'));
    const tap2 = norm(x, `${at}.ln_2`);
    const tap3 = ops.activate('gelu_tanh', linear(tap2, `${at}.mlp.c_fc`, 'in-out'));
    x = add(x, linear(tap3, `${at}.mlp.c_proj`, 'in-out'));
    [tap0, tap1, tap2, tap3].forEach((tap, stage) => trace.set(`block ${i} tap ${stage}`, tap));
    trace.set(`block ${i} residual`, x);
  }
  x = norm(x, 'transformer.ln_f');
  trace.set('final norm', x);
  trace.set('logits', linear(x, 'transformer.wte'));
  return trace;
}
