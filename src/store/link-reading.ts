/**
 * Reading plain data that anybody may have written into a link: each takes a value and gives it typed and within bounds, or refuses all of
 * the link's figures.
 */

/** Letters of a name, a label or a device. */
export const LONGEST = 200;

export function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(`${name} is not an object`);
  return value as Record<string, unknown>;
}

export function list(value: unknown, name: string): unknown[] {
  return Array.isArray(value) ? value : refuse(`${name} is not a list`);
}

/** A list of just so many. */
export function lists(value: unknown, length: number, name: string): unknown[] {
  const given = list(value, name);
  return given.length === length ? given : refuse(`${name} is not a list of ${length}`);
}

export function step(value: unknown): number | null {
  if (value === null) return null;
  if (!Number.isInteger(value) || Math.abs(value as number) > 1e9) refuse('an error in it is no whole number of steps');
  return value as number;
}

export function count(value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0) || value > Number.MAX_SAFE_INTEGER) refuse('a count in it is none');
  return value;
}

/** Without what cannot be seen and turns the writing around. */
export function text(value: unknown): string {
  if (typeof value !== 'string') return refuse('a text in it is none');
  return value.slice(0, LONGEST).replace(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, ' ');
}

/** A piece of running text: line ends stay. */
export function piece(value: unknown, longest: number): string {
  if (typeof value !== 'string' || value.length > longest) {
    return refuse(`a text in it is none, or longer than ${longest} characters`);
  }
  return value.replace(/(?![\n\t])[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, ' ');
}

export function refuse(why: string): never {
  throw new UnreadableFigures(why);
}

/** Caught where the link is read, which says it in its own words. */
export class UnreadableFigures extends Error {}
