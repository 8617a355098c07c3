/** A command's words and flags out of the command line; every refusal is one sentence. */
import { parseArgs } from 'node:util';
import type { Command, Flags } from './command';

const EVERYWHERE: Flags = { json: 'boolean', help: 'boolean' };

export function readFlags(command: Command, args: string[]) {
  const flags: Flags = { ...EVERYWHERE, ...command.flags };
  const options = Object.fromEntries(Object.entries(flags).map(([name, type]) => [name, { type }]));
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    throw new Error(`${refusal(error, flags)}: see npm run -s cli -- ${command.name} --help.`);
  }
}

/** Node names the flag in quotes, and goes on about how to pass positional arguments. */
function refusal(error: unknown, flags: Flags): string {
  const flag = error instanceof Error ? /'(--?[^\s'=]+)/.exec(error.message)?.[1] : undefined;
  if (flag === undefined) throw error;
  const name = flag.replace(/^--?/, '');
  if (!Object.hasOwn(flags, name)) return `there is no flag ${flag}`;
  return flags[name] === 'boolean' ? `${flag} takes no value` : `${flag} needs a value`;
}
