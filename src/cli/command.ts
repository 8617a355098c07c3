/**
 * What a command of the command line is. Adding one is a file under commands/ and a line in commands/index.ts.
 */
import type { Gpu } from '../gpu/gpu';

export interface Command {
  readonly name: string;
  /** Words after the command's name, as in a manual. */
  readonly usage: string;
  readonly summary: string;
  readonly flags: Flags;
  /** Does the work and returns what --json prints. */
  run(call: Call): Promise<object>;
  /** The same for a person to read. */
  describe(result: never): string;
}

/** Flags by name: whether each takes a value. `--json` belongs to every command. */
export type Flags = Readonly<Record<string, 'string' | 'boolean'>>;

/** A command's arguments, parsed. */
export interface Call {
  /** Arguments that are not flags. */
  readonly words: readonly string[];
  readonly flags: Arguments;
  /** Opens the GPU on first use. */
  gpu(): Promise<Gpu>;
  /** Progress for a person, on stderr; silent with --json. */
  progress(line: string): void;
}

/** Typed access to flags; every refusal is one sentence. */
export class Arguments {
  constructor(private readonly values: Readonly<Record<string, string | boolean | undefined>>) {}

  has(name: string): boolean {
    return this.values[name] !== undefined;
  }

  boolean(name: string): boolean {
    return this.values[name] === true;
  }

  text(name: string): string | null {
    const value = this.values[name];
    return typeof value === 'string' ? value : null;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === null) throw new Error(`--${name} is missing: see --help.`);
    return value;
  }

  number(name: string): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value)) throw new Error(`--${name} is "${text}": it must be a number.`);
    return value;
  }

  /** A whole number in [1, limit], or `otherwise`. */
  count(name: string, otherwise: number, limit = 1e6): number {
    const value = this.number(name) ?? otherwise;
    if (!Number.isInteger(value) || value < 1 || value > limit) {
      throw new Error(`--${name} is ${value}: it must be a whole number in 1 … ${limit}.`);
    }
    return value;
  }
}
