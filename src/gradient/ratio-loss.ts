/**
 * How undecided mixtures are, as a loss that stays on the GPU (shaders/codebook/ratio-loss.wgsl); VQ4DiT, arXiv:2408.17131:
 *   sharp:    L_r = Σ_i Σ_j (1 − |2 r_ij − 1|) / #sub-vectors                  (the paper's equation 9)
 *   product:  L_r = Σ_i Σ_j r_ij (1 − r_ij) / #free sub-vectors                (the released code: n · mean r (1 − r) over what is free)
 * over all layers together. Frozen sub-vectors add nothing. Gated (the released code), L_r counts only in steps where it exceeds the
 * smallest it has been since the last restart, and is 0 in the others; the GPU decides, so that no step waits.
 */
import type { Mixture } from '../codebook/mixture';
import { linear } from '../codebook/linear';
import { defineKernel } from '../gpu/kernel';
import type { Indices } from '../tensor/indices';
import { Tensor } from '../tensor/tensor';
import type { Tape, Variable } from './tape';

const PARAMS = {
  rows: 'u32',
  subs: 'u32',
  stride: 'u32',
  threads: 'u32',
  first: 'u32',
  points: 'f32',
  restart: 'u32',
} as const;

const PARTIAL = defineKernel({
  shader: 'codebook/ratio-loss',
  entry: 'partial',
  buffers: ['read', 'read', 'write'],
  params: PARAMS,
  overrides: ['N', 'SHARP'],
});

const FINISH = defineKernel({
  shader: 'codebook/ratio-loss',
  entry: 'finish',
  buffers: ['read', 'write', 'write', 'write'],
  params: PARAMS,
  overrides: ['PER_FREE', 'GATED'],
});

const SLOPES = defineKernel({
  shader: 'codebook/ratio-slopes',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'read', 'write'],
  params: { rows: 'u32', subs: 'u32', stride: 'u32', first_group: 'u32', past_group: 'u32' },
  overrides: ['LANES', 'N', 'SHARP'],
});

/** Threads of a workgroup, most of a layer, and sub-vectors that are worth one. */
const GROUP = 64;
const THREADS = 1024;
const SHARE = 8;

/** One layer's mixture in a step. */
export interface RatioPart {
  readonly logits: Variable;
  readonly of: Mixture;
  /** Of these logits and this `frozen`. */
  readonly ratios: Tensor;
  readonly frozen: Indices;
}

export interface RatioGate {
  /** 1 × 1, kept from step to step by whoever trains. */
  readonly least: Tensor;
  /** Whether `least` starts anew with this step. */
  readonly restart: boolean;
}

export interface RatioLossOptions {
  readonly form: 'sharp' | 'product';
  /** Null: L_r always counts. */
  readonly gate?: RatioGate | null;
}

export function ratioLoss(tape: Tape, parts: readonly RatioPart[], { form, gate = null }: RatioLossOptions): Variable {
  const { gpu } = tape;
  const sharp = form === 'sharp' ? 1 : 0;
  const sizes = parts.map(({ of }) => of.tiles.rows * of.tiles.subs);
  const threads = sizes.map((size) => GROUP * Math.min(THREADS / GROUP, Math.ceil(size / (SHARE * GROUP))));
  const all = threads.reduce((sum, count) => sum + count, 0);
  const points = sizes.reduce((sum, size) => sum + size, 0);
  const restart = gate?.restart ? 1 : 0;
  const partials = gpu.buffers.acquire(8 * all, 'partial sums');
  let first = 0;
  parts.forEach(({ of, ratios, frozen }, i) => {
    const { rows, subs } = of.tiles;
    gpu.launch(PARTIAL, {
      buffers: [ratios.buffer, frozen.buffer, partials],
      params: { rows, subs, stride: ratios.stride, threads: threads[i], first, points, restart },
      grid: [threads[i] / GROUP],
      overrides: { N: of.n, SHARP: sharp },
      work: 8 * of.n * sizes[i],
    });
    first += threads[i];
  });
  const loss = Tensor.empty(gpu, 1, 1, 'ratio loss');
  const weight = Tensor.empty(gpu, 1, 1, 'weight of the ratio loss');
  gpu.launch(FINISH, {
    // Without a gate nothing of it is looked at, but every binding must be there, and differ.
    buffers: [
      partials,
      loss.buffer,
      weight.buffer,
      gate ? gate.least.buffer : tape.keep(Tensor.empty(gpu, 1, 1)).buffer,
    ],
    params: { rows: 0, subs: 0, stride: 0, threads: all, first: 0, points, restart },
    grid: [1],
    overrides: { PER_FREE: 1 - sharp, GATED: gate ? 1 : 0 },
    work: 2 * all,
  });
  gpu.buffers.release(partials);
  tape.keep(weight);
  return tape.record(
    loss,
    parts.map(({ logits }) => logits),
    (g) => parts.map((part) => (part.logits.needsGrad ? slopesOf(part, g, weight, sharp) : null)),
  );
}

function slopesOf({ of, ratios, frozen }: RatioPart, g: Tensor, weight: Tensor, sharp: number): Tensor {
  const { rows, subs } = of.tiles;
  const slopes = Tensor.zeros(ratios.gpu, ratios.rows, ratios.cols, 'gradient of the ratio loss');
  linear(
    ratios.gpu,
    SLOPES,
    [ratios.buffer, frozen.buffer, g.buffer, weight.buffer, slopes.buffer],
    rows * subs,
    8 * of.n,
    { rows, subs, stride: ratios.stride },
    { N: of.n, SHARP: sharp },
  );
  return slopes;
}
