/**
 * Softmax attention on heads (heads.ts) that can go backwards: P = softmax(scale · Q·Kᵀ) within each window, Y = P·V, and
 *   ∂V = Pᵀ·g,   ∂P = g·Vᵀ,   ∂S = scale · P ⊙ (∂P − row sums of P ⊙ ∂P),   ∂Q = ∂S·K,   ∂K = ∂Sᵀ·Q.
 * A query sees every key of its window (of cross-attention those of a text, of another length), or with the causal mask those at or before it, at most the last `slidingWindow`. Query head h
 * reads key head ⌊h · keyHeads / heads⌋.
 *
 * Whole rows of scores are laid out, for a few (window, head) pairs or a panel of one pair's query rows at a time. The way back takes
 * P as the way forward kept it, or computes it again where all of it would be larger than KEPT_BYTES. Narrow heads that never go back
 * store no scores (attend-narrow.ts).
 * Vaswani et al. 2017, arXiv 1706.03762; Ainslie et al. 2023 (grouped queries), arXiv 2305.13245.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { attendNarrow, NARROW_COLUMNS } from './attend-narrow';
import type { Geometry } from './heads';
import { ROW_OVERRIDES, rowLaunch } from './row-lanes';
import { padded, Tensor } from './tensor';
import type { AttendOptions, HeadInputs } from './attend-inputs';

const product = (entry: 'scores' | 'mix' | 'back') =>
  defineKernel({
    shader: 'gradient/attention-products',
    entry,
    buffers: ['read', 'read', 'write'],
    params: {
      tiles: 'u32',
      inner: 'u32',
      stride: 'u32',
      length: 'u32',
      block_tiles: 'u32',
      key_length: 'u32',
      key_tiles: 'u32',
      first_pair: 'u32',
      pairs: 'u32',
      group: 'u32',
      first_tile: 'u32',
      panel_tiles: 'u32',
      weights_tile: 'u32',
      causal: 'u32',
      window: 'u32',
    },
  });
const PRODUCTS = { scores: product('scores'), mix: product('mix'), back: product('back') };

const ROW_PARAMS = {
  count: 'u32',
  first_row: 'u32',
  p_row: 'u32',
  length: 'u32',
  block_tiles: 'u32',
  key_length: 'u32',
  key_tiles: 'u32',
  first_tile: 'u32',
  panel_tiles: 'u32',
  causal: 'u32',
  window: 'u32',
  scale: 'f32',
} as const;
const SOFTMAX = defineKernel({
  shader: 'gradient/attention-rows',
  entry: 'softmax',
  buffers: ['write'],
  params: ROW_PARAMS,
  overrides: ROW_OVERRIDES,
});
const SOFTMAX_BACK = defineKernel({
  shader: 'gradient/attention-rows',
  entry: 'back',
  buffers: ['write', 'read'],
  params: ROW_PARAMS,
  overrides: ROW_OVERRIDES,
});

/** Scores of one launch: small enough to stay in a cache, large enough to fill a GPU. */
const SCRATCH_BYTES = 1 << 25;
/** Most bytes of probabilities that one attention keeps for its way back. */
const KEPT_BYTES = 1 << 25;

/** A range of rows of scores: `pairs` whole blocks, or `tiles` tiles of 8 query rows of one. */
export interface Panel {
  readonly pair: number;
  readonly pairs: number;
  readonly tile: number;
  readonly tiles: number;
}

/** What attention reads from the values, shaped like q; where it is to go back, with the probabilities if they are small enough. */
export function attend(
  inputs: HeadInputs,
  g: Geometry,
  options: AttendOptions,
  goesBack: boolean,
): { y: Tensor; weights: Tensor | null } {
  const attention = new Attention(inputs, g, options);
  const { q, v } = inputs;
  if (!goesBack && q.cols <= NARROW_COLUMNS) return { y: attendNarrow(inputs, g, options), weights: null };
  const y = Tensor.empty(q.gpu, q.rows, q.cols, 'attention');
  const weights = goesBack ? attention.roomForAll() : null;
  for (const panel of attention.panels()) {
    const own = weights ?? attention.scratch(panel);
    attention.probabilities(panel, own, weights);
    attention.product('mix', panel, own, weights, v, y);
    if (!weights) own.release();
  }
  return { y, weights };
}

