/**
 * A tensor of any number of dimensions as a matrix, so that it has rows, columns and a picture: a scalar is 1 × 1, a vector one row, and
 * more dimensions are the first by all others, as a convolution's outputs by what each of them reads. Where that makes rows of more
 * than 2¹⁶ values (stacked experts) it is all but the last dimension by the last.
 */

export interface MatrixForm {
  readonly rows: number;
  readonly cols: number;
}

const LONGEST_ROW = 2 ** 16;

/** Sizes of 0 give a matrix without values. */
export function matrixForm(shape: readonly number[]): MatrixForm {
  const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);
  if (shape.length === 0) return { rows: 1, cols: 1 };
  if (shape.length === 1) return { rows: 1, cols: shape[0] };
  const [first, ...rest] = shape;
  const cols = product(rest);
  if (shape.length === 2 || cols <= LONGEST_ROW) return { rows: first, cols };
  return { rows: product(shape.slice(0, -1)), cols: shape[shape.length - 1] };
}

/** The index in the tensor of a place in its matrix: one number a dimension. */
export function placeIn(shape: readonly number[], row: number, col: number): number[] {
  let rest = row * matrixForm(shape).cols + col;
  return shape
    .toReversed()
    .map((size) => {
      const at = rest % size;
      rest = Math.floor(rest / size);
      return at;
    })
    .toReversed();
}
