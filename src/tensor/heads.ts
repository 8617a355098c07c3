/**
 * The layout attention works in. Tokens are rows (window after window, each `length` tokens) and a head is a range of columns; here
 * each (window, head) becomes a block of its own: (windows · heads · blockRows) × dim, blockRows = length padded to 8, padding zero.
 * So tiles of 8 never straddle two heads, whatever the head's width.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { padded, Tensor } from './tensor';

/** What the rows of an activation are: `windows` texts of `length` tokens, one after the other. */
export interface Geometry {
  readonly windows: number;
  readonly length: number;
  /** Of noisy images: how many calls of the network by the sampler follow that on each window, one a window; 0 makes the picture. */
  readonly calls?: readonly number[];
}

/** Which columns of a token matrix are split: `heads` heads of `dim` columns from column `first`. */
export interface HeadRange {
  readonly first: number;
  readonly heads: number;
  readonly dim: number;
}

const SPLIT = defineKernel({
  shader: 'model/split-heads',
  entry: 'main',
  buffers: ['read', 'write'],
  params: {
    length: 'u32',
    block_rows: 'u32',
    heads: 'u32',
    dim: 'u32',
    first: 'u32',
    x_stride: 'u32',
    y_stride: 'u32',
    vectors: 'u32',
  },
});

const MERGE = defineKernel({
  shader: 'model/merge-heads',
  entry: 'main',
  buffers: ['read', 'write'],
  params: {
    rows: 'u32',
    length: 'u32',
    block_rows: 'u32',
    heads: 'u32',
    dim: 'u32',
    first: 'u32',
    x_stride: 'u32',
    y_stride: 'u32',
    vectors: 'u32',
  },
});

/** tokens × columns → (windows · heads · blockRows) × dim. */
export function splitHeads(x: Tensor, { windows, length }: Geometry, { first, heads, dim }: HeadRange): Tensor {
  if (x.rows !== windows * length || x.cols < first + heads * dim) {
    throw new Error(
      `bug: ${heads} heads of ${dim} from column ${first} of ${x.rows} × ${x.cols}, ${windows} windows of ${length}`,
    );
  }
  const y = Tensor.empty(x.gpu, windows * heads * padded(length), dim, 'heads');
  const vectors = (y.paddedRows * y.stride) / 4;
  x.gpu.launch(SPLIT, {
    buffers: [x.buffer, y.buffer],
    params: {
      length,
      block_rows: padded(length),
      heads,
      dim,
      first,
      x_stride: x.stride,
      y_stride: y.stride / 4,
      vectors,
    },
    grid: linearGrid(vectors, 64),
  });
  return y;
}

/** (windows · heads · blockRows) × dim → tokens × (heads · dim), or into the columns from `first` of `cols`, the others zero. */
export function mergeHeads(
  x: Tensor,
  { windows, length }: Geometry,
  heads: number,
  { first, cols }: { first: number; cols: number } = { first: 0, cols: heads * x.cols },
): Tensor {
  if (x.rows !== windows * heads * padded(length) || cols < first + heads * x.cols) {
    throw new Error(
      `bug: ${x.rows} × ${x.cols} is not ${windows} windows of ${length} in ${heads} heads, from column ${first} of ${cols}`,
    );
  }
  const y = Tensor.empty(x.gpu, windows * length, cols, 'merged heads');
  const vectors = (y.paddedRows * y.stride) / 4;
  x.gpu.launch(MERGE, {
    buffers: [x.buffer, y.buffer],
    params: {
      rows: y.rows,
      length,
      block_rows: padded(length),
      heads,
      dim: x.cols,
      first,
      x_stride: x.stride,
      y_stride: y.stride / 4,
      vectors,
    },
    grid: linearGrid(vectors, 64),
  });
  return y;
}
