/**
 * Dresses that x itself asks for (fake-quant.ts), without a readback: outlier columns to be kept, cross scales.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import type { ActivationFormat, Windows } from './activation-format';
import { axpy, subtract } from './elementwise';
import { cellRanges, Dressing, fakeQuantize, type FakeQuantOptions } from './fake-quant';
import { byWindow, spreadMultiply } from './spread';
import { Tensor } from './tensor';

const PEAKS = defineKernel({
  shader: 'activation/peaks',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { count: 'u32', padded: 'u32', step: 'u32', second_at: 'u32', alpha: 'f32' },
  overrides: ['OP'],
});

/**
 * 1 where any value of a window's column is above the threshold in magnitude, else 0: windows × cols, by default of one window. LLM.int8(): 6.
 */
export function outlierColumns(x: Tensor, threshold: number, windows: Windows = { length: x.rows }): Tensor {
  return windowPeaks(x, windows, 0, threshold);
}

/** The largest magnitude of each row or column to a power, 0 where all is 0: 1 × rows or 1 × cols. */
export function peakPowers(x: Tensor, along: 'rows' | 'columns', power: number): Tensor {
  return peaks(x, along, 1, power);
}

/** x with zeros in the place of each window's outlier columns, and those columns with zeros in the place of all others. */
export function outliersApart(x: Tensor, threshold: number, windows: Windows): { rest: Tensor; outliers: Tensor } {
  const marks = outlierColumns(x, threshold, windows);
  const outliers = spreadMultiply(x, marks, byWindow(x.rows, windows.pitch ?? windows.length));
  marks.release();
  return { rest: subtract(x, outliers), outliers };
}

/**
 * Each window's columns with outliers pass, and the ranges are those of the others: of formats that hold zero, whose ranges a zero does not
 * change. What a window keeps does not depend on which others it comes with. Dettmers et al. 2022, section 3.2, arXiv 2208.07339.
 */
export function fakeQuantizeBeside(
  x: Tensor,
  format: ActivationFormat,
  threshold: number,
  options: Omit<FakeQuantOptions, 'dressing'> & { readonly windows: Windows },
): Tensor {
  const { rest, outliers } = outliersApart(x, threshold, options.windows);
  const y = fakeQuantize(rest, format, options);
  axpy(1, outliers, y);
  for (const used of [rest, outliers]) used.release();
  return y;
}

/**
 * CrossQuant: the scale of x[i, j] is t_i^α · c_j^(1−α), t the row's own largest magnitude, c the columns' (`columnFactor` is c^(1−α), static).
 * To be quantized symmetrically by tensor with the range −1 … 1. α = 1 is per token, α = 0 per channel. arXiv 2410.07505.
 */
export function crossScales(x: Tensor, columnFactor: Tensor, alpha: number): Dressing {
  const rowFactor = peakPowers(x, 'rows', alpha);
  const dressing = Dressing.of(x.gpu, x.rows, x.cols, { rowFactor, columnFactor });
  rowFactor.release();
  return dressing;
}

/** The largest magnitude of each column of each window to a power, 0 where all is 0: windows × cols. ZipCache's channel-separable values. */
export function windowPeakPowers(x: Tensor, windows: Windows, power: number): Tensor {
  return windowPeaks(x, windows, 1, power);
}

function windowPeaks(x: Tensor, windows: Windows, op: number, alpha: number): Tensor {
  const pairs = cellRanges(x, { per: 'column' }, { windows });
  const made = Tensor.empty(x.gpu, pairs.rows / 2, x.cols, 'peaks');
  const count = made.rows * made.stride;
  x.gpu.launch(PEAKS, {
    buffers: [pairs.buffer, made.buffer],
    params: { count, padded: made.bytes / 4, step: 1, second_at: count, alpha },
    grid: linearGrid(made.bytes / 4, 64),
    overrides: { OP: op },
    work: made.bytes,
  });
  pairs.release();
  return made;
}

function peaks(x: Tensor, along: 'rows' | 'columns', op: number, alpha: number): Tensor {
  const rows = along === 'rows';
  const pairs = cellRanges(x, { per: rows ? 'token' : 'column' });
  const made = Tensor.empty(x.gpu, 1, rows ? x.rows : x.cols, 'peaks');
  x.gpu.launch(PEAKS, {
    buffers: [pairs.buffer, made.buffer],
    params: {
      count: made.cols,
      padded: made.bytes / 4,
      step: rows ? pairs.stride : 1,
      second_at: (pairs.rows / 2) * pairs.stride,
      alpha,
    },
    grid: linearGrid(made.bytes / 4, 64),
    overrides: { OP: op },
    work: made.bytes,
  });
  pairs.release();
  return made;
}
