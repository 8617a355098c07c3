/**
 * What a training of assignments tells of itself, counted on the GPU and read in one small piece (shaders/codebook/tally.wgsl): how sure
 * the mixtures are, how many are frozen, and how evenly the codewords are used.
 */
import { linear } from '../../codebook/linear';
import type { Mixture } from '../../codebook/mixture';
import type { Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import type { Indices } from '../../tensor/indices';
import type { Tensor } from '../../tensor/tensor';
import type { Look, Seen } from './loop';

const PARAMS = {
  rows: 'u32',
  subs: 'u32',
  stride: 'u32',
  codewords: 'u32',
  offset: 'u32',
  first_group: 'u32',
  past_group: 'u32',
} as const;

const COUNT = defineKernel({
  shader: 'codebook/tally',
  entry: 'count',
  buffers: ['read', 'read', 'read', 'write', 'write'],
  params: PARAMS,
  overrides: ['LANES', 'N', 'FINE', 'BINS'],
});

const ENTROPY = defineKernel({
  shader: 'codebook/tally',
  entry: 'entropy',
  buffers: ['read', 'write'],
  params: PARAMS,
});

/** Words of a layer's head before the fine bins, and where in it what lies. */
const HEAD = 80;
const TENTHS = 10;
const FROZEN = 10;
const ENTROPIES = { first: 16, count: 64 } as const;
/** Fine bins: so many for each halving of 1 − ratio, down to what f32 can tell from 1. */
const FINE = 64;
const BINS = 24 * FINE + 1;

/** One layer's mixture as it stands. */
export interface Tallied {
  readonly of: Mixture;
  readonly codewords: number;
  readonly ratios: Tensor;
  readonly frozen: Indices;
}

export interface TallyLook extends Look {
  /** Of each layer, once read. */
  readonly layers: LayerTally[];
}

export interface LayerTally {
  /** Share of the sub-vectors that are frozen. */
  readonly frozen: number;
  /** The free ones by their largest ratio, where that was asked for; bin b begins at `ratioOfBin(b)`. */
  readonly free: Uint32Array;
}

/** Launches the count of all layers; `fine` also bins the free sub-vectors, for a choice of threshold. */
export function tally(gpu: Gpu, layers: readonly Tallied[], fine = false): TallyLook {
  const width = HEAD + (fine ? BINS : 0);
  const bytes = 4 * width * layers.length;
  const head = gpu.buffers.acquire(bytes, 'tally');
  gpu.clear(head, 0, bytes);
  layers.forEach(({ of, codewords, ratios, frozen }, layer) => {
    const { rows, subs } = of.tiles;
    const usage = gpu.buffers.acquire(4 * codewords, 'usage of codewords');
    gpu.clear(usage, 0, 4 * codewords);
    const params = { rows, subs, stride: ratios.stride, codewords, offset: layer * width };
    linear(
      gpu,
      COUNT,
      [ratios.buffer, of.candidates.buffer, frozen.buffer, head, usage],
      rows * subs,
      2 * of.n + 16,
      params,
      { N: of.n, FINE: fine ? FINE : 0, BINS },
    );
    const none = { first_group: 0, past_group: 0 };
    gpu.launch(ENTROPY, { buffers: [usage, head], params: { ...params, ...none }, grid: [1], work: 8 * codewords });
    gpu.buffers.release(usage);
  });
  const tallies: LayerTally[] = [];
  return {
    ranges: [{ buffer: head, bytes }],
    layers: tallies,
    read: (_, [read]) => {
      gpu.buffers.release(head);
      layers.forEach(({ of }, layer) => {
        const words = new Uint32Array(read, 4 * layer * width, width);
        tallies.push({ frozen: words[FROZEN] / (of.tiles.rows * of.tiles.subs), free: words.subarray(HEAD) });
      });
      return seenIn(read, layers, width);
    },
  };
}

function seenIn(bytes: ArrayBuffer, layers: readonly Tallied[], width: number): Seen {
  const ratios = new Array<number>(TENTHS).fill(0);
  let [frozen, points, entropy] = [0, 0, 0];
  layers.forEach(({ of, codewords }, layer) => {
    const words = new Uint32Array(bytes, 4 * layer * width, HEAD);
    for (let bin = 0; bin < TENTHS; bin++) ratios[bin] += words[bin];
    frozen += words[FROZEN];
    points += of.tiles.rows * of.tiles.subs;
    const at = 4 * (layer * width + ENTROPIES.first);
    const sum = new Float32Array(bytes, at, ENTROPIES.count).reduce((total, part) => total + part, 0);
    entropy += codewords > 1 ? sum / Math.log2(codewords) : 1;
  });
  return { settled: frozen / points, usageEntropy: entropy / layers.length, ratios };
}

/** The ratio above which what is in bin b and higher lies. */
export function ratioOfBin(bin: number): number {
  return 1 - 2 ** (-bin / FINE);
}

/** Usage entropy of assignments: Σ −p log₂ p over the codewords, divided by log₂ K; 1 for one codeword. */
export function usageEntropy(codes: ArrayLike<number>, codewords: number): number {
  if (codewords < 2) return 1;
  const counts = new Float64Array(codewords);
  for (let i = 0; i < codes.length; i++) counts[codes[i]]++;
  const bits = counts.reduce((sum, count) => {
    const p = count / codes.length;
    return p > 0 ? sum - p * Math.log2(p) : sum;
  }, 0);
  return bits / Math.log2(codewords);
}
