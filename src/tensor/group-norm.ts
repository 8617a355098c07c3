/**
 * GroupNorm of images (shaders/gradient/group-norm*.wgsl): pixels are rows, image after image, and the channels of each image are normed
 * in groups, over their pixels and channels. x: (images · pixels) × channels; weight and bias: 1 × channels.
 * With n the numbers of a group, x̂ = (x − mean)·rate and g = ∂L/∂y:  ∂x = rate (g w − mean(g w) − x̂ mean(g w x̂)) over the group,
 * ∂w = Σ g x̂, ∂b = Σ g. Wu and He 2018, arXiv 1803.08494.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { columnSums } from './column-sums';
import { Tensor } from './tensor';

const ROWS = { vectors: 'u32', rows: 'u32', stride: 'u32', pixels: 'u32' } as const;
const NORM = defineKernel({
  shader: 'gradient/group-norm',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'read', 'read', 'write'],
  params: ROWS,
});
const BACK = defineKernel({
  shader: 'gradient/group-norm-back',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'read', 'read', 'read', 'read', 'write'],
  params: ROWS,
});

const sumsKernel = (entry: string, buffers: ('read' | 'write')[]) =>
  defineKernel({
    shader: 'gradient/group-norm-sums',
    entry,
    buffers,
    params: { vectors: 'u32', stride: 'u32', pixels: 'u32', segments: 'u32', span: 'u32' },
  });
const SUMS = {
  plain: sumsKernel('plain', ['read', 'write']),
  squares: sumsKernel('squares', ['read', 'write', 'read']),
  back: sumsKernel('back', ['read', 'write', 'read', 'read', 'read', 'write']),
};

const MEANS = defineKernel({
  shader: 'gradient/group-norm-means',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: {
    count: 'u32',
    stride: 'u32',
    segments: 'u32',
    groups: 'u32',
    channels: 'u32',
    pixels: 'u32',
    weighted: 'u32',
    inverse: 'u32',
    eps: 'f32',
  },
});

/** Pixels one thread adds up. */
const SPAN = 64;

export interface GroupNorm {
  /** Divides the channels. */
  readonly groups: number;
  /** Rows of an image. */
  readonly pixels: number;
  readonly eps: number;
}

/** The normed images, and each image's means and 1/standard deviations (images × channels), which the way back needs. */
export function groupNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  options: GroupNorm,
): { y: Tensor; mean: Tensor; rate: Tensor } {
  const norm = new Norm(x, weight, options);
  if (bias.rows !== 1 || bias.cols !== x.cols) throw new Error(`bug: a bias of ${bias.rows} × ${bias.cols}`);
  const sums = norm.segments();
  norm.sum('plain', [x, sums]);
  const mean = norm.means(sums);
  norm.sum('squares', [x, sums, mean]);
  const rate = norm.means(sums, { inverse: true });
  sums.release();
  const y = Tensor.empty(x.gpu, x.rows, x.cols, 'GroupNorm');
  norm.rows(NORM, [x, mean, rate, weight, bias, y]);
  return { y, mean, rate };
}

/** ∂L/∂x, ∂L/∂weight and ∂L/∂bias from g = ∂L/∂y. */
export function groupNormBack(
  x: Tensor,
  weight: Tensor,
  { mean, rate }: { readonly mean: Tensor; readonly rate: Tensor },
  g: Tensor,
  options: GroupNorm,
): { x: Tensor; weight: Tensor; bias: Tensor } {
  const norm = new Norm(x, weight, options);
  const [sums, normed] = [norm.segments(), norm.segments()];
  norm.sum('back', [x, sums, mean, rate, g, normed]);
  const [a, b] = [sums, normed].map((of) => norm.means(of, { weight }));
  const dx = Tensor.empty(x.gpu, x.rows, x.cols, 'gradient of GroupNorm');
  norm.rows(BACK, [x, mean, rate, weight, g, a, b, dx]);
  const made = { x: dx, weight: columnSums(normed), bias: columnSums(sums) };
  for (const tensor of [sums, normed, a, b]) tensor.release();
  return made;
}

/** The launches of one norm. */
class Norm {
  readonly #images: number;
  readonly #segments: number;

  constructor(
    private readonly x: Tensor,
    weight: Tensor,
    private readonly options: GroupNorm,
  ) {
    const { groups, pixels } = options;
    if (x.rows % pixels !== 0 || x.cols % groups !== 0 || weight.rows !== 1 || weight.cols !== x.cols) {
      throw new Error(
        `bug: ${groups} groups of ${x.rows} × ${x.cols} in images of ${pixels}, weight ${weight.rows} × ${weight.cols}`,
      );
    }
    this.#images = x.rows / pixels;
    this.#segments = Math.ceil(pixels / SPAN);
  }

  segments(): Tensor {
    return Tensor.empty(this.x.gpu, this.#images * this.#segments, this.x.cols, 'sums of GroupNorm');
  }

  sum(entry: keyof typeof SUMS, tensors: readonly Tensor[]): void {
    const { gpu, stride, rows } = this.x;
    const vectors = (this.#images * this.#segments * stride) / 4;
    gpu.launch(SUMS[entry], {
      buffers: tensors.map((tensor) => tensor.buffer),
      params: { vectors, stride: stride / 4, pixels: this.options.pixels, segments: this.#segments, span: SPAN },
      grid: linearGrid(vectors, 64),
      work: rows * stride * 4,
    });
  }

  means(sums: Tensor, { weight, inverse = false }: { weight?: Tensor; inverse?: boolean } = {}): Tensor {
    const { gpu, cols, stride } = this.x;
    const { groups, pixels, eps } = this.options;
    const y = Tensor.zeros(gpu, this.#images, cols, 'means of GroupNorm');
    const count = this.#images * groups;
    gpu.launch(MEANS, {
      buffers: [sums.buffer, (weight ?? sums).buffer, y.buffer],
      params: {
        count,
        stride,
        segments: this.#segments,
        groups,
        channels: cols / groups,
        pixels,
        weighted: weight ? 1 : 0,
        inverse: inverse ? 1 : 0,
        eps,
      },
      grid: linearGrid(count, 64),
      work: sums.rows * stride,
    });
    return y;
  }

  rows(kernel: typeof NORM | typeof BACK, tensors: readonly Tensor[]): void {
    const { gpu, rows, stride, bytes } = this.x;
    const vectors = bytes / 16;
    gpu.launch(kernel, {
      buffers: tensors.map((tensor) => tensor.buffer),
      params: { vectors, rows, stride: stride / 4, pixels: this.options.pixels },
      grid: linearGrid(vectors, 64),
      work: rows * stride * 4,
    });
  }
}
