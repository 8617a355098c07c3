/** How a recipe from outside is read, value by value. Everything throws QS-RECIPE-01 in one sentence: where, what, and what it must be. */
import { StudioError } from '../base/errors';
import { integersIn, type OptionValue, type Parameter } from '../method/parameters';

export function refuse(sentence: string): never {
  throw new StudioError('QS-RECIPE-01', `${sentence}.`);
}

export function object(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(`${where} is ${show(value)}: it must be {…}`);
  return value as Record<string, unknown>;
}

export function list(value: unknown, where: string, { min, max }: { min: number; max: number }, of: string): unknown[] {
  if (!Array.isArray(value)) refuse(`${where} is ${show(value)}: it must be a list`);
  if (value.length < min || value.length > max) {
    refuse(`${where} has ${value.length} ${of}: it must have ${min} to ${max}`);
  }
  return value;
}

export function integer(value: unknown, where: string, limits: { min: number; max: number }): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < limits.min || value > limits.max) {
    refuse(`${where} is ${show(value)}: it must be a whole number in ${limits.min} … ${limits.max}`);
  }
  return value;
}

/** A name of at most 300 characters; null where there is none. */
export function optionalText(value: unknown, where: string, what = 'a file name'): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'string' || value.length > 300) refuse(`${where} is ${show(value)}: it must be ${what}`);
  return value;
}

/** Refuses keys that nobody reads: they are misspelt, or of another version. */
export function onlyKeys(value: Record<string, unknown>, where: string, keys: readonly string[]): void {
  const stranger = Object.keys(value).find((key) => !keys.includes(key));
  if (stranger !== undefined) refuse(`${where} has ${show(stranger)}: it may have ${keys.join(', ')}`);
}

export function option(value: unknown, parameter: Parameter, where: string): OptionValue {
  switch (parameter.kind) {
    case 'integer':
      return integer(value, where, parameter);
    case 'optional-integer':
      return value === null ? null : integer(value, where, parameter);
    case 'number':
      if (typeof value !== 'number' || !(value >= parameter.min && value <= parameter.max)) {
        refuse(`${where} is ${show(value)}: it must lie in ${parameter.min} … ${parameter.max}`);
      }
      return value;
    case 'integers':
      if (integersIn(value as OptionValue, parameter) === null) {
        refuse(
          `${where} is ${show(value)}: it must be rising whole numbers in ${parameter.min} … ${parameter.max}, as a text like ${show(parameter.default)}`,
        );
      }
      return value as string;
    case 'choice':
      if (typeof value !== 'string' || !parameter.choices.includes(value)) {
        refuse(`${where} is ${show(value)}: it must be ${parameter.choices.join(' or ')}`);
      }
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') refuse(`${where} is ${show(value)}: it must be true or false`);
      return value;
  }
}

/** A value as a sentence quotes it. */
export function show(value: unknown): string {
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 60);
  } catch {
    // JSON that can be read may be too deep to be written.
    return 'something very deep';
  }
}
