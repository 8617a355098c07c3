/** Checks that both number formats share, for tensors that come from storage or a file and may hold anything. */

/** A positive whole number that arithmetic on sizes keeps exact. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 2 ** 31;
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
