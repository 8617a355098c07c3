/**
 * What one tensor holds, in figures: read twice, a piece at a time, never as a whole. The first look counts what is NaN, infinite and zero,
 * finds the extremes, and the largest magnitude of every column, row and block; the second one fills a histogram between the
 * extremes and adds up powers about a centre near the mean, from which come mean, RMS and kurtosis, exactly about the true mean:
 *
 *   m₁ = Σd/n,  σ² = Σd²/n − m₁²,  κ = (Σd⁴/n − 4 m₁ Σd³/n + 6 m₁² Σd²/n − 3 m₁⁴) / σ⁴     (3 for a normal distribution)
 *
 * All of it is of the finite values; what is not finite is counted, and shows as infinite peaks.
 */
import { elementCount, type Dtype } from '../checkpoint/dtype';
import type { TensorInfo } from '../checkpoint/tensors';
import { ColumnMoments } from './column-moments';
import { matrixForm } from './matrix-form';
import { BROKEN, disordered, floatOf, NOTHING_GREATEST, NOTHING_LEAST } from './scanner';
import type { LoadedPiece, Ruler, Scanner } from './scanner';
import { PIECE_VALUES, piecesOf, valuesBetween } from './values';
import { step, type Watch } from './watch';

/** Bins of a histogram. */
export const BINS = 128;
/** Blocks of a picture, each way, at most. */
export const PICTURE = 128;
/** Peaks that are told one by one; of more columns or rows, neighbours are told together. */
const MOST_PEAKS = 2 ** 14;
/** Columns of a row that is looked at column by column: beyond it is one long vector. */
const MOST_COLUMNS = 2 ** 22;
/** The largest columns and the zero ones that are named. */
const NAMED = 16;

/** The largest magnitude of each of so many rows or columns, or of `width` neighbours. Infinity where something is not finite. */
export interface Peaks {
  readonly count: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** Kurtosis of each column, or the largest of `width` neighbours. NaN where values are all the same. */
export interface ColumnKurtosis extends Peaks {
  /** The column with the heaviest tails; null where no column has a spread. */
  readonly largest: { readonly column: number; readonly kurtosis: number } | null;
  /** The middle one of the columns that have one. */
  readonly median: number | null;
}

/** Raised whenever the same tensor may give other figures: kept ones are those of this version. */
export const STATISTICS_VERSION = 1;

export interface TensorStatistics {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Of its matrix (matrix-form.ts). */
  readonly rows: number;
  readonly cols: number;
  readonly count: number;
  readonly nan: number;
  readonly infinite: number;
  readonly zeros: number;
  /** Of the finite values; null where there are none. */
  readonly least: number | null;
  readonly greatest: number | null;
  readonly mean: number | null;
  readonly deviation: number | null;
  readonly rms: number | null;
  /** Null where all values are the same. */
  readonly kurtosis: number | null;
  /** `counts` of equal bins from least to greatest; null without finite values. */
  readonly histogram: Uint32Array | null;
  /** Null for one row: it would say the values again. */
  readonly columnPeaks: Peaks | null;
  readonly rowPeaks: Peaks;
  /** Null where columns are not looked at one by one. */
  readonly columnKurtosis: ColumnKurtosis | null;
  /** How many columns hold nothing but zeros, and the first of them; null where columns are not looked at. */
  readonly zeroColumns: { readonly count: number; readonly first: readonly number[] } | null;
  readonly zeroRows: number;
  /** Columns by their peaks, the largest first. */
  readonly largestColumns: readonly { readonly column: number; readonly peak: number }[];
  /** The middle one of the columns' peaks. */
  readonly medianColumn: number | null;
  /** Peaks of blocks of blockRows × blockCols values, down × across of them, row-major. */
  readonly picture: {
    readonly down: number;
    readonly across: number;
    readonly blockRows: number;
    readonly blockCols: number;
    readonly peaks: Float32Array;
  };
}

/**
 * @throws QS-FILE-01 where no numbers can be made of the tensor's type, QS-FILE-03 where the file has changed; the signal's reason where it
 *   was left
 */
export async function statisticsOf(
  info: TensorInfo,
  scanner: Scanner,
  watch: Watch = {},
  pieceValues = PIECE_VALUES,
): Promise<TensorStatistics> {
  const { rows, cols } = matrixForm(info.shape);
  const count = elementCount(info.shape) ?? 0;
  const first = new FirstFold(rows, cols);
  let last: LoadedPiece | null = null;
  let done = 0;
  const pieces = [...piecesOf(rows, cols, first.run, pieceValues)];
  const load = async (at: number): Promise<LoadedPiece> => {
    const piece = pieces[at];
    const from = piece.row * cols + piece.col;
    return { ...piece, values: await valuesBetween(info, from, from + piece.rows * piece.cols) };
  };
  const walk = async (look: (piece: LoadedPiece) => Promise<void>) => {
    for (let at = 0; at < pieces.length; at++) {
      step(watch, done, 2 * count);
      // A tensor of one piece is read once.
      const piece: LoadedPiece = pieces.length === 1 && last ? last : await load(at);
      last = piece;
      await look(piece);
      done += piece.values.length;
    }
  };
  await walk(async (piece) => first.add(piece, await scanner.first(piece, first.run)));
  const ruler = first.ruler();
  const powers = [0, 0, 0, 0];
  const counts = new Uint32Array(BINS);
  const moments = ColumnMoments.of(rows, cols);
  if (ruler) {
    await walk(async (piece) => {
      moments?.add(piece);
      const look = await scanner.second(piece, ruler);
      look.powers.forEach((sum, k) => (powers[k] += sum));
      look.counts.forEach((n, bin) => (counts[bin] += n));
    });
  }
  step(watch, 2 * count, 2 * count);
  const { name, dtype, shape } = info;
  return {
    ...{ name, dtype, shape, rows, cols, count },
    ...first.figures(),
    ...momentsOf(powers, count - first.nan - first.infinite, ruler, first.constant),
    histogram: ruler && counts,
    columnKurtosis: moments && kurtosisOf(moments.kurtosis()),
  };
}

function momentsOf(powers: readonly number[], n: number, ruler: Ruler | null, constant: number | null) {
  if (constant !== null) return { mean: constant, deviation: 0, rms: Math.abs(constant), kurtosis: null };
  if (ruler === null) return { mean: null, deviation: null, rms: null, kurtosis: null };
  const { pre, centre, spread } = ruler;
  const [d, d2, d3, d4] = powers.map((sum) => sum / n);
  const variance = Math.max(0, d2 - d * d);
  const unit = 1 / (spread * pre);
  const mean = centre / pre + d * unit;
  const deviation = Math.sqrt(variance) * unit;
  const fourth = d4 - 4 * d * d3 + 6 * d * d * d2 - 3 * d ** 4;
  return {
    mean,
    deviation,
    rms: Math.hypot(mean, deviation),
    kurtosis: variance > 0 ? fourth / variance ** 2 : null,
  };
}

/** What the first look has found so far, over all pieces. */
class FirstFold {
  /** Columns of a block of the picture. */
  readonly run: number;
  nan = 0;
  infinite = 0;
  #zeros = 0;
  #sum = 0;
  #least = NOTHING_LEAST;
  #greatest = NOTHING_GREATEST;
  #zeroRows = 0;
  /** Of the row in work: it may come in parts. */
  #rowPeak = 0;
  readonly #blockRows: number;
  readonly #across: number;
  readonly #picture: Uint32Array;
  readonly #columns: Uint32Array | null;
  readonly #rowWidth: number;
  readonly #rows: Uint32Array;

