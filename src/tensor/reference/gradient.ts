/**
 * Float64 twins of forward passes that only training and image models have (spread.ts, columns.ts, rows.ts, scalar.ts), by the names
 * they have on the tape. Plain loops on row-major matrices.
 */
import { matrix, multiply as product, transpose, type Matrix } from './matrix';
import { crossEntropy as losses, klDivergence } from './model';
import { combine, generate, innerProduct } from './rearrange';

const at = (x: Matrix, r: number, c: number) => x.data[r * x.cols + c];
const scalar = (value: number) => matrix(1, 1, [value]);

/** a ⊙ b. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  return generate(a.rows, a.cols, (r, c) => at(a, r, c) * at(b, r, c));
}

export function scale(x: Matrix, factor: number): Matrix {
  return generate(x.rows, x.cols, (r, c) => factor * at(x, r, c));
}

export function modulate(x: Matrix, shift: Matrix, scale: Matrix, length: number): Matrix {
  return generate(x.rows, x.cols, (r, c) => {
    const w = Math.floor(r / length);
    return at(x, r, c) * (1 + at(scale, w, c)) + at(shift, w, c);
  });
}

export function gateRows(x: Matrix, gate: Matrix, length: number): Matrix {
  return generate(x.rows, x.cols, (r, c) => at(x, r, c) * at(gate, Math.floor(r / length), c));
}

export function meanRows(x: Matrix, length: number): Matrix {
  return generate(x.rows / length, x.cols, (w, c) => {
    let sum = 0;
    for (let t = 0; t < length; t++) sum += at(x, w * length + t, c);
    return sum / length;
  });
}

export function sliceColumns(x: Matrix, first: number, count: number): Matrix {
  return generate(x.rows, count, (r, c) => at(x, r, first + c));
}

export function sliceRows(x: Matrix, first: number, count: number): Matrix {
  return matrix(count, x.cols, x.data.subarray(first * x.cols, (first + count) * x.cols));
}

export function concatRows(parts: readonly Matrix[]): Matrix {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const y = matrix(rows, parts[0].cols);
  let begin = 0;
  for (const { data } of parts) {
    y.data.set(data, begin);
    begin += data.length;
  }
  return y;
}

export function concatColumns(parts: readonly Matrix[]): Matrix {
  return transpose(concatRows(parts.map(transpose)));
}

export function reverseRows(x: Matrix, length: number): Matrix {
  return generate(x.rows, x.cols, (r, c) => at(x, r - (r % length) + length - 1 - (r % length), c));
}

export function meanSquare(y: Matrix, target: Matrix, weights: Matrix | null): Matrix {
  const squares = generate(y.rows, y.cols, (r, c) => (weights?.data[r] ?? 1) * (at(y, r, c) - at(target, r, c)) ** 2);
  return scalar(squares.data.reduce((sum, value) => sum + value, 0) / squares.data.length);
}

export function crossEntropy(logits: Matrix, targets: ArrayLike<number>, counted: number): Matrix {
  return scalar(losses(logits, targets).data.reduce((sum, value) => sum + value, 0) / counted);
}

/** The mean of KL(softmax(full[r]) ‖ softmax(logits[r])). */
export function divergence(logits: Matrix, full: Matrix): Matrix {
  return scalar(klDivergence(full, logits).data.reduce((sum, value) => sum + value, 0) / logits.rows);
}

export function quadraticForm(w: Matrix, target: Matrix, h: Matrix, factor: number): Matrix {
  const difference = combine(1, w, -1, target);
  return scalar(factor * innerProduct(product(difference, h), difference));
}
