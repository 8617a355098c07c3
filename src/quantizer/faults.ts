/** Checks that all number formats share, for tensors that come from storage or a file and may hold anything. */

/** A positive whole number that arithmetic on sizes keeps exact. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 2 ** 31;
}

/** Weights that a few stored numbers may decode to: 1 GiB of floats. */
const MOST_WEIGHTS = 2 ** 28;

/** What is wrong with the size of a matrix that takes less to store than to decode, completing "its …". */
export function sizeFault(rows: unknown, cols: unknown): string | null {
  if (isCount(rows) && isCount(cols) && rows * cols <= MOST_WEIGHTS) return null;
  return `size is ${quoted(rows)} × ${quoted(cols)}`;
}

function quoted(value: unknown): string {
  return typeof value === 'number' ? String(value) : typeof value;
}

interface TypedArrayConstructor {
  readonly name: string;
  new (length: number): ArrayLike<number>;
}

/** What is wrong with an array, completing "its …"; null when it is of the type and length that are needed. */
export function lengthFault(name: string, array: unknown, Type: TypedArrayConstructor, length: number): string | null {
  if (!(array instanceof Type)) return `${name} are not a ${Type.name}`;
  return array.length === length ? null : `${name} are ${array.length}, not ${length}`;
}
