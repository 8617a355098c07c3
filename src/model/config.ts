/**
 * Reads config.json key by key. A value of the wrong kind is QS-FILE-04 with the key and the value; null counts as absent, as it
 * does to transformers, except where a method says otherwise.
 */
import { StudioError } from '../base/errors';

export class Config {
  /** `path` is put before keys in sentences: 'rope_scaling.'. */
  constructor(
    readonly values: Readonly<Record<string, unknown>>,
    private readonly path = '',
  ) {}

  /** A whole number, 1 … 2³¹ − 1. */
  count(key: string, fallback?: number): number {
    const isCount = (value: unknown) => Number.isInteger(value) && Number(value) > 0 && Number(value) < 2 ** 31;
    return this.#read(key, fallback, 'a whole number from 1', isCount);
  }

  /** As `count`, but null and absent are different: null means none. */
  countOrNull(key: string, fallback: number | null): number | null {
    const value = this.values[key];
    if (value === null) return null;
    return value === undefined ? fallback : this.count(key);
  }

  /** A finite number above zero. */
  positive(key: string, fallback?: number): number {
    return this.#read(key, fallback, 'a number above 0', (value) => Number.isFinite(value) && Number(value) > 0);
  }

  flag(key: string, fallback: boolean): boolean {
    return this.#read(key, fallback, 'true or false', (value) => typeof value === 'boolean');
  }

  text(key: string, fallback?: string): string {
    return this.#read(key, fallback, 'text', (value) => typeof value === 'string');
  }

  texts(key: string): readonly string[] | null {
    const isList = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string');
    return this.#read<readonly string[] | null>(key, null, 'a list of texts', isList);
  }

  numbers(key: string): readonly number[] | null {
    const isList = (value: unknown) => Array.isArray(value) && value.every((item) => Number.isFinite(item));
    return this.#read<readonly number[] | null>(key, null, 'a list of numbers', isList);
  }

  section(key: string): Config | null {
    const isSection = (value: unknown) => typeof value === 'object' && !Array.isArray(value);
    const value = this.#read<Record<string, unknown> | null>(key, null, 'an object', isSection);
    return value === null ? null : new Config(value, `${this.path}${key}.`);
  }

  #read<T>(key: string, fallback: T | undefined, expected: string, fits: (value: unknown) => boolean): T {
    const value = this.values[key];
    if (value === undefined || value === null) {
      if (fallback !== undefined) return fallback;
      throw contradiction(`"${this.path}${key}" is missing, and it must be ${expected}`);
    }
    if (!fits(value)) {
      const shown = JSON.stringify(value);
      const cut = shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
      throw contradiction(`"${this.path}${key}" is ${cut}, and it must be ${expected}`);
    }
    return value as T;
  }
}

/** A config that cannot be meant. */
export function contradiction(what: string): StudioError {
  return new StudioError(
    'QS-FILE-04',
    `In config.json, ${what}: choose the config.json that belongs to these weights.`,
  );
}

/** A config that is fine but asks for something the studio does not have. */
export function unsupported(what: string): StudioError {
  return new StudioError(
    'QS-FILE-02',
    `We do not know how to run a model with ${plain(what)} yet: its layers can still be inspected and rounded without calibration (RTN).`,
  );
}

/** A config's own words are a stranger's: of bounded length, and on one line. */
function plain(what: string): string {
  const line = what.replace(/\p{C}/gu, '\ufffd');
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
