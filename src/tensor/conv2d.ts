/**
 * Convolutions of images as products (shaders/gradient/convolution.wgsl). Pixels are rows (image after image, row by row) and channels
 * columns: x: (images · height · width) × channels. The weight is outputs × (channels · side²), torch's OIHW flattened.
 *
 * The neighbourhoods of the output pixels are laid out as rows and multiplied by the weight, panel by panel of a bounded size; within
 * a row the channels of a tap are neighbours, so the weight is rearranged first. A convolution that looks at one pixel is a product.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { sliceRows } from './embedding';
import { matmul } from './matmul';
import { padded, Tensor } from './tensor';

const kernel = (entry: 'spread' | 'gather' | 'pack' | 'unpack') =>
  defineKernel({
    shader: 'gradient/convolution',
    entry,
    buffers: ['read', 'write'],
    params: {
      vectors: 'u32',
      rows: 'u32',
      first_row: 'u32',
      first_image: 'u32',
      image_rows: 'u32',
      height: 'u32',
      width: 'u32',
      out_height: 'u32',
      out_width: 'u32',
      side: 'u32',
      step: 'u32',
      margin: 'u32',
      lanes: 'u32',
      channels: 'u32',
      weight_stride: 'u32',
    },
  });
const KERNELS = { spread: kernel('spread'), gather: kernel('gather'), pack: kernel('pack'), unpack: kernel('unpack') };

/** Most bytes of neighbourhoods at once. */
const PANEL_BYTES = 1 << 25;

export interface Convolution {
  /** Of the images that are looked at. */
  readonly height: number;
  readonly width: number;
  /** Pixels of the kernel's side. */
  readonly side: number;
  /** Pixels from one output to the next; default 1. */
  readonly stride?: number;
  /** Zeros around the image; default 0. */
  readonly padding?: number;
  /** Of them those below it and to the right, where they are not as many. */
  readonly after?: number;
  readonly panelBytes?: number;
}

/** Height and width of the output. */
export function convolvedSize({
  height,
  width,
  side,
  stride = 1,
  padding = 0,
  after = padding,
}: Convolution): [number, number] {
  const size = (pixels: number) => Math.floor((pixels + padding + after - side) / stride) + 1;
  const [outHeight, outWidth] = [size(height), size(width)];
  if (outHeight < 1 || outWidth < 1) {
    throw new Error(`bug: a kernel of ${side} on ${height} × ${width} with a padding of ${padding}`);
  }
  return [outHeight, outWidth];
}

/** (images · outHeight · outWidth) × outputs. */
export function convolve(x: Tensor, weight: Tensor, options: Convolution): Tensor {
  const plan = new Plan(x.rows, x.cols, weight, options);
  if (plan.pointwise) return matmul('nt', x, weight, { label: 'convolution' });
  const packed = plan.pack(weight);
  const y = Tensor.empty(x.gpu, plan.outRows, weight.rows, 'convolution');
  for (const { first, count } of plan.panels()) {
    const around = plan.spread(x, first, count);
    const whole = count === y.rows;
    const part = matmul('nt', around, packed, whole ? { into: y } : { label: 'convolution panel' });
    if (!whole) {
      x.gpu.copy(part.buffer, 0, y.buffer, first * y.stride * 4, part.bytes);
      part.release();
    }
    around.release();
  }
  packed.release();
  return y;
}

/** ∂L/∂x and ∂L/∂weight from g = ∂L/∂y; null for what is not wanted. */
export function convolveBack(
  x: Tensor,
  weight: Tensor,
  g: Tensor,
  options: Convolution,
  wanted: { readonly x: boolean; readonly weight: boolean },
): { x: Tensor | null; weight: Tensor | null } {
  const plan = new Plan(x.rows, x.cols, weight, options);
  if (g.rows !== plan.outRows || g.cols !== weight.rows) throw new Error(`bug: a gradient of ${g.rows} × ${g.cols}`);
  if (plan.pointwise) {
    return {
      x: wanted.x ? matmul('nn', g, weight, { label: 'gradient of an image' }) : null,
      weight: wanted.weight ? matmul('tn', g, x, { label: 'gradient of a kernel' }) : null,
    };
  }
  const packed = wanted.x ? plan.pack(weight) : null;
  const image = wanted.x ? Tensor.empty(x.gpu, x.rows, x.cols, 'gradient of an image') : null;
  const sum = wanted.weight ? Tensor.empty(x.gpu, weight.rows, plan.around, 'gradient of a kernel') : null;
  for (const { first, count } of plan.panels()) {
    const part = count === g.rows ? g : sliceRows(g, first, count);
    if (sum) {
      const around = plan.spread(x, first, count);
      matmul('tn', part, around, { into: sum, beta: first === 0 ? 0 : 1 });
      around.release();
    }
    if (packed && image) {
      const around = matmul('nn', part, packed, { label: 'gradient of neighbourhoods' });
      plan.gather(around, image, first, count);
      around.release();
    }
    if (part !== g) part.release();
  }
  const made = { x: image, weight: sum ? plan.unpack(sum) : null };
  sum?.release();
  packed?.release();
  return made;
}

