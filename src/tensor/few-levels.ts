/**
 * What VidKV quantizes with (Tao et al. 2025, arXiv 2503.16257): two or three levels of a group's mean magnitude, and the spectrum of some
 * channels of a row. Its release gives codes back without their scale, and single bits as {0, s}; here they are ±m and m·{−1, 0, 1}.
 */
import type { Gpu } from '../gpu/gpu';
import { defineKernel, linearGrid } from '../gpu/kernel';
import type { Windows } from './activation-format';
import { Tensor } from './tensor';

const LEVELS = defineKernel({
  shader: 'activation/few-levels',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { groups: 'u32', cols: 'u32', stride: 'u32', length: 'u32', pitch: 'u32', tokens: 'u32', tiles: 'u32' },
  overrides: ['LEVELS'],
});

const spectrum = (entry: 'forward' | 'back') =>
  defineKernel({
    shader: 'activation/spectrum',
    entry,
    buffers: ['read', 'read', 'read', 'read', 'write'],
    params: {
      rows: 'u32',
      dim: 'u32',
      chosen: 'u32',
      bins: 'u32',
      length: 'u32',
      pitch: 'u32',
      x_stride: 'u32',
      y_stride: 'u32',
      mark_stride: 'u32',
    },
  });
const FORWARD = spectrum('forward');
const BACK = spectrum('back');

/** ±m, or m·{−1, 0, 1} with its border at m / 2, m the mean magnitude of `tokens` neighbouring rows of a column. */
export function fewLevels(x: Tensor, levels: 2 | 3, windows: Required<Windows>, tokens: number): Tensor {
  const { length, pitch } = windows;
  const tiles = Math.ceil(length / tokens);
  const groups = (x.rows / pitch) * tiles * x.cols;
  const y = Tensor.zeros(x.gpu, x.rows, x.cols, 'few levels');
  x.gpu.launch(LEVELS, {
    buffers: [x.buffer, y.buffer],
    params: { groups, cols: x.cols, stride: x.stride, length, pitch, tokens, tiles },
    grid: linearGrid(groups, 64),
    overrides: { LEVELS: levels },
    work: 4 * x.rows * x.cols,
  });
  return y;
}

/** Channels of each window: 1 in a row of `marks` (windows × dim) where they belong to it, `chosen` of them. */
export interface Chosen {
  readonly marks: Tensor;
  readonly chosen: number;
}

/** Numbers of a spectrum of so many channels. */
export function spectrumCols(chosen: number): number {
  return 2 * (Math.floor(chosen / 2) + 1);
}

/** rows × spectrumCols. */
export function spectrumOf(x: Tensor, { marks, chosen }: Chosen, windows: Required<Windows>): Tensor {
  const cols = spectrumCols(chosen);
  const y = Tensor.zeros(x.gpu, x.rows, cols, 'spectrum');
  const roots = rootsOf(x.gpu, chosen);
  x.gpu.launch(FORWARD, {
    buffers: [x.buffer, x.buffer, marks.buffer, roots.buffer, y.buffer],
    params: { ...placed(x.rows, x.cols, marks, chosen, windows), x_stride: x.stride, y_stride: y.stride },
    grid: linearGrid((x.rows * cols) / 2, 64),
    work: 4 * x.rows * cols * x.cols,
  });
  roots.release();
  return y;
}

/** Rows × dim: channels of the spectrum, and the others from `others`. */
export function channelsOf(x: Tensor, others: Tensor, { marks, chosen }: Chosen, windows: Required<Windows>): Tensor {
  const { rows, cols } = others;
  const y = Tensor.zeros(x.gpu, rows, cols, 'channels of a spectrum');
  const roots = rootsOf(x.gpu, chosen);
  x.gpu.launch(BACK, {
    buffers: [x.buffer, others.buffer, marks.buffer, roots.buffer, y.buffer],
    params: { ...placed(rows, cols, marks, chosen, windows), x_stride: x.stride, y_stride: y.stride },
    grid: linearGrid(rows * cols, 64),
    work: 4 * rows * cols * (x.cols + cols),
  });
  roots.release();
  return y;
}

/** exp(−2πi·n / count), real and imaginary parts in turn. */
function rootsOf(gpu: Gpu, count: number): Tensor {
  const angles = Array.from({ length: count }, (_, n) => (2 * Math.PI * n) / count);
  const values = angles.flatMap((angle) => [Math.cos(angle), -Math.sin(angle)]);
  return Tensor.from(gpu, 1, 2 * count, values, 'roots of one');
}

function placed(rows: number, dim: number, marks: Tensor, chosen: number, { length, pitch }: Required<Windows>) {
  if (marks.rows !== rows / pitch || marks.cols !== dim || chosen < 1 || chosen > dim) {
    throw new Error(`bug: ${chosen} channels by ${marks.rows} × ${marks.cols} marks of ${rows} × ${dim}`);
  }
  return { rows, dim, chosen, bins: spectrumCols(chosen) / 2, length, pitch, mark_stride: marks.stride };
}
