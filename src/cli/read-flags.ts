/** A command's words and flags out of the command line; every refusal is one sentence. */
import { parseArgs } from 'node:util';
import type { Command } from './command';
import { UsageError } from './exit-codes';
import { METHOD_FLAGS } from './method-flags';

/** By name: whether a flag takes a value. */
type Kinds = Readonly<Record<string, 'string' | 'boolean'>>;

export function readFlags(command: Command, args: string[]) {
  const flags = { ...(command.methods ? METHOD_FLAGS : {}), ...command.flags };
  const kinds: Kinds = {
    json: 'boolean',
    help: 'boolean',
    ...Object.fromEntries(
      Object.entries(flags).map(([name, { value }]) => [name, value === null ? 'boolean' : 'string']),
    ),
  };
  const options = Object.fromEntries(Object.entries(kinds).map(([name, type]) => [name, { type }]));
  const see = `see npm run -s cli -- ${command.name} --help`;
  const parsed = parsedBy(() => parseArgs({ args, allowPositionals: true, options, tokens: true }), kinds, see);
  const seen = new Set<string>();
  for (const token of parsed.tokens) {
    if (token.kind !== 'option') continue;
    if (seen.has(token.name)) throw new UsageError(`--${token.name} is given twice: ${see}.`);
    seen.add(token.name);
  }
  const extra = parsed.positionals[command.words];
  if (extra !== undefined && parsed.values.help !== true) {
    const takes = command.words === 0 ? 'no word' : 'one word';
    throw new UsageError(`${command.name} takes ${takes} besides flags, and "${extra}" is one more: ${see}.`);
  }
  return parsed;
}

function parsedBy<T>(parse: () => T, kinds: Kinds, see: string): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(`${refusal(error, kinds)}: ${see}.`);
  }
}

/** Node names the flag in quotes, and goes on about how to pass positional arguments. */
function refusal(error: unknown, kinds: Kinds): string {
  const flag = error instanceof Error ? /'(--?[^\s'=]+)/.exec(error.message)?.[1] : undefined;
  if (flag === undefined) throw error;
  const name = flag.replace(/^--?/, '');
  if (!Object.hasOwn(kinds, name)) return `there is no flag ${flag}`;
  return kinds[name] === 'boolean' ? `${flag} takes no value` : `${flag} needs a value`;
}
