/** Columns cut out, set into zeros, and set side by side, at any offsets (shaders/linalg/shift-columns.wgsl). */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { Tensor } from './tensor';

const kernel = (entry: 'cut' | 'add') =>
  defineKernel({
    shader: 'linalg/shift-columns',
    entry,
    buffers: ['read', 'write'],
    params: {
      vectors: 'u32',
      x_stride: 'u32',
      cols: 'u32',
      y_stride: 'u32',
      first: 'u32',
      width: 'u32',
      shift: 'i32',
    },
  });
const CUT = kernel('cut');
const ADD = kernel('add');

/** Columns first … first + count − 1. */
export function sliceColumns(x: Tensor, first: number, count: number): Tensor {
  if (first < 0 || first + count > x.cols) throw new Error(`bug: columns ${first} + ${count} of ${x.rows} × ${x.cols}`);
  const y = Tensor.empty(x.gpu, x.rows, count, 'columns');
  const vectors = y.bytes / 16;
  y.gpu.launch(CUT, {
    buffers: [x.buffer, y.buffer],
    params: { ...paramsOf(x, y), vectors, first: 0, width: 0, shift: first },
    grid: linearGrid(vectors, 64),
    work: 16 * vectors,
  });
  return y;
}

/** `cols` columns of zeros with x in them from column `first` on. */
export function placeColumns(x: Tensor, cols: number, first: number): Tensor {
  if (first < 0 || first + x.cols > cols) throw new Error(`bug: ${x.cols} columns from ${first} on among ${cols}`);
  const y = Tensor.zeros(x.gpu, x.rows, cols, 'columns');
  addInto(x, y, first);
  return y;
}

/** The columns of one after those of the other. */
export function concatColumns(parts: readonly Tensor[]): Tensor {
  const [{ gpu, rows }] = parts;
  const cols = parts.reduce((sum, part) => sum + part.cols, 0);
  // Zeros first: clearing is far cheaper than any kernel, and parts may share a vec4.
  const y = Tensor.zeros(gpu, rows, cols, 'columns side by side');
  let at = 0;
  for (const part of parts) {
    if (part.rows !== rows) throw new Error(`bug: ${part.rows} rows beside ${rows}`);
    addInto(part, y, at);
    at += part.cols;
  }
  return y;
}

/** Adds x to the columns of y from number `at` on. */
function addInto(x: Tensor, y: Tensor, at: number): void {
  const first = Math.floor(at / 4);
  const width = Math.ceil((at + x.cols) / 4) - first;
  const vectors = width * y.rows;
  y.gpu.launch(ADD, {
    buffers: [x.buffer, y.buffer],
    params: { ...paramsOf(x, y), vectors, first, width, shift: -at },
    grid: linearGrid(vectors, 64),
    work: 16 * vectors,
  });
}

function paramsOf(x: Tensor, y: Tensor) {
  return { x_stride: x.stride / 4, cols: y.cols, y_stride: y.stride / 4 };
}
