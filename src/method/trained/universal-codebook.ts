/**
 * One codebook for many networks (VQ4ALL, arXiv:2412.06875, section 4.1): codewords are drawn from a kernel density estimate of all networks'
 * sub-vectors, with as many from each network, and are then the same for all of them.
 *
 *   p(v) = 1/|pool| · Σ N(v; x_i, diag(h²)),  h_j = σ_j · |pool|^(−1/(d + 4)) (Scott's rule);  codeword = x_random + h ⊙ N(0, I)
 *
 * Layers differ in scale, so a row is divided by its root mean square first, which is stored as an f16 (normalisedRows).
 */
import { Random } from '../../base/random';
import { toHalf } from '../codebook-finish';

export interface UniversalOptions {
  /** K. */
  readonly codewords: number;
  /** d. */
  readonly dim: number;
  readonly seed: number;
  /** How wide each kernel is: Scott's rule, or a number of standard deviations. */
  readonly bandwidth?: 'scott' | number;
  /** Sub-vectors drawn from each source, with replacement. */
  readonly samples?: number;
}

/** Of the third-party re-implementation. */
const SAMPLES = 10_000;

/**
 * K × d codewords from the sub-vectors of normalised rows, one array (sub-vectors × d) a network. Depends on the order of the sources and
 * on nothing else but the options.
 */
export function universalCodebook(
  sources: Iterable<Float32Array>,
  { codewords, dim, seed, bandwidth = 'scott', samples = SAMPLES }: UniversalOptions,
): Float32Array<ArrayBuffer> {
  const random = new Random(seed);
  const drawn: Float32Array[] = [];
  for (const source of sources) {
    const count = Math.floor(source.length / dim);
    if (count === 0) continue;
    const part = new Float32Array(samples * dim);
    for (let i = 0; i < samples; i++) {
      const at = random.integer(count) * dim;
      part.set(source.subarray(at, at + dim), i * dim);
    }
    drawn.push(part);
  }
  if (drawn.length === 0) throw new Error('bug: a universal codebook from no sub-vectors');
  const pool = samples * drawn.length;
  const width = bandwidth === 'scott' ? pool ** (-1 / (dim + 4)) : bandwidth;
  const spread = deviations(drawn, dim).map((sigma) => width * sigma);
  const words = new Float32Array(codewords * dim);
  for (let k = 0; k < codewords; k++) {
    const at = random.integer(pool);
    const part = drawn[Math.floor(at / samples)];
    for (let j = 0; j < dim; j++) words[k * dim + j] = part[(at % samples) * dim + j] + spread[j] * random.normal();
  }
  return words;
}

/** The standard deviation of each component. */
function deviations(parts: readonly Float32Array[], dim: number): number[] {
  const count = parts.reduce((sum, { length }) => sum + length, 0) / dim;
  return Array.from({ length: dim }, (_, j) => {
    let [sum, squares] = [0, 0];
    for (const part of parts) {
      for (let i = j; i < part.length; i += dim) {
        sum += part[i];
        squares += part[i] ** 2;
      }
    }
    return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
  });
}

export interface NormalisedRows {
  /** rows × cols. */
  readonly values: Float32Array<ArrayBuffer>;
  /** One a row, an f16's value; 1 for a row of zeros. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/** A weight's rows divided by their root mean square. */
export function normalisedRows(weight: Float32Array, rows: number, cols: number): NormalisedRows {
  const values = new Float32Array(rows * cols);
  const scales = new Float32Array(rows);
  for (let r = 0; r < rows; r++) {
    const row = weight.subarray(r * cols, (r + 1) * cols);
    const scale = toHalf(Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / cols));
    scales[r] = scale > 0 ? scale : 1;
    for (let c = 0; c < cols; c++) values[r * cols + c] = row[c] / scales[r];
  }
  return { values, scales };
}

/**
 * The sub-vectors of a matrix, one after another: a source of the universal codebook. Columns past the last whole sub-vector of a row
 * are left out; a row shorter than one is filled up with zeros.
 */
export function subVectorsOf(values: Float32Array, rows: number, cols: number, dim: number): Float32Array<ArrayBuffer> {
  const length = Math.max(dim, Math.floor(cols / dim) * dim);
  const vectors = new Float32Array(rows * length);
  for (let r = 0; r < rows; r++) {
    vectors.set(values.subarray(r * cols, r * cols + Math.min(cols, length)), r * length);
  }
  return vectors;
}