/** ∂L/∂q, ∂L/∂k and ∂L/∂v from `grad`, ∂L/∂y; `weights` as `attend` gave them. */
export function attendBack(
  inputs: HeadInputs,
  weights: Tensor | null,
  grad: Tensor,
  g: Geometry,
  options: AttendOptions,
): HeadInputs {
  const attention = new Attention(inputs, g, options);
  const { q, k, v } = inputs;
  const made = {
    q: Tensor.empty(q.gpu, q.rows, q.cols, 'gradient of queries'),
    k: Tensor.empty(q.gpu, k.rows, k.cols, 'gradient of keys'),
    v: Tensor.empty(q.gpu, v.rows, v.cols, 'gradient of values'),
  };
  for (const panel of attention.panels()) {
    const own = weights ?? attention.scratch(panel);
    if (!weights) attention.probabilities(panel, own, null);
    attention.product('back', panel, own, weights, grad, made.v);
    const slope = attention.scratch(panel);
    attention.scores(panel, grad, v, slope, null);
    attention.softmaxBack(panel, slope, own, weights);
    if (!weights) own.release();
    attention.product('mix', panel, slope, null, k, made.q);
    attention.product('back', panel, slope, null, q, made.k);
    slope.release();
  }
  return made;
}

/** The launches of one attention. A tensor of scores is a scratch of one panel, or `all` of them. */
export class Attention {
  readonly #gpu;
  readonly #blockTiles: number;
  readonly #keyTiles: number;
  readonly #pairs: number;
  readonly #rowWork: number;

  constructor(
    private readonly inputs: HeadInputs,
    private readonly geometry: Geometry,
    private readonly options: AttendOptions,
  ) {
    const { q, k, v } = inputs;
    const { heads, keyHeads, mask, slidingWindow, keyLength = geometry.length } = options;
    const [blockRows, keyRows] = [padded(geometry.length), padded(keyLength)];
    const fits = (x: Tensor, count: number, rows: number) =>
      x.rows === geometry.windows * count * rows && x.cols === q.cols;
    if (
      heads % keyHeads !== 0 ||
      !fits(q, heads, blockRows) ||
      !fits(k, keyHeads, keyRows) ||
      !fits(v, keyHeads, keyRows)
    ) {
      throw new Error(
        `bug: attention of ${q.rows} × ${q.cols} on ${k.rows} × ${k.cols} and ${v.rows} × ${v.cols}, ` +
          `${geometry.windows} windows of ${geometry.length}, ${heads} heads on ${keyHeads}`,
      );
    }
    if (mask === 'full' && slidingWindow) throw new Error('bug: a sliding window without the causal mask');
    if (mask === 'causal' && keyLength !== geometry.length) throw new Error('bug: a causal mask on other keys');
    this.#gpu = q.gpu;
    this.#blockTiles = blockRows / 8;
    this.#keyTiles = keyRows / 8;
    this.#pairs = geometry.windows * heads;
    // One tile row of queries against a whole block.
    this.#rowWork = 2 * 8 * keyRows * q.stride;
  }

