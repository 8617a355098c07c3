/**
 * What a command of the command line is. Adding one is a file under commands/ and a line in commands/index.ts.
 */
import type { Gpu } from '../engine';
import { UsageError } from './exit-codes';
import type { Interruption } from './interrupt';
import type { Screen } from './terminal/screen';

export interface Command {
  readonly name: string;
  /** What follows the command's name in the most usual calls, one line each. */
  readonly usage: readonly string[];
  /** In a few words, for the list of commands. */
  readonly summary: string;
  /** More than the summary, for the command's own help. */
  readonly about?: string;
  /** How many words it takes that are not flags, at most. */
  readonly words: number;
  readonly flags: Flags;
  /** Takes the flags of methods too: --method, and what the method then has. */
  readonly methods?: boolean;
  /** Does the work and returns what --json prints. */
  run(call: Call): Promise<object>;
  /** The same for a person to read. */
  describe(result: never): string;
}

export interface Flag {
  /** What stands behind it, as help shows it: 'N', 'FILE', 'ddpm|ddim'; null: it is a switch. */
  readonly value: string | null;
  /** What it does, with its default and its unit. */
  readonly help: string;
}

/** Flags by name, without the dashes. `--json` and `--help` belong to every command. */
export type Flags = Readonly<Record<string, Flag>>;

/** A command's arguments, parsed. */
export interface Call {
  /** Arguments that are not flags. */
  readonly words: readonly string[];
  readonly flags: Arguments;
  /** Opens the GPU on first use. */
  gpu(): Promise<Gpu>;
  /** Progress for a person, on stderr; silent with --json. */
  readonly screen: Screen;
  /** Ctrl-C, and a request to end. */
  readonly interruption: Interruption;
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
    if (value === null) throw new UsageError(`--${name} is missing: see --help.`);
    return value;
  }

  number(name: string): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value)) {
      throw new UsageError(`--${name} is "${text}": it must be a number.`);
    }
    return value;
  }

  /** A whole number in [1, limit], or `otherwise`. */
  count(name: string, otherwise: number, limit = 1e6): number {
    const value = this.number(name) ?? otherwise;
    if (!Number.isInteger(value) || value < 1 || value > limit) {
      throw new UsageError(`--${name} is ${value}: it must be a whole number in 1 … ${limit}.`);
    }
    return value;
  }

  /** One of some words, or `otherwise`. */
  choice<T extends string>(name: string, choices: readonly T[], otherwise: T): T {
    const text = this.text(name) ?? otherwise;
    const chosen = choices.find((choice) => choice === text);
    if (chosen === undefined) throw new UsageError(`--${name} is "${text}": it must be ${choices.join(' or ')}.`);
    return chosen;
  }

  /** Refuses those of some flags that are given: `why` completes "--alpha …". */
  refuse(names: readonly string[], why: string): void {
    const given = names.filter((name) => this.has(name)).map((name) => `--${name}`);
    if (given.length === 0) return;
    throw new UsageError(`${given.join(', ')} ${given.length === 1 ? 'has' : 'have'} no use ${why}.`);
  }
}
