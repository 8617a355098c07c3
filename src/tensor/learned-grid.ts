/**
 * Weights on a grid whose roundings, scales, zeros or clips are learned (shaders/rounding): ŵ = s (c − z), c = clamp(t + z, 0, 2ᵇ − 1), with
 * z the nearest whole number to a learned one and t, by its form, of v = w / s:
 *   nearest:  round(v)          (LSQ, arXiv:1902.08153; Block-AP, 2407.11062; OmniQuant, 2308.13137)
 *   soft:     ⌊v⌋ + h(V), h(V) = clamp(1.2 σ(V) − 0.1, 0, 1);   hard: ⌊v⌋ + [V ≥ 0]          (AdaRound, 2004.10568)
 *   added:    round(v + V)      (AutoRound, 2309.05516)
 *   codes:    ŵ = s (c − z) of codes c that stay, given as the weights          (EfficientQAT's second phase, 2407.11062)
 * Weights, codes and V are rows × cols; a grid is rows × (2·groups): a row's scales, then its zeros, group g of columns g·size … .
 * Twin: reference/learned-grid.ts.
 */
import type { Gpu } from '../gpu/gpu';
import { defineKernel, linearGrid } from '../gpu/kernel';
import { total } from './scalar';
import { Tensor } from './tensor';

const FORMS = { nearest: 0, soft: 1, hard: 2, added: 3, codes: 4 } as const;

export type RoundingForm = keyof typeof FORMS;

export interface RoundingSpec {
  readonly form: RoundingForm;
  readonly bits: number;
  /** Columns a group; cols for one group a row. */
  readonly size: number;
  /** Whether a weight lies inside the grid is decided on what it is rounded to (default), or on what it is before. */
  readonly decide?: 'rounded' | 'real';
}

/** V is asked for by the forms soft, hard and added. */
export interface Rounded {
  readonly weight: Tensor;
  readonly grid: Tensor;
  readonly latent: Tensor | null;
}

const PARAMS = {
  count: 'u32',
  rows: 'u32',
  cols: 'u32',
  stride: 'u32',
  groups: 'u32',
  size: 'u32',
  pieces: 'u32',
  grid_stride: 'u32',
  top: 'f32',
} as const;
const OVERRIDES = ['FORM', 'BY_REAL'] as const;

const forward = (entry: 'main' | 'codes' | 'start') =>
  defineKernel({
    shader: 'rounding/weights',
    entry,
    buffers: ['read', 'read', 'read', 'write'],
    params: PARAMS,
    overrides: OVERRIDES,
  });
const FORWARD = { main: forward('main'), codes: forward('codes'), start: forward('start') };

const backward = (entry: 'through' | 'slopes') =>
  defineKernel({
    shader: 'rounding/back',
    entry,
    buffers: ['read', 'read', 'read', 'read', 'write'],
    params: PARAMS,
    overrides: OVERRIDES,
  });
const THROUGH = backward('through');
const SLOPES = backward('slopes');
const FOLD = defineKernel({ shader: 'rounding/back', entry: 'fold', buffers: ['read', 'write'], params: PARAMS });

/** Columns of a group that one thread sums. */
const PIECE = 128;
const LANES = 64;

function launchOf({ weight, grid, latent }: Rounded, { form, bits, size, decide = 'rounded' }: RoundingSpec) {
  const { rows, cols, stride, bytes } = weight;
  const groups = Math.ceil(cols / size);
  if (grid.rows !== rows || grid.cols !== 2 * groups) {
    throw new Error(`bug: a grid of ${grid.rows} × ${grid.cols} for ${rows} × ${cols} in ${groups} groups`);
  }
  const asked = form === 'soft' || form === 'hard' || form === 'added';
  if (asked !== (latent !== null) || (latent && (latent.rows !== rows || latent.cols !== cols))) {
    throw new Error(`bug: the form ${form} with ${latent ? `${latent.rows} × ${latent.cols}` : 'no'} latent values`);
  }
  const params = {
    ...{ count: bytes / 4, rows, cols, stride, groups, size },
    ...{ pieces: Math.ceil(size / PIECE), grid_stride: grid.stride, top: 2 ** bits - 1 },
  };
  return {
    // Every binding must be there; a latent value that no form asks for is not looked at.
    buffers: [weight.buffer, grid.buffer, (latent ?? weight).buffer],
    params,
    overrides: { FORM: FORMS[form], BY_REAL: decide === 'real' ? 1 : 0 },
  };
}

