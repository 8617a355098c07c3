/**
 * Cholesky factor and triangular inverse of a matrix in panels (panels.ts), with the bits that cholesky.ts has on one in one piece: the
 * same blocks of 32 columns, the same joins of blocks of 32·2ᵏ, and sums that run in the same order.
 *
 * A step of the factorization holds its 32 columns in a copy of their own: they are what the panels below are updated by. The inverse
 * first takes each panel's part of the diagonal by itself, then joins panels: Y21 = −Y22·L21·Y11, a strip of columns at a time.
 */
import { BLOCK, factorBlock, invertLower, solveBelow, type PivotStatus } from './cholesky';
import { launchProduct } from './matmul';
import { copyBlock, onDiagonal, stripOf, type Panel, type Panels } from './panels';
import { lowerTriangle } from './permute';
import { Tensor } from './tensor';

const ORIGIN = { row: 0, col: 0 };

/** As cholesky: the lower triangle becomes L; what is above it is scratch. */
export function choleskyPanels(a: Panels, floor: number, status: PivotStatus): void {
  const { gpu, rows: size, panels } = a;
  for (let first = 0; first < size; first += BLOCK) {
    const below = first + BLOCK;
    const owner = panels.findLast((panel) => panel.first <= first) ?? panels[0];
    factorBlock(owner.tensor, status, { size, first, floor, above: owner.first });
    if (below === size) break;
    // The step's columns, of rows `first` and below.
    const column = Tensor.empty(gpu, size - first, BLOCK, 'columns of a step');
    for (const { panel, start, count } of partsOf(panels, first, size)) {
      const place = { row: start - panel.first, col: first };
      copyBlock(panel.tensor, place, column, { row: start - first, col: 0 }, count, BLOCK);
    }
    solveBelow(column);
    const belowColumn = (BLOCK * column.stride) / 4;
    for (const { panel, start, count } of partsOf(panels, below, size)) {
      const { tensor } = panel;
      copyBlock(column, { row: start - first, col: 0 }, tensor, { row: start - panel.first, col: first }, count, BLOCK);
      launchProduct('nt', column, column, tensor, {
        ...{ rows: count, cols: start + count - below, inner: BLOCK, firstRow: start - below, lowerOnly: true },
        ...{ aOffset: belowColumn, bOffset: belowColumn, alpha: -1, beta: 1 },
        cOffset: ((below - panel.first) * tensor.stride + below) / 4,
      });
    }
    column.release();
  }
}

/** As invertLower. */
export function invertLowerPanels(a: Panels): void {
  const { rows: size, panels } = a;
  onDiagonal(a, (block) => {
    invertLower(block);
    // Sums over whole panels meet what is above the diagonal: it has to be zero.
    lowerTriangle(block);
    return 'changed';
  });
  for (let half = panels[0].tensor.rows; half < size; half *= 2) {
    for (let first = 0; first + half < size; first += 2 * half) {
      join(a, first, first + half, Math.min(size, first + 2 * half));
    }
  }
}

/** Joins the inverses Y11 of rows first … middle − 1 and Y22 of rows middle … past − 1. */
function join({ gpu, panels }: Panels, first: number, middle: number, past: number): void {
  const upper = partsOf(panels, first, middle).map(({ panel }) => panel);
  const lower = partsOf(panels, middle, past).map(({ panel }) => panel);
  // From the left: L21 is read from a strip's columns on, and each strip of it is overwritten once it has been.
  for (const { first: left, tensor } of upper) {
    const width = tensor.rows;
    const y11 = stripOf({ gpu, panels }, left, width, left, middle);
    const t = Tensor.empty(gpu, past - middle, width, 'L21 Y11');
    const whole = { firstRow: 0, lowerOnly: false, cols: width, bOffset: 0, beta: 0 };
    for (const panel of lower) {
      launchProduct('nn', panel.tensor, y11, t, {
        ...{ ...whole, rows: panel.tensor.rows, inner: middle - left, alpha: 1 },
        ...{ aOffset: left / 4, cOffset: ((panel.first - middle) * t.stride) / 4 },
      });
    }
    for (const panel of lower) {
      const { rows } = panel.tensor;
      const inner = panel.first + rows - middle;
      // A copy: no launch may read the buffer that it writes.
      const y22 = Tensor.empty(gpu, rows, inner, 'Y22');
      copyBlock(panel.tensor, { row: 0, col: middle }, y22, ORIGIN, rows, inner);
      launchProduct('nn', y22, t, panel.tensor, {
        ...{ ...whole, rows, inner, alpha: -1 },
        ...{ aOffset: 0, cOffset: left / 4 },
      });
      y22.release();
    }
    y11.release();
    t.release();
  }
}

/** Rows first … past − 1 by panel. */
function partsOf(panels: readonly Panel[], first: number, past: number) {
  return panels.flatMap((panel) => {
    const start = Math.max(first, panel.first);
    const count = Math.min(past, panel.first + panel.tensor.rows) - start;
    return count > 0 ? [{ panel, start, count }] : [];
  });
}
