/**
 * What scaling and rotating do to a layer's inputs before they are rounded, in float64: x is divided by scales and turned by a Hadamard matrix,
 * W is multiplied and turned alike, so that X′ W′ᵀ = X Wᵀ. By the same functions as the engine's steps smooth and rotate (numerics/scales,
 * numerics/fwht) and the twin of its activation quantizer. Shapes: X tokens × C, W R × C, C a power of two.
 *
 * SmoothQuant: Xiao et al. 2023, arXiv:2211.10438. Hadamard rotation: Ashkboos et al. 2024, arXiv:2404.00456.
 */
import { matmul, matrix, type Matrix } from '../../numerics/matrix';
import { hadamardRows } from '../../numerics/fwht';
import { smoothScales } from '../../numerics/scales';
import { fitGrid, roundToGrid } from '../../quantizer/affine-reference';
import { fakeQuantize } from '../../tensor/reference/fake-quant';

export interface Treatment {
  /** SmoothQuant's α; null: no scaling. */
  readonly smooth: number | null;
  /** Stages of butterflies, each doubling how many channels are mixed: 0 none, log2 C all. */
  readonly stages: number;
}

export interface Layer {
  readonly inputs: Matrix;
  readonly weight: Matrix;
}

export interface Treated extends Layer {
  /** s of each channel; null without scaling. */
  readonly scales: Float64Array | null;
}

export function treated({ inputs, weight }: Layer, { smooth, stages }: Treatment): Treated {
  const scales = smooth === null ? null : smoothScales(largestByColumn(inputs), largestByColumn(weight), smooth);
  const scaledInputs = scales ? byColumn(inputs, (value, c) => value / scales[c]) : inputs;
  const scaledWeight = scales ? byColumn(weight, (value, c) => value * scales[c]) : weight;
  return { inputs: rotated(scaledInputs, stages), weight: rotated(scaledWeight, stages), scales };
}

/** I ⊗ H of order 2^stages on each row: runs of as many channels are mixed. */
function rotated(x: Matrix, stages: number): Matrix {
  if (stages === 0) return x;
  return hadamardRows(x, { K: 1, power: stages }, { blocks: x.cols / 2 ** stages });
}

/** Each token on a grid of its own, from its smallest to its largest value. */
export function roundedInputs(inputs: Matrix, bits: number): Matrix {
  return fakeQuantize(inputs, { code: { kind: 'asymmetric', bits }, cells: { per: 'token' } });
}

/** Each row of W to its nearest levels. */
export function roundedWeight({ rows, cols, data }: Matrix, bits: number): Matrix {
  const out = matrix(rows, cols);
  for (let r = 0; r < rows; r++) {
    const row = data.subarray(r * cols, (r + 1) * cols);
    const grid = fitGrid(row, { bits, symmetric: false, clip: 'none' });
    row.forEach((value, c) => (out.data[r * cols + c] = roundToGrid(value, grid, bits).value));
  }
  return out;
}

export interface Errors {
  /** ‖y − ŷ‖² / ‖y‖² of each token's outputs, the mean over the tokens: with inputs rounded, weights rounded, or both. */
  readonly inputs: number;
  readonly weight: number;
  readonly both: number;
}

export function errorsOf(layer: Layer, treatment: Treatment, bits: number): Errors {
  const wanted = matmul('nt', layer.inputs, layer.weight);
  const { inputs, weight } = treated(layer, treatment);
  const [x, w] = [roundedInputs(inputs, bits), roundedWeight(weight, bits)];
  return {
    inputs: relative(wanted, matmul('nt', x, weight)),
    weight: relative(wanted, matmul('nt', inputs, w)),
    both: relative(wanted, matmul('nt', x, w)),
  };
}

/** max |Y − Y′| with nothing rounded, against the largest output: what float64 leaves of X′ W′ᵀ = X Wᵀ. */
export function invariance(layer: Layer, treatment: Treatment): number {
  const wanted = matmul('nt', layer.inputs, layer.weight);
  const { inputs, weight } = treated(layer, treatment);
  const got = matmul('nt', inputs, weight);
  const most = wanted.data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return wanted.data.reduce((max, value, i) => Math.max(max, Math.abs(value - got.data[i])), 0) / most;
}

/** Token by token, so that one whose values are huge does not speak for all. */
function relative(wanted: Matrix, got: Matrix): number {
  let total = 0;
  for (let r = 0; r < wanted.rows; r++) {
    let [off, all] = [0, 0];
    for (let i = r * wanted.cols; i < (r + 1) * wanted.cols; i++) {
      off += (wanted.data[i] - got.data[i]) ** 2;
      all += wanted.data[i] ** 2;
    }
    total += off / all;
  }
  return total / wanted.rows;
}

/** What three quarters of the tokens stay below in each channel: its usual size, whatever a single token does. */
export function usualByColumn({ rows, cols, data }: Matrix): Float64Array {
  return Float64Array.from({ length: cols }, (_, c) => {
    const sizes = Array.from({ length: rows }, (__, r) => Math.abs(data[r * cols + c])).sort((a, b) => a - b);
    return sizes[Math.floor(0.75 * rows)];
  });
}

/** The largest magnitude of each channel. */
function largestByColumn({ rows, cols, data }: Matrix): Float64Array {
  const most = new Float64Array(cols);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) most[c] = Math.max(most[c], Math.abs(data[r * cols + c]));
  }
  return most;
}

function byColumn({ rows, cols, data }: Matrix, change: (value: number, c: number) => number): Matrix {
  return matrix(
    rows,
    cols,
    data.map((value, i) => change(value, i % cols)),
  );
}