function made(entry: keyof typeof FORWARD, of: Rounded, spec: RoundingSpec, label: string): Tensor {
  const { gpu, rows, cols } = of.weight;
  const { buffers, params, overrides } = launchOf(of, spec);
  const y = Tensor.empty(gpu, rows, cols, label);
  const grid = linearGrid(params.count, LANES);
  gpu.launch(FORWARD[entry], { buffers: [...buffers, y.buffer], params, grid, overrides, work: 16 * params.count });
  return y;
}

/** ŵ, rows × cols. */
export function roundedWeights(of: Rounded, spec: RoundingSpec): Tensor {
  return made('main', of, spec, 'rounded weight');
}

/** c, rows × cols; whole numbers unless the form is soft. */
export function roundedCodes(of: Rounded, spec: RoundingSpec): Tensor {
  return made('codes', of, spec, 'codes');
}

/** V at which soft rounding is w inside the grid, and hard rounding the nearest level. */
export function softStart(weight: Tensor, grid: Tensor, spec: Pick<RoundingSpec, 'bits' | 'size'>): Tensor {
  return made('start', { weight, grid, latent: null }, { ...spec, form: 'nearest' }, 'latent roundings');
}

/** From g = ∂L/∂ŵ to ∂L/∂w (nearest) or ∂L/∂V (soft, added), and to ∂L/∂grid, each if wanted; straight through roundings. */
export function roundedBack(
  of: Rounded,
  spec: RoundingSpec,
  g: Tensor,
  wanted: { readonly values: boolean; readonly grid: boolean },
): { readonly values: Tensor | null; readonly grid: Tensor | null } {
  const { gpu, rows, cols } = of.weight;
  const { buffers, params, overrides } = launchOf(of, spec);
  let values: Tensor | null = null;
  if (wanted.values) {
    values = Tensor.empty(gpu, rows, cols, 'gradient of a rounded weight');
    gpu.launch(THROUGH, {
      buffers: [...buffers, g.buffer, values.buffer],
      params,
      grid: linearGrid(params.count, LANES),
      overrides,
      work: 16 * params.count,
    });
  }
  return { values, grid: wanted.grid ? gridSlopes(gpu, of.grid, { buffers, params, overrides }, g) : null };
}

function gridSlopes(gpu: Gpu, grid: Tensor, launch: ReturnType<typeof launchOf>, g: Tensor): Tensor {
  const { rows, groups, pieces, cols } = launch.params;
  const cells = rows * groups;
  const sums = gpu.buffers.acquire(8 * cells * pieces, 'gradient of a grid, by pieces');
  gpu.launch(SLOPES, {
    buffers: [...launch.buffers, g.buffer, sums],
    params: { ...launch.params, count: cells * pieces },
    grid: linearGrid(cells * pieces, LANES),
    overrides: launch.overrides,
    work: 24 * rows * cols,
  });
  const slopes = Tensor.zeros(gpu, grid.rows, grid.cols, 'gradient of a grid');
  gpu.launch(FOLD, {
    buffers: [sums, slopes.buffer],
    params: { ...launch.params, count: cells },
    grid: linearGrid(cells, LANES),
    work: 2 * cells * pieces,
  });
  gpu.buffers.release(sums);
  return slopes;
}

export interface ClipSpec {
  readonly bits: number;
  readonly symmetric: boolean;
  /** Whether a factor is σ of what is learned, or that itself. */
  readonly sigmoid: boolean;
  /** Whether zeros pass their gradient on, straight through rounding. OmniQuant's released code rounds them without. */
  readonly zeroSlopes: boolean;
}

