/** Float64 twin of fake-quant.ts and of its straight-through gradient: written out value by value, by the formulas of activation-format.ts. */
import {
  codeNumbers,
  layoutOf,
  type ActivationFormat,
  type Cells,
  type CellLayout,
  type CodeNumbers,
  type Windows,
} from '../activation-format';
import { matrix, type Matrix } from './matrix';

export interface Dress {
  readonly columnFactor?: ArrayLike<number>;
  readonly noise?: ArrayLike<number>;
  readonly keptColumns?: ArrayLike<number>;
  readonly rowFactor?: ArrayLike<number>;
  readonly keptRows?: ArrayLike<number>;
}

export interface Options {
  readonly windows?: Windows;
  readonly dress?: Dress;
  /** (2·R) × across. */
  readonly ranges?: Matrix;
}

interface Range {
  readonly low: number;
  readonly high: number;
}

const LEAST_SCALE = 2 ** -120;

/** Half to even, or half away from zero. */
export function roundHalf(v: number, rounding: 'even' | 'away' = 'even'): number {
  if (!Number.isFinite(v)) return v;
  const [below, rest] = [Math.floor(Math.abs(v)), Math.abs(v) % 1];
  const up = rest > 0.5 || (rest === 0.5 && (rounding === 'away' || below % 2 === 1));
  return Math.sign(v) * (below + (up ? 1 : 0));
}

/** Which row of cells a row belongs to, or null where it is not live. */
export function cellRowOf(row: number, { length, pitch, tileRows, tiles, modulus, width, turns }: CellLayout) {
  const [window, t] = [Math.floor(row / pitch), row % pitch];
  if (t >= length) return null;
  const tile = Math.floor(t / tileRows);
  const turn = Math.floor(((t - tile * tileRows) % modulus) / width);
  return (window * tiles + tile) * turns + turn;
}

/** Twin of cellRanges. */
export function cellRanges(x: Matrix, cells: Cells, { windows, dress = {} }: Options = {}): Matrix {
  const layout = layoutOf(x.rows, x.cols, cells, windows);
  const { down, across, tileCols } = layout;
  const ranges = matrix(2 * down, across);
  const seen = new Set<number>();
  for (let row = 0; row < x.rows; row++) {
    const cellRow = cellRowOf(row, layout);
    if (cellRow === null) continue;
    for (let col = 0; col < x.cols; col++) {
      if (isKept(dress, row, col)) continue;
      const v = dressedValue(x, dress, row, col);
      const at = cellRow * across + Math.floor(col / tileCols);
      const high = at + down * across;
      const first = !seen.has(at);
      seen.add(at);
      // Math.min and max keep NaN.
      ranges.data[at] = first ? v : Math.min(ranges.data[at], v);
      ranges.data[high] = first ? v : Math.max(ranges.data[high], v);
    }
  }
  return ranges;
}

/** Twin of fakeQuantize. */
export function fakeQuantize(x: Matrix, format: ActivationFormat, options: Options = {}): Matrix {
  return mapLevels(x, format, options, (v, range, numbers) => level(v, range, format, numbers));
}

/**
 * The function whose derivatives the way back gives: roundings' residuals, the side of the clip and the larger end stay what they are at
 * `x` and `ranges`. At that point it is fakeQuantize; elsewhere it is smooth in both.
 */
export function straightThrough(x: Matrix, format: ActivationFormat, options: Options) {
  const at: ((v: number, range: Range) => number)[] = [];
  mapLevels(x, format, options, (v, range, numbers) => {
    at.push(surrogate(v, range, format, numbers));
    return v;
  });
  return (moved: Matrix, ranges: Matrix): Matrix => {
    let i = 0;
    return mapLevels(moved, format, { ...options, ranges }, (v, range) => at[i++](v, range));
  };
}

function mapLevels(
  x: Matrix,
  format: ActivationFormat,
  options: Options,
  f: (v: number, range: Range, numbers: CodeNumbers) => number,
): Matrix {
  const { windows, dress = {} } = options;
  const layout = layoutOf(x.rows, x.cols, format.cells, windows);
  const ranges = options.ranges ?? cellRanges(x, format.cells, options);
  const numbers = codeNumbers(format);
  const rangeRows = ranges.rows / 2;
  const y = matrix(x.rows, x.cols);
  for (let row = 0; row < x.rows; row++) {
    const own = cellRowOf(row, layout);
    if (own === null) continue;
    const cellRow = rangeRows === 1 ? 0 : own;
    for (let col = 0; col < x.cols; col++) {
      const i = row * x.cols + col;
      if (isKept(dress, row, col)) {
        y.data[i] = x.data[i];
        continue;
      }
      const at = cellRow * layout.across + Math.floor(col / layout.tileCols);
      const range = { low: ranges.data[at], high: ranges.data[at + rangeRows * layout.across] };
      const v = f(dressedValue(x, dress, row, col), range, numbers);
      y.data[i] = v * factorOf(dress, row, col) - (dress.noise?.[col] ?? 0);
    }
  }
  return y;
}

