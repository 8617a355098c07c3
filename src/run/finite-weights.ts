/**
 * NaN and infinite values in a file, and what becomes of a run on it. All tensors are looked at before work begins
 * (src/checkpoint/finite.ts):
 *   a linear layer's weight     goes on with zeros in their place, in full precision too; the plan, the layer and a notice say so
 *   what else the network reads is a refusal: a norm, an embedding or a bias with NaN makes every figure NaN
 *   what nothing reads          a note: it is exported as it is (some checkpoints keep attention masks of −∞ beside the weights)
 * Where the architecture is unknown nobody can tell what is read: then NaN outside the matrices is a refusal, and infinity alone a note.
 */
import { StudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { notFiniteTensors, notFiniteWords, type NotFinite } from '../checkpoint/finite';
import { scanValues } from '../checkpoint/values';
import type { Linear, Network } from '../model/architecture';

/** Tensors that are named in one sentence. */
const NAMED = 3;

/** The sentences that a plan begins with. Throws QS-NUM-02 naming the first tensor that cannot be worked with. */
export function finiteNotes(
  bad: readonly NotFinite[],
  { tensors }: Pick<Checkpoint, 'tensors'>,
  network: Network | null,
  linears: readonly Linear[],
): string[] {
  if (bad.length === 0) return [];
  const weights = new Set(linears.map(({ weight }) => weight));
  const read = network && namesIn(network, tensors);
  const others = bad.filter(({ tensor }) => !weights.has(tensor));
  const refused = others.filter(({ tensor, nan }) => (read ? read.has(tensor) : nan > 0));
  if (refused.length > 0) throw refusal(refused);
  return [
    ...bad.filter(({ tensor }) => weights.has(tensor)).map(zeroedNote),
    ...others.map(
      (found) => `${capital(notFiniteWords(found))}; nothing of the network reads it, and it is exported as it is.`,
    ),
  ].reduce<string[]>(shortened, []);
}

/**
 * For work that takes the weights as they are, linear ones too (evaluating, generating, sampling): throws QS-NUM-02 where a tensor that
 * the network reads is not finite.
 */
export async function assertFinite(checkpoint: Checkpoint, network: Network): Promise<void> {
  const bad = await notFiniteTensors(checkpoint);
  const read = namesIn(network, checkpoint.tensors);
  const refused = bad.filter(({ tensor }) => read.has(tensor));
  if (refused.length > 0) throw refusal(refused);
}

/** What is said of linear layers whose weights were replaced by zeros; what a notice says of them is this too. */
function zeroedNote(found: NotFinite): string {
  return `${capital(notFiniteWords(found))}: they are taken as zero, in full precision too, so figures are those of the mended weight.`;
}

function refusal(found: readonly NotFinite[]): StudioError {
  const [first] = found;
  const more = found.length > 1 ? ` (and ${found.length - 1} more tensor${found.length > 2 ? 's' : ''})` : '';
  return new StudioError(
    'QS-NUM-02',
    `${notFiniteWords(first)}${more}: every figure would be NaN, so choose an undamaged copy of the file, or save the model again`,
    { tensor: first.tensor, first: first.first, count: first.nan + first.infinite, tensors: found.length },
  );
}

/** The first few sentences whole, the rest as a number. */
function shortened(notes: readonly string[], note: string, i: number, all: readonly string[]): string[] {
  if (i < NAMED) return [...notes, note];
  return [...notes.slice(0, NAMED), `${i + 1 - NAMED} more tensors of ${all.length} in all hold NaN or infinity.`];
}

/** A checkpoint whose damaged tensors read with zeros in the place of what is not finite: what samples or generates before the run. */
export function withZeros(checkpoint: Checkpoint, bad: readonly NotFinite[]): Checkpoint {
  if (bad.length === 0) return checkpoint;
  const damaged = new Set(bad.map(({ tensor }) => tensor));
  const mended = <Values extends Float32Array>(name: string, values: Values): Values => {
    if (damaged.has(name)) zeroNonFinite(values, name);
    return values;
  };
  return {
    ...checkpoint,
    read: async (name) => mended(name, await checkpoint.read(name)),
    readRange: async (name, first, last) => mended(name, await checkpoint.readRange(name, first, last)),
  };
}

/** All tensors of a file that a network's plan names: whatever of its plain data is the name of one. */
export function namesIn(network: Network, tensors: ReadonlyMap<string, unknown>): Set<string> {
  const names = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value === 'string') {
      if (tensors.has(value)) names.add(value);
    } else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
      for (const inner of Object.values(value)) look(inner);
    }
  };
  look(network);
  return names;
}

/** Zeroes NaN and infinity in a tensor that is read a tile at a time, and counts them over all tiles. */
export class NonFiniteWeights {
  #nan = 0;
  #infinite = 0;

  constructor(private readonly tensor: string) {}

  /** Replaces them by zero, in place, so that one bad value does not make every later figure NaN. */
  readonly zero = (values: Float32Array): void => {
    const { nan, infinite } = scanValues(values);
    if (nan + infinite === 0) return;
    this.#nan += nan;
    this.#infinite += infinite;
    values.forEach((value, i) => {
      if (!Number.isFinite(value)) values[i] = 0;
    });
  };

  /** The sentence that the layer is marked with, or null when all was well. */
  get note(): string | null {
    if (this.#nan + this.#infinite === 0) return null;
    return `${this.tensor} holds ${this.#nan} NaN and ${this.#infinite} infinite weights in the file; they were taken as zero, in full precision too.`;
  }
}

/** The same for values that are all there at once. */
export function zeroNonFinite(values: Float32Array, tensor: string): string | null {
  const found = new NonFiniteWeights(tensor);
  found.zero(values);
  return found.note;
}

function capital(words: string): string {
  return `${words[0].toUpperCase()}${words.slice(1)}`;
}
