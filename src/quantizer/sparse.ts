/**
 * The sparse form: some weights kept as they are, all others zero. What is left of a matrix whose outliers or whose salient inputs are stored apart;
 * the rest of it is another part of a sum (sum.ts).
 *
 *   columns   whole columns: `places` are their numbers, `values` rows × columns kept
 *   entries   single weights: `places` are row · cols + column, `values` one each
 *
 * Places rise, so that none stands twice. Values are F16 codes at 16 bits, floats at 32.
 */
import { floatToHalf, halfToFloat } from '../base/half';
import { areFiniteHalves } from './factors';
import { lengthFault, sizeFault } from './faults';
import { makeLedger, type Ledger } from './ledger';

export interface SparseTensor {
  readonly kind: 'sparse';
  readonly rows: number;
  readonly cols: number;
  readonly layout: 'columns' | 'entries';
  readonly places: Uint32Array<ArrayBuffer>;
  readonly bits: 16 | 32;
  readonly values: Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
}

/** The weights at `places` of a whole matrix, rows × cols, as they are stored. Places need no order; each stands once. */
export function storeSparse(
  weights: Float32Array,
  {
    rows,
    cols,
    layout,
    bits,
    places: given,
  }: Pick<SparseTensor, 'rows' | 'cols' | 'layout' | 'bits'> & { readonly places: ArrayLike<number> },
): SparseTensor {
  const places = Uint32Array.from(given).sort();
  const at = positions({ rows, cols, layout, places });
  const picked = Float32Array.from(at, (place) => weights[place]);
  return {
    kind: 'sparse',
    rows,
    cols,
    layout,
    places,
    bits,
    values: bits === 16 ? Uint16Array.from(picked, floatToHalf) : picked,
  };
}

/** Where each value stands in the matrix, row · cols + column, in the order of values. */
export function positions({
  rows,
  cols,
  layout,
  places,
}: Pick<SparseTensor, 'rows' | 'cols' | 'layout' | 'places'>): Uint32Array<ArrayBuffer> {
  if (layout === 'entries') return places;
  const count = places.length;
  return Uint32Array.from({ length: rows * count }, (_, i) => Math.floor(i / count) * cols + places[i % count]);
}

/** The values as they are used. */
export function sparseValues({ bits, values }: SparseTensor): Float32Array<ArrayBuffer> {
  return bits === 16 ? Float32Array.from(values, halfToFloat) : Float32Array.from(values);
}

/** Rows × cols f32, zeros where nothing is kept. */
export function decodeSparse(t: SparseTensor): Float32Array<ArrayBuffer> {
  const out = new Float32Array(t.rows * t.cols);
  const values = sparseValues(t);
  positions(t).forEach((place, i) => (out[place] = values[i]));
  return out;
}

export function sparseIsZero(t: SparseTensor): boolean {
  return sparseValues(t).every((value) => value === 0);
}

/** What of a sparse tensor decides its size. */
export interface SparseLayout extends Pick<SparseTensor, 'rows' | 'cols' | 'layout' | 'bits'> {
  /** Columns or entries kept. */
  readonly kept: number;
}

/**
 * Storage: the values as codes, and where they stand (`mask`): of columns the number of each in whole bits; of entries a column number
 * each and where every row begins, or a bit a weight where that is less.
 */
export function sparseLedger({ rows, cols, layout, bits, kept }: SparseLayout): Ledger {
  const each = bitsFor(cols);
  if (layout === 'columns') return makeLedger(rows * cols, { indices: rows * kept * bits, mask: kept * each });
  const listed = kept * each + (rows + 1) * bitsFor(kept + 1);
  return makeLedger(rows * cols, { indices: kept * bits, mask: kept === 0 ? 0 : Math.min(listed, rows * cols) });
}

export function sparseLayoutOf(t: SparseTensor): SparseLayout {
  return { ...t, kept: t.places.length };
}

/** What is wrong with a tensor that comes from storage or a file, completing "its …"; null when nothing is. */
export function sparseFault(t: SparseTensor): string | null {
  const { rows, cols, layout, places, bits, values } = t;
  const size = sizeFault(rows, cols);
  if (size !== null) return size;
  if (layout !== 'columns' && layout !== 'entries') return `kept weights are in ${String(layout).slice(0, 20)}`;
  if (bits !== 16 && bits !== 32) return `kept weights are stored in ${String(bits)} bits`;
  if (!(places instanceof Uint32Array)) return 'places are not a Uint32Array';
  const limit = layout === 'columns' ? cols : rows * cols;
  const wrong = places.findIndex((place, i) => place >= limit || (i > 0 && place <= places[i - 1]));
  if (wrong >= 0) return `places do not rise below ${limit} at number ${wrong}`;
  const count = layout === 'columns' ? rows * places.length : places.length;
  const length = lengthFault('kept weights', values, bits === 16 ? Uint16Array : Float32Array, count);
  if (length !== null) return length;
  const finite = bits === 16 ? areFiniteHalves(values) : values.every(Number.isFinite);
  return finite ? null : 'kept weights are not all finite numbers';
}

/** Whole bits that a number below `count` takes. */
function bitsFor(count: number): number {
  return Math.ceil(Math.log2(count));
}
