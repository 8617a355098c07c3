/**
 * Attention as a decoder with a quantized cache has it, and the attention that tokens receive: beside attend.ts, whose launches they share.
 *
 * `attendDecoded`: a query reads the quantized copy of what has left the last R tokens, the full one of the rest: keys go in blocks of R, key j
 * of query t when j < R·⌊t/R⌋; values one by one, when j ≤ t − R (Liu et al. 2024, KIVI, arXiv 2402.02750); `leaving` may say otherwise. R = 0,
 * all quantized, is `attend` on the quantized copies. Rows that the quantizer kept (sinks) are the same in both.
 *
 * `receivedAttention`: Σ of P[t, j] over queries t and the heads of a key head, each query with a weight: 1, or 0 where it is no probe (He et al.
 * 2024, ZipCache, arXiv 2405.14256; Sung et al. 2025, RSQ, arXiv 2503.01820). What becomes of the sums is numerics/token-weights.ts.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { Attention } from './attend';
import type { AttendOptions, HeadInputs } from './attend-inputs';
import { axpy } from './elementwise';
import type { Geometry } from './heads';
import { Tensor } from './tensor';

const SPAN_PARAMS = {
  length: 'u32',
  block_tiles: 'u32',
  key_length: 'u32',
  key_tiles: 'u32',
  first_tile: 'u32',
  panel_tiles: 'u32',
  causal: 'u32',
  window: 'u32',
} as const;

const decoded = (entry: 'keys' | 'values') =>
  defineKernel({
    shader: 'activation/decoded',
    entry,
    buffers: ['write', 'write'],
    params: { count: 'u32', ...SPAN_PARAMS, residual: 'u32', in_blocks: 'u32' },
  });
const KEYS = decoded('keys');
const VALUES = decoded('values');

const RECEIVED = defineKernel({
  shader: 'activation/received',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { blocks: 'u32', ...SPAN_PARAMS, first_pair: 'u32', pairs: 'u32', group: 'u32' },
});

/** How keys and values leave the last tokens: `residual` at once when so many more are there, or one by one. */
export interface Leaving {
  readonly keys: 'blocks' | 'singly';
  readonly values: 'blocks' | 'singly';
}

/** KIVI's: groups of tokens share a key's range, so that they are quantized together. */
export const KIVI_LEAVING: Leaving = { keys: 'blocks', values: 'singly' };

/** What attention reads, shaped like q, where all but the last `residual` tokens come from `cache`, the quantized keys and values. */
export function attendDecoded(
  inputs: HeadInputs,
  cache: { readonly k: Tensor; readonly v: Tensor },
  geometry: Geometry,
  options: AttendOptions,
  residual: number,
  leaving: Leaving = KIVI_LEAVING,
): Tensor {
  if (options.mask !== 'causal' || !Number.isInteger(residual) || residual < 1) {
    throw new Error(`bug: a cache decoded with the mask ${options.mask} and a residual of ${residual}`);
  }
  const { q, k, v } = inputs;
  const attention = new Attention(inputs, geometry, options);
  // Made for its checks of shape.
  new Attention({ q, ...cache }, geometry, options);
  const y = Tensor.empty(q.gpu, q.rows, q.cols, 'attention');
  const quantized = Tensor.empty(q.gpu, q.rows, q.cols, 'attention from the cache');
  for (const panel of attention.panels()) {
    const [own, other] = [attention.scratch(panel), attention.scratch(panel)];
    const select = (kernel: typeof KEYS, how: Leaving['keys']) => {
      const count = own.bytes / 16;
      q.gpu.launch(kernel, {
        buffers: [own.buffer, other.buffer],
        params: { count, ...attention.span(panel), residual, in_blocks: how === 'blocks' ? 1 : 0 },
        grid: linearGrid(count, 64),
        work: 8 * count,
      });
    };
    attention.scores(panel, q, k, own, null);
    attention.scores(panel, q, cache.k, other, null);
    select(KEYS, leaving.keys);
    attention.softmax(panel, own, null);
    select(VALUES, leaving.values);
    attention.product('mix', panel, own, null, v, y);
    attention.product('mix', panel, other, null, cache.v, quantized);
    own.release();
    other.release();
  }
  axpy(1, quantized, y);
  quantized.release();
  return y;
}

/** (windows · keyHeads) × length. `byQuery` is 1 × length, the same for every window; default all 1. */
export function receivedAttention(
  q: Tensor,
  k: Tensor,
  geometry: Geometry,
  options: AttendOptions,
  byQuery?: Tensor,
): Tensor {
  const { windows, length } = geometry;
  if (options.keyLength !== undefined) throw new Error('bug: attention received from queries of another length');
  const { heads, keyHeads } = options;
  if (byQuery && (byQuery.rows !== 1 || byQuery.cols !== length)) {
    throw new Error(`bug: ${byQuery.rows} × ${byQuery.cols} weights of ${length} queries`);
  }
  const attention = new Attention({ q, k, v: k }, geometry, options);
  const weights = byQuery ?? Tensor.from(q.gpu, 1, length, new Float32Array(length).fill(1), 'weights of queries');
  const received = Tensor.zeros(q.gpu, windows * keyHeads, length, 'received attention');
  const group = heads / keyHeads;
  for (const panel of attention.panels()) {
    const own = attention.scratch(panel);
    attention.probabilities(panel, own, null);
    const { pair: first_pair, pairs } = panel;
    const blocks = Math.floor((first_pair + pairs - 1) / group) - Math.floor(first_pair / group) + 1;
    q.gpu.launch(RECEIVED, {
      buffers: [own.buffer, weights.buffer, received.buffer],
      params: { blocks, ...attention.span(panel), first_pair, pairs, group },
      grid: linearGrid((blocks * received.stride) / 4, 64),
      work: own.bytes / 2,
    });
    own.release();
  }
  if (!byQuery) weights.release();
  return received;
}
