/**
 * The codebook that many layers share (VQ4ALL): drawn before the run from this network's linear layers and, where the recipe names other
 * networks, from theirs, as many sub-vectors from each network, once for all rows with the same format and seed. The others are opened by
 * the host. Networks are taken in the order of their fingerprints, so a run of any one of them, with the others named, draws the same.
 */
import type { Checkpoint } from '../checkpoint/checkpoint';
import { fingerprintOf } from '../checkpoint/fingerprint';
import { faceOf } from '../method/catalogue';
import { codebookOptions } from '../method/families';
import type { UniversalCodebook } from '../method/quantized-layer';
import { normalisedRows, subVectorsOf, universalCodebook } from '../method/trained/universal-codebook';
import { loadLinear } from '../model/architecture';
import { linearsOf } from '../model/linears';
import type { RunRow } from '../recipe/rows';

export type UniversalCodebooks = ReadonlyMap<number, UniversalCodebook>;

/** Weights looked at of one network; the codebook is drawn from some thousand sub-vectors anyway. */
const MOST_WEIGHTS = 2 ** 24;

export interface SharedCodebooks {
  readonly books: UniversalCodebooks;
  /** What codebooks of several networks were drawn from, a sentence each. */
  readonly notes: readonly string[];
}

/** By row; rows of methods without such a codebook have none. Throws as `open` does, and as reading weights does. */
export async function universalCodebooks(
  checkpoint: Checkpoint,
  rows: readonly RunRow[],
  networks: readonly string[],
  open: (name: string) => Promise<Checkpoint>,
): Promise<SharedCodebooks> {
  const books = new Map<number, UniversalCodebook>();
  const notes: string[] = [];
  const wanted = rows.filter(({ method }) => faceOf(method).needs.networks);
  if (wanted.length === 0) return { books, notes };
  const all = await inOrder([checkpoint, ...(await Promise.all(networks.map(open)))]);
  const sharedBy = all.flatMap(linearsOf).reduce((sum, linear) => sum + linear.rows * linear.cols, 0);
  const known = new Map<string, UniversalCodebook>();
  for (const { row, options } of wanted) {
    const { codewords, dim, rowScales } = codebookOptions(options);
    const seed = typeof options.seed === 'number' ? options.seed : 0;
    const key = `${codewords} ${dim} ${seed} ${rowScales}`;
    let book = known.get(key);
    if (!book) {
      const sources: Float32Array[] = [];
      for (const network of all) sources.push(await sampled(network, dim, rowScales === true));
      const words = universalCodebook(sources, { codewords, dim, seed });
      book = { codewords: words, sharedBy, networks: all.length };
      known.set(key, book);
      if (all.length > 1) notes.push(await noteOn(words, `${codewords} × ${dim}`, all));
    }
    books.set(row, book);
  }
  return { books, notes };
}

async function noteOn(
  words: Float32Array<ArrayBuffer>,
  size: string,
  networks: readonly Checkpoint[],
): Promise<string> {
  const names = networks.map(({ name }) => name).join(', ');
  return `One frozen codebook of ${size} is drawn from ${names}; its number is ${await numberOf(words)}.`;
}

/** Different networks, by their fingerprints. */
async function inOrder(networks: readonly Checkpoint[]): Promise<Checkpoint[]> {
  const printed = await Promise.all(networks.map(async (network) => [await fingerprintOf(network), network] as const));
  return [...new Map(printed).entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, network]) => network);
}

/** Eight digits by which two runs can be seen to share a codebook. */
async function numberOf(book: Float32Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', book));
  return Array.from(digest.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Sub-vectors of all linear layers, of rows divided by their size where that is stored; of a large network every so manieth row. */
async function sampled(checkpoint: Checkpoint, dim: number, normalise: boolean): Promise<Float32Array> {
  const linears = linearsOf(checkpoint);
  const count = linears.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
  const stride = Math.ceil(count / MOST_WEIGHTS);
  const parts: Float32Array[] = [];
  for (const linear of linears) {
    const weights = await loadLinear(checkpoint, linear);
    const { cols } = linear;
    const rows = Math.ceil(linear.rows / stride);
    const some = new Float32Array(rows * cols);
    for (let r = 0; r < rows; r++) some.set(weights.subarray(r * stride * cols, (r * stride + 1) * cols), r * cols);
    const values = normalise ? normalisedRows(some, rows, cols).values : some;
    parts.push(subVectorsOf(values, rows, cols, dim));
  }
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
