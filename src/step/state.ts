/** What a step has found out, as it is stored, hashed and shown. */

/** Plain arrays and numbers by name. */
export interface StepState {
  readonly arrays: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
  readonly numbers: Readonly<Record<string, number>>;
}

/** Whether a value out of storage is one. */
export function isStepState(value: unknown): value is StepState {
  if (typeof value !== 'object' || value === null) return false;
  const { arrays, numbers } = value as Partial<StepState>;
  if (typeof arrays !== 'object' || typeof numbers !== 'object') return false;
  return (
    Object.values(arrays).every((one: unknown) => one instanceof Float32Array && one.every(Number.isFinite)) &&
    Object.values(numbers).every((one: unknown) => typeof one === 'number' && Number.isFinite(one))
  );
}
