/**
 * Float64 twin of learned-grid.ts. Roundings have no derivative: `surrogate` is what their gradients are the derivatives of, with each
 * rounding's residual, and what lies inside the grid, held as they are at a point.
 */
import { roundHalf } from './fake-quant';
import { matrix, type Matrix } from './matrix';
import type { ClipSpec, RoundingSpec } from '../learned-grid';

/** AdaRound's rectified sigmoid. */
export function softRounding(v: number): number {
  return Math.min(1, Math.max(0, 1.2 / (1 + Math.exp(-v)) - 0.1));
}

/** V at which soft rounding is what was cut off w / s, so that ŵ = w inside the grid; never on the other side of ½ than rounding to the nearest. */
export function softStartReference(real: number): number {
  const rest = real - Math.floor(real);
  const start = -Math.log(1.2 / (rest + 0.1) - 1);
  // At a tie, where the nearest is the even one, 0 would round up.
  return roundHalf(real) > Math.floor(real) ? Math.max(start, LEAST) : Math.min(start, -LEAST);
}
const LEAST = 1e-6;

interface Point {
  readonly weight: Matrix;
  readonly grid: Matrix;
  readonly latent: Matrix | null;
}

interface Found {
  readonly code: number;
  readonly zero: number;
  readonly scale: number;
  readonly inside: boolean;
}

function find(
  { weight, grid, latent }: Point,
  { form, bits, size, decide = 'rounded' }: RoundingSpec,
  at: number,
): Found {
  const [row, column] = [Math.floor(at / weight.cols), at % weight.cols];
  const groups = grid.cols / 2;
  const cell = row * grid.cols + Math.floor(column / size);
  const top = 2 ** bits - 1;
  const scale = grid.data[cell];
  const zero = Math.min(top, Math.max(0, roundHalf(grid.data[cell + groups])));
  const w = weight.data[at];
  if (form === 'codes') return { code: w, zero, scale, inside: false };
  const v = latent?.data[at] ?? 0;
  const real = form === 'added' ? w / scale + v : w / scale;
  const t = {
    nearest: () => roundHalf(real),
    added: () => roundHalf(real),
    soft: () => Math.floor(real) + softRounding(v),
    hard: () => Math.floor(real) + (v >= 0 ? 1 : 0),
  }[form]();
  const judged = (decide === 'real' ? real : t) + zero;
  return { code: Math.min(top, Math.max(0, t + zero)), zero, scale, inside: judged >= 0 && judged <= top };
}

/** c, rows × cols. */
export function roundedCodesReference(of: Point, spec: RoundingSpec): Matrix {
  const { rows, cols, data } = of.weight;
  return matrix(
    rows,
    cols,
    data.map((_, at) => find(of, spec, at).code),
  );
}

/** ŵ, rows × cols. */
export function roundedReference(of: Point, spec: RoundingSpec): Matrix {
  const { rows, cols, data } = of.weight;
  return matrix(
    rows,
    cols,
    data.map((_, at) => {
      const { code, zero, scale } = find(of, spec, at);
      return scale * (code - zero);
    }),
  );
}

/** ŵ as a smooth function near `at`: straight through what is rounded there, with what is clamped there clamped. */
export function surrogate(point: Point, spec: RoundingSpec): (of: Point) => Matrix {
  const { rows, cols, data } = point.weight;
  const then = Array.from(data, (_, at) => find(point, spec, at));
  return ({ weight, grid, latent }) => {
    const groups = grid.cols / 2;
    return matrix(
      rows,
      cols,
      weight.data.map((w, at) => {
        const cell = Math.floor(at / cols) * grid.cols + Math.floor((at % cols) / spec.size);
        const [scale, zero] = [grid.data[cell], grid.data[cell + groups]];
        const zeroThen = point.grid.data[cell + groups];
        const { code, inside, zero: rounded } = then[at];
        // z moves about the whole number that it was rounded to.
        if (!inside) return scale * (code - (rounded + zero - zeroThen));
        const v = latent?.data[at] ?? 0;
        const real = (from: Point) => from.weight.data[at] / from.grid.data[cell];
        const free = spec.form === 'soft' ? softRounding(v) : spec.form === 'added' ? v : 0;
        const vThen = point.latent?.data[at] ?? 0;
        const freeThen = spec.form === 'soft' ? softRounding(vThen) : spec.form === 'added' ? vThen : 0;
        const residual = code - rounded - real(point) - freeThen;
        return scale * (w / scale + free + residual);
      }),
    );
  };
}

/** The grid of clipped ranges. */
export function clippedGridReference(reach: Matrix, factors: Matrix, { bits, symmetric, sigmoid }: ClipSpec): Matrix {
  const groups = reach.cols / 2;
  const top = 2 ** bits - 1;
  const grid = matrix(reach.rows, reach.cols);
  const factor = (x: number) => (sigmoid ? 1 / (1 + Math.exp(-x)) : x);
  for (let row = 0; row < reach.rows; row++) {
    for (let group = 0; group < groups; group++) {
      const at = row * reach.cols + group;
      const empty = reach.data[at] === 0 && reach.data[at + groups] === 0;
      const most = symmetric ? 1e-5 : 1;
      const low = factor(factors.data[at]) * (empty ? -most : reach.data[at]);
      const high = factor(factors.data[at + groups]) * (empty ? most : reach.data[at + groups]);
      const half = (top + 1) / 2;
      const scale = symmetric ? Math.max(-low, high) / (half - 1) : (high - low) / top;
      grid.data[at] = scale;
      grid.data[at + groups] = symmetric ? half : -low / scale;
    }
  }
  return grid;
}

/** Σ (1 − |2 h(V) − 1|^β). */
export function undecidedReference(latent: Matrix, beta: number): number {
  return latent.data.reduce((sum, v) => sum + 1 - Math.abs(2 * softRounding(v) - 1) ** beta, 0);
}
