/**
 * Reads the files that describe a network fact by fact, wherever a fact may stand (config-keys.ts). A value of the wrong kind is
 * QS-FILE-04 with the place and the value, and so are two places that state different values; null counts as absent, as it does to
 * transformers, except where a method says otherwise.
 */
import { StudioError } from '../base/errors';
import { placesOf } from './config-keys';

/** A value with the place where it stands: 'rope_parameters.factor'. */
export interface Stated {
  readonly place: string;
  readonly value: unknown;
}

export class Config {
  /** `path` is put before places in sentences: 'diffusion.'. */
  constructor(
    readonly values: Readonly<Record<string, unknown>>,
    private readonly path = '',
  ) {}

  /** A whole number, 1 … 2³¹ − 1. */
  count(key: string, fallback?: number): number {
    return this.#read(key, fallback, 'a whole number from 1', isCount);
  }

  /** As `count`; null where nothing is stated. */
  countIfStated(key: string): number | null {
    return this.#read<number | null>(key, null, 'a whole number from 1', isCount);
  }

  /** As `count`, but null and absent are different: null means none. */
  countOrNull(key: string, fallback: number | null): number | null {
    const [first] = this.#stated(key);
    if (first) return this.count(key);
    return placesOf(key).some((place) => at(this.values, place) === null) ? null : fallback;
  }

  /** All places of a count or a flag that state one, for facts that the tensors decide. */
  stated(key: string, kind: 'count' | 'flag'): readonly Stated[] {
    const fits = kind === 'count' ? isCount : isFlag;
    const stated = this.#stated(key);
    const wrong = stated.find(({ value }) => !fits(value));
    if (wrong) this.#agreed([wrong], kind === 'count' ? 'a whole number from 1' : 'true or false', fits);
    return stated.map(({ place, value }) => ({ place: this.path + place, value }));
  }

  /** A finite number above zero. */
  positive(key: string, fallback?: number): number {
    return this.#read(key, fallback, 'a number above 0', (value) => Number.isFinite(value) && Number(value) > 0);
  }

  flag(key: string, fallback: boolean): boolean {
    return this.flagIfStated(key) ?? fallback;
  }

  flagIfStated(key: string): boolean | null {
    return this.#read<boolean | null>(key, null, 'true or false', isFlag);
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

  /**
   * The length of an image's side, which stands as a number, as one of equal height and width ({height, width} or [height, width]), or
   * as [channels, height, width]; null where nothing is stated.
   */
  side(key: string): number | null {
    const sides = this.#stated(key).map(({ place, value }) => ({ place, value: sideOf(value) ?? value }));
    const found = this.#agreed(sides, "a whole number from 1, or a square image's sizes", isCount);
    return found === undefined ? null : (found as number);
  }

  section(key: string): Config | null {
    const isSection = (value: unknown) => typeof value === 'object' && !Array.isArray(value);
    const value = this.#read<Record<string, unknown> | null>(key, null, 'an object', isSection);
    return value === null ? null : new Config(value, `${this.path}${key}.`);
  }

  /** The same with other values at its top. */
  with(values: Readonly<Record<string, unknown>>): Config {
    return new Config({ ...this.values, ...values }, this.path);
  }

  #read<T>(key: string, fallback: T | undefined, expected: string, fits: (value: unknown) => boolean): T {
    const value = this.#agreed(this.#stated(key), expected, fits);
    if (value !== undefined) return value as T;
    if (fallback !== undefined) return fallback;
    throw contradiction(`"${this.path}${placesOf(key)[0]}" is missing, and it must be ${expected}`);
  }

  #stated(key: string): Stated[] {
    return this.everywhere(placesOf(key));
  }

  /** What is stated at these places, unchecked. */
  everywhere(places: readonly string[]): Stated[] {
    return places.flatMap((place) => {
      const value = at(this.values, place);
      return value === undefined || value === null ? [] : [{ place, value }];
    });
  }

  /** The one value of all that are stated; undefined where none is. */
  #agreed(stated: readonly Stated[], expected: string, fits: (value: unknown) => boolean): unknown {
    const wrong = stated.find(({ value }) => !fits(value));
    if (wrong) {
      throw contradiction(`"${this.path}${wrong.place}" is ${shown(wrong.value)}, and it must be ${expected}`);
    }
    const [first] = stated;
    const other = stated.find(({ value }) => JSON.stringify(value) !== JSON.stringify(first.value));
    if (other) {
      throw contradiction(
        `"${this.path}${first.place}" is ${shown(first.value)} and "${this.path}${other.place}" is ${shown(other.value)}`,
      );
    }
    return first?.value;
  }
}

function isFlag(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 2 ** 31;
}

function at(values: Readonly<Record<string, unknown>>, place: string): unknown {
  return place.split('.').reduce<unknown>((value, key) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  }, values);
}

function sideOf(value: unknown): unknown {
  const sizes = Array.isArray(value) ? (value as unknown[]).slice(-2) : null;
  const { height, width } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const [first, second] = sizes ?? [height, width];
  return first !== undefined && first === second ? first : undefined;
}

/** A value as a sentence quotes it. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
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
