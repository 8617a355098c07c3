/**
 * Float64 twins of the model kernels (norm, rope, heads, activation, bias, embedding, loss), by the same names.
 * Plain loops on row-major matrices.
 */
import { matrix, type Matrix } from './matrix';

/** Builds a matrix element by element. */
function fill(rows: number, cols: number, value: (r: number, c: number) => number): Matrix {
  const y = matrix(rows, cols);
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) y.data[r * cols + c] = value(r, c);
  return y;
}

const row = (x: Matrix, r: number) => x.data.subarray(r * x.cols, (r + 1) * x.cols);
const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
const map = (x: Matrix, f: (v: number) => number) => matrix(x.rows, x.cols, x.data.map(f));

export function rmsNorm(x: Matrix, weight: Matrix, eps: number): Matrix {
  const scales = Array.from(
    { length: x.rows },
    (_, r) => 1 / Math.sqrt(sum(row(x, r).map((v) => v * v)) / x.cols + eps),
  );
  return fill(x.rows, x.cols, (r, c) => row(x, r)[c] * scales[r] * weight.data[c]);
}

export function layerNorm(x: Matrix, weight: Matrix, bias: Matrix, eps: number): Matrix {
  const y = matrix(x.rows, x.cols);
  for (let r = 0; r < x.rows; r++) {
    const mean = sum(row(x, r)) / x.cols;
    const variance = sum(row(x, r).map((v) => (v - mean) ** 2)) / x.cols;
    row(y, r).set(row(x, r).map((v, c) => ((v - mean) / Math.sqrt(variance + eps)) * weight.data[c] + bias.data[c]));
  }
  return y;
}

/** Cosines of a position's angles, then their sines; for any frequencies. */
export function ropeTable(frequencies: ArrayLike<number>, length: number): Matrix {
  const half = frequencies.length;
  return fill(length, 2 * half, (position, c) =>
    c < half ? Math.cos(position * frequencies[c]) : Math.sin(position * frequencies[c - half]),
  );
}

/** Heads (heads.ts) whose first columns, as many as the table has, are rotated by their positions; rows past the length become zero. */
export function rotate(x: Matrix, table: Matrix, length: number): Matrix {
  const half = table.cols / 2;
  const blockRows = Math.ceil(length / 8) * 8;
  return fill(x.rows, x.cols, (r, c) => {
    const position = r % blockRows;
    if (position >= length) return 0;
    if (c >= table.cols) return row(x, r)[c];
    const j = c % half;
    const [cos, sin] = [row(table, position)[j], row(table, position)[half + j]];
    return c < half ? row(x, r)[j] * cos - row(x, r)[half + j] * sin : row(x, r)[half + j] * cos + row(x, r)[j] * sin;
  });
}

export function splitHeads(
  x: Matrix,
  { windows, length }: { windows: number; length: number },
  { first, heads, dim }: { first: number; heads: number; dim: number },
): Matrix {
  const blockRows = Math.ceil(length / 8) * 8;
  return fill(windows * heads * blockRows, dim, (r, d) => {
    const t = r % blockRows;
    const block = Math.floor(r / blockRows);
    return t < length ? row(x, Math.floor(block / heads) * length + t)[first + (block % heads) * dim + d] : 0;
  });
}

export function siluGate(gate: Matrix, up: Matrix): Matrix {
  return matrix(
    gate.rows,
    gate.cols,
    gate.data.map((v, i) => (v / (1 + Math.exp(-v))) * up.data[i]),
  );
}

export function activate(kind: 'gelu_tanh' | 'gelu_erf' | 'relu' | 'silu' | 'softplus' | 'exp', x: Matrix): Matrix {
  const functions = {
    gelu_tanh: (v: number) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))),
    gelu_erf: (v: number) => 0.5 * v * (1 + erf(v / Math.SQRT2)),
    relu: (v: number) => Math.max(v, 0),
    silu: (v: number) => v / (1 + Math.exp(-v)),
    softplus: (v: number) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v))),
    exp: Math.exp,
  };
  return map(x, functions[kind]);
}

/** erf by its Taylor series, whose terms stay small enough for float64 up to 5; beyond that it is ±1 to 1e-11. */
export function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

/** y[r, :] + x[r mod period, :], as a new matrix. */
export function addRows(y: Matrix, x: Matrix, period: number): Matrix {
  return fill(y.rows, y.cols, (r, c) => row(y, r)[c] + row(x, r % period)[c]);
}

export function gather(table: Matrix, ids: ArrayLike<number>): Matrix {
  return fill(ids.length, table.cols, (r, c) => row(table, ids[r])[c]);
}

function logSoftmax(x: Matrix): Matrix {
  const y = matrix(x.rows, x.cols);
  for (let r = 0; r < x.rows; r++) {
    const highest = Math.max(...row(x, r));
    const log = highest + Math.log(sum(row(x, r).map((v) => Math.exp(v - highest))));
    row(y, r).set(row(x, r).map((v) => v - log));
  }
  return y;
}

/** A target outside the columns gives 0. */
export function crossEntropy(logits: Matrix, targets: ArrayLike<number>): Matrix {
  const log = logSoftmax(logits);
  return fill(logits.rows, 1, (r) => (targets[r] < logits.cols ? -row(log, r)[targets[r]] : 0));
}

export function klDivergence(p: Matrix, q: Matrix): Matrix {
  const [logP, logQ] = [logSoftmax(p), logSoftmax(q)];
  return fill(p.rows, 1, (r) => sum(row(logP, r).map((v, c) => Math.exp(v) * (v - row(logQ, r)[c]))));
}

export function argmaxRows(x: Matrix): Matrix {
  return fill(x.rows, 1, (r) => row(x, r).indexOf(Math.max(...row(x, r))));
}