/** The launches of one convolution. */
class Plan {
  readonly outRows: number;
  /** Columns of a neighbourhood: side² taps of padded channels. */
  readonly around: number;
  readonly pointwise: boolean;
  readonly #params;
  readonly #panelRows: number;

  constructor(rows: number, channels: number, weight: Tensor, options: Convolution) {
    const { height, width, side, stride = 1, padding = 0, after = padding } = options;
    const [outHeight, outWidth] = convolvedSize(options);
    if (rows % (height * width) !== 0 || weight.cols !== channels * side * side) {
      throw new Error(
        `bug: ${weight.rows} × ${weight.cols} on ${rows} pixels of ${channels}, images of ${height} × ${width}, side ${side}`,
      );
    }
    this.outRows = (rows / (height * width)) * outHeight * outWidth;
    this.around = side * side * padded(channels);
    this.pointwise = side === 1 && stride === 1 && padding === 0 && after === 0;
    this.#panelRows = Math.max(8, Math.floor((options.panelBytes ?? PANEL_BYTES) / (this.around * 4 * 8)) * 8);
    this.#params = {
      height,
      width,
      out_height: outHeight,
      out_width: outWidth,
      side,
      step: stride,
      margin: padding,
      lanes: padded(channels) / 4,
      channels,
      image_rows: rows,
      weight_stride: weight.stride / 4,
      first_row: 0,
      first_image: 0,
    };
  }

  /** Ranges of output pixels; all but the last a multiple of 8. */
  *panels(): Generator<{ first: number; count: number }> {
    for (let first = 0; first < this.outRows; first += this.#panelRows) {
      yield { first, count: Math.min(this.#panelRows, this.outRows - first) };
    }
  }

  spread(x: Tensor, first: number, count: number): Tensor {
    const y = Tensor.empty(x.gpu, count, this.around, 'neighbourhoods');
    this.#launch('spread', x, y, y.bytes / 16, { rows: count, first_row: first });
    return y;
  }

  /** Adds what a panel of neighbourhoods gives to the images it touches. */
  gather(around: Tensor, image: Tensor, first: number, count: number): void {
    const { height, width, out_height, out_width } = this.#params;
    const outPixels = out_height * out_width;
    const firstImage = Math.floor(first / outPixels);
    const lastImage = Math.floor((first + count - 1) / outPixels);
    const endRow = first + count === this.outRows ? image.paddedRows : (lastImage + 1) * height * width;
    const vectors = ((endRow - firstImage * height * width) * image.stride) / 4;
    this.#launch('gather', around, image, vectors, { rows: count, first_row: first, first_image: firstImage });
  }

  pack(weight: Tensor): Tensor {
    const y = Tensor.empty(weight.gpu, weight.rows, this.around, 'kernel');
    this.#launch('pack', weight, y, y.bytes / 16, { rows: weight.rows });
    return y;
  }

  unpack(sum: Tensor): Tensor {
    const { channels, side } = this.#params;
    const y = Tensor.empty(sum.gpu, sum.rows, channels * side * side, 'gradient of a kernel');
    this.#launch('unpack', sum, y, y.bytes / 16, { rows: sum.rows });
    return y;
  }

  #launch(
    entry: keyof typeof KERNELS,
    x: Tensor,
    y: Tensor,
    vectors: number,
    own: { rows: number; first_row?: number; first_image?: number },
  ) {
    const { side } = this.#params;
    x.gpu.launch(KERNELS[entry], {
      buffers: [x.buffer, y.buffer],
      params: { ...this.#params, ...own, vectors },
      grid: linearGrid(vectors, 64),
      work: vectors * 4 * (entry === 'gather' ? side * side : 1),
    });
  }
}
