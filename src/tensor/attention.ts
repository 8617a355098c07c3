/**
 * Causal grouped-query attention on heads (heads.ts): softmax(scale · Q·Kᵀ) · V within each window, over the keys at or before
 * each query, or the last `slidingWindow` of them. Query head h reads key head ⌊h · keyHeads / heads⌋.
 *
 * Narrow heads go in one pass over the keys, with their outputs in registers (shaders/model/attention-narrow.wgsl). For wider ones
 * the scores are materialised, tile by tile where causality lets anything through, in a scratch tensor for a few (window, head)
 * pairs at a time, or for a panel of one pair's query rows: as many as fit the work and the bytes of one dispatch.
 * Vaswani et al. 2017, arXiv 1706.03762; Ainslie et al. 2023 (grouped queries), arXiv 2305.13245.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import type { Geometry } from './heads';
import { ROW_OVERRIDES, rowLaunch, type RowOptions } from './row-lanes';
import { padded, Tensor } from './tensor';

const TILES = {
  stride: 'u32',
  block_tiles: 'u32',
  first_pair: 'u32',
  heads: 'u32',
  group: 'u32',
  first_tile: 'u32',
  panel_tiles: 'u32',
  window: 'u32',
} as const;

const SCORES = defineKernel({
  shader: 'model/attention-scores',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { inner: 'u32', ...TILES },
});

const SOFTMAX = defineKernel({
  shader: 'model/attention-softmax',
  entry: 'main',
  buffers: ['write'],
  params: {
    rows: 'u32',
    length: 'u32',
    first_tile: 'u32',
    panel_tiles: 'u32',
    stride: 'u32',
    window: 'u32',
    scale: 'f32',
  },
  overrides: ROW_OVERRIDES,
});

const MIX = defineKernel({
  shader: 'model/attention-mix',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { ...TILES, tiles: 'u32' },
});

const NARROW = defineKernel({
  shader: 'model/attention-narrow',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write'],
  params: {
    stride: 'u32',
    block_rows: 'u32',
    length: 'u32',
    heads: 'u32',
    group: 'u32',
    window: 'u32',
    first: 'u32',
    count: 'u32',
    scale: 'f32',
  },
  overrides: ['WG', 'QUADS'],
});

/** The widest head whose outputs for four queries fit a thread's registers, beside the queries, on every GPU. */
const NARROW_COLUMNS = 16;

/** Scratch for scores: small enough to stay in a cache, large enough to fill a GPU. */
const SCRATCH_BYTES = 1 << 25;

export interface AttentionOptions extends RowOptions {
  readonly heads: number;
  /** Heads of k and v; divides `heads`. */
  readonly keyHeads: number;
  /** Keys a query sees, itself included; null for all. */
  readonly slidingWindow?: number | null;
  /** Default 1/√dim. */
  readonly scale?: number;
}

/** q: (windows · heads · blockRows) × dim, k and v the same with keyHeads; the result is shaped like q. */
export function causalAttention(q: Tensor, k: Tensor, v: Tensor, g: Geometry, options: AttentionOptions): Tensor {
  const { heads, keyHeads } = options;
  const blockRows = padded(g.length);
  const fits = (x: Tensor, count: number) => x.rows === g.windows * count * blockRows && x.cols === q.cols;
  if (heads % keyHeads !== 0 || !fits(q, heads) || !fits(k, keyHeads) || !fits(v, keyHeads)) {
    throw new Error(
      `bug: attention of ${q.rows} × ${q.cols} on ${k.rows} × ${k.cols} and ${v.rows} × ${v.cols}, ` +
        `${g.windows} windows of ${g.length}, ${heads} heads on ${keyHeads}`,
    );
  }
  const y = Tensor.empty(q.gpu, q.rows, q.cols, 'attention');
  if (q.cols <= NARROW_COLUMNS) attendNarrow(q, k, v, y, g, options);
  else attendWide(q, k, v, y, g, options);
  return y;
}

function attendNarrow(q: Tensor, k: Tensor, v: Tensor, y: Tensor, g: Geometry, options: AttentionOptions): void {
  const { heads, keyHeads, slidingWindow = null, scale = 1 / Math.sqrt(q.cols) } = options;
  const gpu = q.gpu;
  const blockRows = padded(g.length);
  const fours = q.rows / 4;
  // Two products, and an exponential a score that counts as sixteen operations.
  const workPerFour = 4 * blockRows * (2 * q.stride + 16);
  const atOnce = Math.max(1, Math.floor(gpu.workBudget / workPerFour));
  for (let first = 0; first < fours; first += atOnce) {
    const count = Math.min(atOnce, fours - first);
    gpu.launch(NARROW, {
      buffers: [q.buffer, k.buffer, v.buffer, y.buffer],
      params: {
        stride: q.stride / 4,
        block_rows: blockRows,
        length: g.length,
        heads,
        group: heads / keyHeads,
        window: slidingWindow ?? 0,
        first,
        count,
        scale,
      },
      grid: linearGrid(count, gpu.lanes),
      overrides: { WG: gpu.lanes, QUADS: Math.ceil(q.cols / 4) },
      work: workPerFour * count,
    });
  }
}

function attendWide(q: Tensor, k: Tensor, v: Tensor, y: Tensor, g: Geometry, options: AttentionOptions): void {
  const { heads, keyHeads, slidingWindow = null, scale = 1 / Math.sqrt(q.cols) } = options;
  const gpu = q.gpu;
  const blockRows = padded(g.length);
  const blockTiles = blockRows / 8;
  const pairs = g.windows * heads;

  // One tile row of queries against a whole block: its FLOP in either product, and its bytes of scores.
  const rowWork = 2 * 8 * blockRows * q.stride;
  const rowsAtOnce = Math.max(1, Math.floor(Math.min(gpu.workBudget / rowWork, SCRATCH_BYTES / (8 * blockRows * 4))));
  const panelTiles = Math.min(blockTiles, rowsAtOnce);
  const pairsAtOnce = panelTiles < blockTiles ? 1 : Math.min(pairs, Math.floor(rowsAtOnce / blockTiles), 65535);

  for (let pair = 0; pair < pairs; pair += pairsAtOnce) {
    for (let tile = 0; tile < blockTiles; tile += panelTiles) {
      const panel = Math.min(panelTiles, blockTiles - tile);
      const count = Math.min(pairsAtOnce, pairs - pair);
      const rows = count * panel * 8;
      const scores = Tensor.empty(gpu, rows, blockRows, 'attention scores');
      const work = rowWork * panel * count;
      const params = {
        stride: q.stride / 4,
        block_tiles: blockTiles,
        first_pair: pair,
        heads,
        group: heads / keyHeads,
        first_tile: tile,
        panel_tiles: panel,
        window: slidingWindow ?? 0,
      };
      gpu.launch(SCORES, {
        buffers: [q.buffer, k.buffer, scores.buffer],
        params: { ...params, inner: Math.ceil(q.cols / 4) },
        grid: [Math.ceil((tile + panel) / 8), Math.ceil(panel / 8), count],
        work,
      });
      gpu.launch(SOFTMAX, {
        buffers: [scores.buffer],
        params: { ...params, rows, length: g.length, stride: blockRows / 4, scale },
        ...rowLaunch(gpu, rows, options),
        work: rows * blockRows * 8,
      });
      const tiles = (count * panel * q.stride) / 8;
      gpu.launch(MIX, {
        buffers: [scores.buffer, v.buffer, y.buffer],
        params: { ...params, tiles },
        grid: linearGrid(tiles, 64),
        work,
      });
      scores.release();
    }
  }
}
