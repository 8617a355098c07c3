/**
 * The codebook that several networks share (VQ4ALL): drawn before the run from this network's and the others' linear layers, as many
 * sub-vectors from each, once for all rows with the same K, d and seed. The others are named in the recipe and opened by the host.
 * Networks are taken in the order of their fingerprints, so a run of any one of them, with the others named, draws the same codebook.
 */
import type { Checkpoint } from '../checkpoint/checkpoint';
import { fingerprintOf } from '../checkpoint/fingerprint';
import { faceOf } from '../method/catalogue';
import { codebookOptions } from '../method/families';
import { normalisedRows, subVectorsOf, universalCodebook } from '../method/trained/universal-codebook';
import { loadLinear, type Linear } from '../model/architecture';
import { networkOrLimitation } from './describe';
import type { RunRow } from './rows';
import { matricesOf } from './weight-only';

export type UniversalCodebooks = ReadonlyMap<number, Float32Array<ArrayBuffer>>;

/** Weights looked at of one network; the codebook is drawn from some thousand sub-vectors anyway. */
const MOST_WEIGHTS = 2 ** 24;

export interface SharedCodebooks {
  readonly books: UniversalCodebooks;
  /** What the codebooks were drawn from, a sentence each. */
  readonly notes: readonly string[];
}

/** By row; rows of methods without such a codebook have none. Throws as `open` does, and as reading weights does. */
export async function universalCodebooks(
  checkpoint: Checkpoint,
  rows: readonly RunRow[],
  networks: readonly string[],
  open: (name: string) => Promise<Checkpoint>,
): Promise<SharedCodebooks> {
  const books = new Map<number, Float32Array<ArrayBuffer>>();
  const notes: string[] = [];
  const wanted = rows.filter(({ method }) => faceOf(method).needs.networks);
  if (networks.length === 0 || wanted.length === 0) return { books, notes };
  const all = await inOrder([checkpoint, ...(await Promise.all(networks.map(open)))]);
  const known = new Map<string, Float32Array<ArrayBuffer>>();
  for (const { row, options } of wanted) {
    const { codewords, dim } = codebookOptions(options);
    const seed = typeof options.seed === 'number' ? options.seed : 0;
    const key = `${codewords} ${dim} ${seed}`;
    let book = known.get(key);
    if (!book) {
      const sources: Float32Array[] = [];
      for (const network of all) sources.push(await sampled(network, dim));
      book = universalCodebook(sources, { codewords, dim, seed });
      known.set(key, book);
      const names = all.map(({ name }) => name).join(', ');
      notes.push(
        `One frozen codebook of ${codewords} × ${dim} is drawn from ${names}; its number is ${await numberOf(book)}.`,
      );
    }
    books.set(row, book);
  }
  return { books, notes };
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

/** Sub-vectors of all linear layers, rows normalised; of a large network every so manieth row. */
async function sampled(checkpoint: Checkpoint, dim: number): Promise<Float32Array> {
  const linears = linearsOf(checkpoint);
  const weights = linears.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
  const stride = Math.ceil(weights / MOST_WEIGHTS);
  const parts: Float32Array[] = [];
  for (const linear of linears) {
    const values = await loadLinear(checkpoint, linear);
    const { cols } = linear;
    const rows = Math.ceil(linear.rows / stride);
    const some = new Float32Array(rows * cols);
    for (let r = 0; r < rows; r++) some.set(values.subarray(r * stride * cols, (r * stride + 1) * cols), r * cols);
    parts.push(subVectorsOf(normalisedRows(some, rows, cols).values, rows, cols, dim));
  }
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function linearsOf(checkpoint: Checkpoint): readonly Linear[] {
  const { network } = networkOrLimitation(checkpoint);
  return network
    ? network.blocks.flatMap(({ stages }) => stages.flatMap(({ linears }) => linears))
    : matricesOf(checkpoint);
}
