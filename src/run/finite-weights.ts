/** NaN and infinite weights in a file. */
import { scanValues } from '../checkpoint/values';

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