function level(v: number, range: Range, format: ActivationFormat, numbers: CodeNumbers): number {
  if (![v, range.low, range.high].every(Number.isFinite)) return NaN;
  const { top, least, detail } = numbers;
  const { code, clip = 1, rounding } = format;
  const r = (u: number) => roundHalf(u, rounding);
  const clamp = (u: number, from: number, to: number) => Math.min(Math.max(u, from), to);
  switch (code.kind) {
    case 'symmetric':
    case 'asymmetric':
    case 'float offset': {
      const { scale, zero, base } = affine(range, format, numbers);
      return scale * (clamp(r((v - base) / scale) + zero, least, top) - zero) + base;
    }
    case 'logarithmic': {
      const delta = range.high * clip;
      if (v <= 0 || delta <= 0) return 0;
      const n = Math.max(0, r(-detail * Math.log2(v / delta)));
      return n >= top ? 0 : delta * 2 ** (-n / detail);
    }
    case 'split': {
      const delta = range.high * clip;
      if (v <= 0 || delta <= 0) return 0;
      const reach = v / delta > code.split ? delta : delta * code.split;
      return (reach * Math.min(r((v / reach) * top), top)) / top;
    }
    case 'signs': {
      const above = (Math.max(range.high, 0) * clip) / top;
      const own = (Math.max(-range.low, 0) * clip) / top;
      const below = above > 0 && own > 0 ? above * 2 ** Math.ceil(Math.log2(own / above)) : own;
      const step = v >= 0 ? above : below;
      return step === 0 ? 0 : clamp(r(v / step), -top, top) * step;
    }
    case 'e4m3':
    case 'e5m2': {
      const reach = Math.max(Math.abs(range.low), Math.abs(range.high)) * clip;
      const scale = reach === 0 ? 1 : Math.max(reach / top, LEAST_SCALE);
      const u = v / scale;
      const exponent = u === 0 ? numbers.exponent : Math.max(Math.floor(Math.log2(Math.abs(u))), numbers.exponent);
      const step = 2 ** (exponent - numbers.mantissa);
      return scale * clamp(r(u / step) * step, -top, top);
    }
  }
}

/** low' and high' of an affine code: the range it really covers. */
function endsOf({ low, high }: Range, { code, clip = 1 }: ActivationFormat): Range {
  if (code.kind === 'asymmetric') return { low: Math.min(0, low) * clip, high: Math.max(0, high) * clip };
  const [middle, half] = [(low + high) / 2, ((high - low) / 2) * clip];
  if (code.kind === 'float offset') return clip === 1 ? { low, high } : { low: middle - half, high: middle + half };
  const reach = Math.max(Math.abs(low), Math.abs(high)) * clip;
  return { low: -reach, high: reach };
}

function affine(range: Range, format: ActivationFormat, { top }: CodeNumbers) {
  const { low, high } = endsOf(range, format);
  if (format.code.kind === 'symmetric') {
    return { scale: high === 0 ? 1 : Math.max(high / top, LEAST_SCALE), zero: 0, base: 0 };
  }
  if (format.code.kind === 'float offset') {
    return { scale: low === high ? 1 : Math.max((high - low) / top, LEAST_SCALE), zero: 0, base: low };
  }
  const [from, to] = low === 0 && high === 0 ? [-1, 1] : [low, high];
  return { scale: Math.max((to - from) / top, LEAST_SCALE), zero: roundHalf((-from * top) / (to - from)), base: 0 };
}

/** See straightThrough. */
function surrogate(v: number, range: Range, format: ActivationFormat, numbers: CodeNumbers) {
  const { top, least } = numbers;
  const { scale, zero, base } = affine(range, format, numbers);
  const u = (v - base) / scale;
  const residual = roundHalf(u, format.rounding) - u;
  const code = u + residual + zero;
  const ends = endsOf(range, format);
  const zeroResidual = zero + ends.low / scale;
  const larger: keyof Range = Math.abs(range.low) > Math.abs(range.high) ? 'low' : 'high';
  return (v: number, range: Range): number => {
    const { kind } = format.code;
    const { low, high } =
      kind === 'symmetric' ? endsOf({ low: range[larger], high: range[larger] }, format) : endsOf(range, format);
    const empty = kind === 'asymmetric' ? ends.low === 0 && ends.high === 0 : ends.low === ends.high;
    const moving = kind === 'symmetric' ? high / top : (high - low) / top;
    const step = empty ? scale : moving;
    const base = kind === 'float offset' ? low : 0;
    const offset = kind !== 'asymmetric' ? 0 : empty ? zero : -low / step + zeroResidual;
    if (code < least) return step * (least - offset) + base;
    if (code > top) return step * (top - offset) + base;
    return v + step * residual;
  };
}

function isKept({ keptColumns, keptRows }: Dress, row: number, col: number): boolean {
  return keptColumns?.[col] === 1 || keptRows?.[row] === 1;
}

function factorOf({ columnFactor, rowFactor }: Dress, row: number, col: number): number {
  return (columnFactor?.[col] || 1) * (rowFactor?.[row] || 1);
}

function dressedValue(x: Matrix, dress: Dress, row: number, col: number): number {
  return (x.data[row * x.cols + col] + (dress.noise?.[col] ?? 0)) / factorOf(dress, row, col);
}