  /** Every pair and query row, cut so that a launch stays within the work budget and the scratch. */
  *panels(): Generator<Panel> {
    const blockTiles = this.#blockTiles;
    const rows = Math.min(this.#gpu.workBudget / this.#rowWork, SCRATCH_BYTES / (8 * this.#keyTiles * 8 * 4));
    const tiles = Math.max(1, Math.min(blockTiles, Math.floor(rows)));
    const pairs = tiles < blockTiles ? 1 : Math.min(this.#pairs, Math.floor(rows / blockTiles));
    for (let pair = 0; pair < this.#pairs; pair += pairs) {
      for (let tile = 0; tile < blockTiles; tile += tiles) {
        yield { pair, pairs: Math.min(pairs, this.#pairs - pair), tile, tiles: Math.min(tiles, blockTiles - tile) };
      }
    }
  }

  scratch({ pairs, tiles }: Panel): Tensor {
    return Tensor.empty(this.#gpu, pairs * tiles * 8, this.#keyTiles * 8, 'attention scores');
  }

  /** A tensor for the scores of every pair, if it is small enough. */
  roomForAll(): Tensor | null {
    const rows = this.#pairs * this.#blockTiles * 8;
    const bytes = rows * this.#keyTiles * 8 * 4;
    if (bytes > (this.options.keptBytes ?? KEPT_BYTES)) return null;
    return Tensor.empty(this.#gpu, rows, this.#keyTiles * 8, 'attention weights');
  }

  probabilities(panel: Panel, to: Tensor, all: Tensor | null): void {
    this.scores(panel, this.inputs.q, this.inputs.k, to, all);
    this.softmax(panel, to, all);
  }

  /** Turns scores of a panel into probabilities. */
  softmax(panel: Panel, to: Tensor, all: Tensor | null): void {
    const { rows, launch, params } = this.#rows(panel);
    const first_row = this.#tileOf(panel, all) * 8;
    this.#gpu.launch(SOFTMAX, {
      ...launch,
      buffers: [to.buffer],
      params: { ...params, count: rows, first_row, p_row: 0 },
    });
  }

  /** Turns ∂P of a panel into ∂S. */
  softmaxBack(panel: Panel, slope: Tensor, weights: Tensor, all: Tensor | null): void {
    const { rows, launch, params } = this.#rows(panel);
    this.#gpu.launch(SOFTMAX_BACK, {
      ...launch,
      buffers: [slope.buffer, weights.buffer],
      params: { ...params, count: rows, first_row: 0, p_row: this.#tileOf(panel, all) * 8 },
    });
  }

  /** to = queries · keysᵀ. */
  scores(panel: Panel, queries: Tensor, keys: Tensor, to: Tensor, all: Tensor | null): void {
    this.#launch('scores', panel, panel.pairs * panel.tiles * this.#keyTiles, [queries, keys, to], all);
  }

  /** mix: to[query rows] = scores · from[key rows]; back: to[key rows] (+)= scoresᵀ · from[query rows]. */
  product(form: 'mix' | 'back', panel: Panel, scores: Tensor, all: Tensor | null, from: Tensor, to: Tensor): void {
    const { pair, pairs } = panel;
    const group = this.options.heads / this.options.keyHeads;
    const blocks = Math.floor((pair + pairs - 1) / group) - Math.floor(pair / group) + 1;
    const rows = form === 'mix' ? pairs * panel.tiles : blocks * this.#keyTiles;
    this.#launch(form, panel, (rows * from.stride) / 8, [scores, from, to], all);
  }

  #launch(form: keyof typeof PRODUCTS, panel: Panel, tiles: number, tensors: readonly Tensor[], all: Tensor | null) {
    const { q } = this.inputs;
    this.#gpu.launch(PRODUCTS[form], {
      buffers: tensors.map((tensor) => tensor.buffer),
      params: {
        ...this.span(panel),
        tiles,
        inner: q.stride / 4,
        stride: q.stride / 4,
        first_pair: panel.pair,
        pairs: panel.pairs,
        group: this.options.heads / this.options.keyHeads,
        weights_tile: this.#tileOf(panel, all),
      },
      grid: linearGrid(tiles, 64),
      work: panel.pairs * panel.tiles * this.#rowWork,
    });
  }

  /** What shaders/model/attention-span.wgsl is told of a panel. */
  span({ tile, tiles }: Panel) {
    return {
      length: this.geometry.length,
      block_tiles: this.#blockTiles,
      key_length: this.options.keyLength ?? this.geometry.length,
      key_tiles: this.#keyTiles,
      first_tile: tile,
      panel_tiles: tiles,
      causal: this.options.mask === 'causal' ? 1 : 0,
      window: this.options.slidingWindow ?? 0,
    };
  }

  #rows(panel: Panel) {
    const rows = panel.pairs * panel.tiles * 8;
    const params = { ...this.span(panel), scale: this.options.scale ?? 1 / Math.sqrt(this.inputs.q.cols) };
    const work = rows * this.#keyTiles * 8 * 8;
    return { rows, params, launch: { ...rowLaunch(this.#gpu, rows, this.options), work } };
  }

  /** The tile row of its tensor that a panel starts at. */
  #tileOf({ pair, tile }: Panel, all: Tensor | null): number {
    return all ? pair * this.#blockTiles + tile : 0;
  }
}