  constructor(
    private readonly rows: number,
    private readonly cols: number,
  ) {
    this.run = Math.max(1, Math.ceil(cols / PICTURE));
    this.#blockRows = Math.max(1, Math.ceil(rows / PICTURE));
    this.#across = Math.ceil(cols / this.run);
    this.#picture = new Uint32Array(Math.ceil(rows / this.#blockRows) * this.#across);
    this.#columns = rows > 1 && cols <= MOST_COLUMNS ? new Uint32Array(cols) : null;
    this.#rowWidth = Math.max(1, Math.ceil(rows / MOST_PEAKS));
    this.#rows = new Uint32Array(Math.ceil(rows / this.#rowWidth));
  }

  add(piece: LoadedPiece, look: Awaited<ReturnType<Scanner['first']>>): void {
    this.nan += look.nan;
    this.infinite += look.infinite;
    this.#zeros += look.zeros;
    this.#sum += look.sum;
    this.#least = Math.min(this.#least, look.least);
    this.#greatest = Math.max(this.#greatest, look.greatest);
    if (this.#columns) raise(this.#columns, piece.col, look.columnPeaks);
    const runs = Math.ceil(piece.cols / this.run);
    const rowEnds = piece.col + piece.cols === this.cols;
    for (let r = 0; r < piece.rows; r++) {
      const row = piece.row + r;
      if (piece.col === 0) this.#rowPeak = 0;
      for (let k = 0; k < runs; k++) {
        const peak = look.runPeaks[r * runs + k];
        if (peak > this.#rowPeak) this.#rowPeak = peak;
        // Parts of a row end with a block, or within one that is longer than they are.
        const block = Math.floor((piece.col + k * this.run) / this.run);
        const at = Math.floor(row / this.#blockRows) * this.#across + block;
        if (peak > this.#picture[at]) this.#picture[at] = peak;
      }
      if (!rowEnds) continue;
      const at = Math.floor(row / this.#rowWidth);
      if (this.#rowPeak > this.#rows[at]) this.#rows[at] = this.#rowPeak;
      if (this.#rowPeak === 0) this.#zeroRows++;
    }
  }

  /** What the second look is measured by; null where nothing is finite. */
  ruler(): Ruler | null {
    const n = this.rows * this.cols - this.nan - this.infinite;
    if (n === 0) return null;
    const [least, greatest] = [disordered(this.#least), disordered(this.#greatest)];
    const size = Math.max(Math.abs(least), Math.abs(greatest));
    const pre = size > 2 ** 100 ? 2 ** -30 : size > 0 && size < 2 ** -60 ? 2 ** 60 : 1;
    const [low, high] = [Math.fround(least * pre), Math.fround(greatest * pre)];
    const centre = Math.fround((this.#sum / n) * pre);
    const reach = Math.max(high - centre, centre - low);
    const width = Math.fround(high - low);
    return {
      ...{ pre, centre, low },
      spread: reach > 0 ? Math.fround(1 / reach) : 1,
      factor: width > 0 ? Math.fround(BINS / width) : 0,
      bins: BINS,
    };
  }

  /** The one value there is; null where there are several, or none. */
  get constant(): number | null {
    return this.#least === this.#greatest ? disordered(this.#least) : null;
  }

  figures() {
    const none = this.#least === NOTHING_LEAST && this.#greatest === NOTHING_GREATEST;
    const columns = this.#columns;
    const zero = columns && [...columns.keys()].filter((c) => columns[c] === 0);
    const sorted = columns && [...columns.keys()].sort((a, b) => columns[b] - columns[a] || a - b);
    return {
      nan: this.nan,
      infinite: this.infinite,
      zeros: this.#zeros,
      least: none ? null : disordered(this.#least),
      greatest: none ? null : disordered(this.#greatest),
      columnPeaks: columns && pooled(columns),
      rowPeaks: { count: this.rows, width: this.#rowWidth, values: floatsOf(this.#rows) },
      zeroColumns: zero && { count: zero.length, first: zero.slice(0, NAMED) },
      zeroRows: this.#zeroRows,
      largestColumns: (sorted ?? []).slice(0, NAMED).flatMap((column) => {
        const peak = columns?.[column] ?? 0;
        return peak === 0 ? [] : [{ column, peak: floatOf(peak) }];
      }),
      medianColumn: columns && sorted && sorted.length > 0 ? floatOf(columns[sorted[sorted.length >> 1]]) : null,
      picture: {
        down: this.#across === 0 ? 0 : this.#picture.length / this.#across,
        across: this.#across,
        blockRows: this.#blockRows,
        blockCols: this.run,
        peaks: floatsOf(this.#picture),
      },
    };
  }
}

function raise(all: Uint32Array, from: number, peaks: Uint32Array): void {
  for (let i = 0; i < peaks.length; i++) if (peaks[i] > all[from + i]) all[from + i] = peaks[i];
}

function pooled(peaks: Uint32Array): Peaks {
  const width = Math.max(1, Math.ceil(peaks.length / MOST_PEAKS));
  const values = new Uint32Array(Math.ceil(peaks.length / width));
  peaks.forEach((peak, i) => {
    const at = Math.floor(i / width);
    if (peak > values[at]) values[at] = peak;
  });
  return { count: peaks.length, width, values: floatsOf(values) };
}

function kurtosisOf(columns: Float64Array): ColumnKurtosis {
  const width = Math.max(1, Math.ceil(columns.length / MOST_PEAKS));
  const values = new Float32Array(Math.ceil(columns.length / width)).fill(NaN);
  let largest = -1;
  columns.forEach((kurtosis, column) => {
    const at = Math.floor(column / width);
    if (kurtosis > values[at] || Number.isNaN(values[at])) values[at] = kurtosis;
    if (largest === -1 ? kurtosis >= 0 : kurtosis > columns[largest]) largest = column;
  });
  const sorted = columns.filter((kurtosis) => !Number.isNaN(kurtosis)).sort();
  return {
    ...{ count: columns.length, width, values },
    largest: largest === -1 ? null : { column: largest, kurtosis: columns[largest] },
    median: sorted.length === 0 ? null : sorted[sorted.length >> 1],
  };
}

/** A copy of bits as the floats that they are. */
function floatsOf(codes: Uint32Array): Float32Array {
  return new Float32Array(codes.slice().buffer);
}

/** Whether a peak says that something is not finite. */
export function isBroken(peak: number): boolean {
  return peak === floatOf(BROKEN);
}