const clipKernel = (entry: 'main' | 'back') =>
  defineKernel({
    shader: 'rounding/clip',
    entry,
    buffers: entry === 'main' ? ['read', 'read', 'write'] : ['read', 'read', 'read', 'write'],
    params: { count: 'u32', groups: 'u32', stride: 'u32', top: 'f32' },
    overrides: entry === 'main' ? ['SIGMOID', 'SYMMETRIC'] : ['SIGMOID', 'SYMMETRIC', 'ZERO_SLOPES'],
  });
const CLIP = clipKernel('main');
const CLIP_BACK = clipKernel('back');

/** The grid of ranges (`reach`: lows ≤ 0, then highs ≥ 0, rows × (2·groups)) that `factors` of the same shape clip. */
export function clippedGrid(reach: Tensor, factors: Tensor, spec: ClipSpec): Tensor {
  const grid = Tensor.zeros(reach.gpu, reach.rows, reach.cols, 'learned grid');
  clip(CLIP, [reach, factors, grid], spec);
  return grid;
}

/** From g = ∂L/∂grid to ∂L/∂factors. */
export function clippedGridBack(reach: Tensor, factors: Tensor, g: Tensor, spec: ClipSpec): Tensor {
  const slopes = Tensor.zeros(reach.gpu, reach.rows, reach.cols, 'gradient of clips');
  clip(CLIP_BACK, [reach, factors, g, slopes], spec);
  return slopes;
}

function clip(kernel: typeof CLIP, tensors: readonly Tensor[], spec: ClipSpec): void {
  const [{ gpu, rows, cols, stride }] = tensors;
  const count = (rows * cols) / 2;
  const all = { SIGMOID: spec.sigmoid, SYMMETRIC: spec.symmetric, ZERO_SLOPES: spec.zeroSlopes };
  gpu.launch(kernel, {
    buffers: tensors.map(({ buffer }) => buffer),
    params: { count, groups: cols / 2, stride, top: 2 ** spec.bits - 1 },
    grid: linearGrid(count, LANES),
    overrides: Object.fromEntries(kernel.overrides.map((name) => [name, all[name as keyof typeof all] ? 1 : 0])),
    work: 32 * count,
  });
}

const decided = (entry: 'terms' | 'slopes' | 'settled' | 'same') =>
  defineKernel({
    shader: 'rounding/decided',
    entry,
    buffers: ['read', 'read', 'write'],
    params: { count: 'u32', rows: 'u32', cols: 'u32', stride: 'u32', beta: 'f32', weight: 'f32' },
  });
const DECIDED = {
  terms: decided('terms'),
  slopes: decided('slopes'),
  settled: decided('settled'),
  same: decided('same'),
};

function decide(
  entry: keyof typeof DECIDED,
  latent: Tensor,
  other: Tensor,
  numbers: { readonly beta?: number; readonly weight?: number } = {},
): Tensor {
  const { gpu, rows, cols, stride, bytes } = latent;
  const y = Tensor.empty(gpu, rows, cols, 'roundings');
  const count = bytes / 4;
  gpu.launch(DECIDED[entry], {
    buffers: [latent, other, y].map(({ buffer }) => buffer),
    params: { count, rows, cols, stride, beta: numbers.beta ?? 0, weight: numbers.weight ?? 0 },
    grid: linearGrid(count, LANES),
    work: 16 * count,
  });
  return y;
}

/** weight · Σ (1 − |2 h(V) − 1|^β), 1 × 1: AdaRound's regulariser. */
export function undecided(latent: Tensor, beta: number, weight: number): Tensor {
  const terms = decide('terms', latent, latent, { beta });
  const sum = total(terms, weight);
  terms.release();
  return sum;
}

/** From g = ∂L/∂(that), 1 × 1, to ∂L/∂V. */
export function undecidedBack(latent: Tensor, g: Tensor, beta: number, weight: number): Tensor {
  return decide('slopes', latent, g, { beta, weight });
}

/** 1 where |h(V) − ½| > 0.49, else 0. */
export function settledRoundings(latent: Tensor): Tensor {
  return decide('settled', latent, latent);
}

/** 1 where two matrices of one shape agree, else 0. */
export function agreement(a: Tensor, b: Tensor): Tensor {
  return decide('same', a, b);
}
