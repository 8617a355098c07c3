/**
 * The command line from its words to its exit: what it says goes where the host wants it, and the GPU is the host's to open. Every command
 * takes --json and then prints one JSON object and nothing else; an error is one sentence and an exit status out of exit-codes.ts.
 */
import type { Gpu } from '../engine';
import { Arguments, type Command } from './command';
import { COMMANDS } from './commands';
import { exitOf, sentenceFor, UsageError, type Exit } from './exit-codes';
import { commandHelp, globalHelp, methodHelp } from './help';
import type { Interruption } from './interrupt';
import { readFlags } from './read-flags';
import { Screen, type Terminal } from './terminal/screen';

/** What a program has of its surroundings. */
export interface Surroundings {
  /** Results and help, a text at a time, without its last line break. */
  print(text: string): void;
  /** Where errors and progress go. */
  readonly terminal: Terminal;
  openGpu(): Promise<Gpu>;
  /** Gives the GPU up. */
  closeGpu(gpu: Gpu): void;
  readonly interruption: Interruption;
}

export async function runProgram([name, ...rest]: readonly string[], host: Surroundings): Promise<Exit> {
  let gpu: Promise<Gpu> | null = null;
  let screen: Screen | null = null;
  try {
    if (name === undefined || name === 'help' || name === '--help') {
      const [about] = rest;
      host.print(about === undefined ? globalHelp(COMMANDS) : commandHelp(commandNamed(about)));
      return 'done';
    }
    const command = commandNamed(name);
    const { values, positionals } = readFlags(command, rest);
    if (values.help) {
      const method = command.methods && typeof values.method === 'string' ? values.method : null;
      host.print(method === null ? commandHelp(command) : methodHelp(command, method));
      return 'done';
    }
    const json = values.json === true;
    screen = new Screen(host.terminal, json);
    const result = await command.run({
      words: positionals,
      flags: new Arguments(values),
      gpu: () => (gpu ??= host.openGpu()),
      screen,
      interruption: host.interruption,
    });
    screen.clear();
    host.print(json ? JSON.stringify(result) : command.describe(result as never));
    return 'done';
  } catch (error) {
    screen?.clear();
    host.terminal.write(`${sentenceFor(error)}\n`);
    return exitOf(error);
  } finally {
    await (gpu as Promise<Gpu> | null)?.then((opened) => host.closeGpu(opened)).catch(() => undefined);
  }
}

function commandNamed(name: string): Command {
  const command = COMMANDS.find((known) => known.name === name);
  if (command) return command;
  throw new UsageError(`There is no command "${name}": choose ${COMMANDS.map((known) => known.name).join(', ')}.`);
}
