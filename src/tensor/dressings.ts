/**
 * Dresses that x itself asks for (fake-quant.ts), without a readback: outlier columns to be kept, cross scales.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import type { Windows } from './activation-format';
import { cellRanges, Dressing } from './fake-quant';
import { Tensor } from './tensor';

const PEAKS = defineKernel({
  shader: 'activation/peaks',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { count: 'u32', padded: 'u32', step: 'u32', second_at: 'u32', alpha: 'f32' },
  overrides: ['OP'],
});

/** 1 where any value of a column is above the threshold in magnitude, else 0: 1 × cols. LLM.int8(): 6. */
export function outlierColumns(x: Tensor, threshold: number): Tensor {
  return peaks(x, 'columns', 0, threshold);
}

/** The largest magnitude of each row or column to a power, 0 where all is 0: 1 × rows or 1 × cols. */
export function peakPowers(x: Tensor, along: 'rows' | 'columns', power: number): Tensor {
  return peaks(x, along, 1, power);
}

/** Columns with outliers pass, and the ranges are those of the others. Dettmers et al. 2022, section 3.2, arXiv 2208.07339. */
export function keepOutlierColumns(x: Tensor, threshold: number): Dressing {
  const keptColumns = outlierColumns(x, threshold);
  const dressing = Dressing.of(x.gpu, x.rows, x.cols, { keptColumns });
  keptColumns.release();
  return dressing;
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
  const pairs = cellRanges(x, { per: 'column' }, { windows });
  const made = Tensor.empty(x.gpu, pairs.rows / 2, x.cols, 'peaks');
  const count = made.rows * made.stride;
  x.gpu.launch(PEAKS, {
    buffers: [pairs.buffer, made.buffer],
    params: { count, padded: made.bytes / 4, step: 1, second_at: count, alpha: power },
    grid: linearGrid(made.bytes / 4, 64),
    overrides: { OP: 1 },
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
