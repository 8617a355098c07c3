/**
 * The command line: the engine of the page on Dawn in Node. Every command takes --json and then prints one JSON object on stdout
 * and nothing else; an error is one sentence on stderr and an exit status out of exit-codes.ts.
 */
import type { Gpu } from '../gpu/gpu';
import { Arguments, type Command } from './command';
import { COMMANDS } from './commands';
import { openDawn } from './dawn';
import { EXITS, exitOf, sentenceFor, UsageError, type Exit } from './exit-codes';
import { commandHelp, globalHelp, methodHelp } from './help';
import { Interruption } from './interrupt';
import { readFlags } from './read-flags';
import { Screen } from './terminal/screen';

async function main([name, ...rest]: string[], interruption: Interruption): Promise<Exit> {
  let gpu: Promise<Gpu> | null = null;
  let screen: Screen | null = null;
  try {
    if (name === undefined || name === 'help' || name === '--help') {
      const [about] = rest;
      console.log(about === undefined ? globalHelp(COMMANDS) : commandHelp(commandNamed(about)));
      return 'done';
    }
    const command = commandNamed(name);
    const { values, positionals } = readFlags(command, rest);
    if (values.help) {
      const method = command.methods && typeof values.method === 'string' ? values.method : null;
      console.log(method === null ? commandHelp(command) : methodHelp(command, method));
      return 'done';
    }
    const json = values.json === true;
    screen = new Screen(process.stderr, json);
    const result = await command.run({
      words: positionals,
      flags: new Arguments(values),
      gpu: () => (gpu ??= openDawn()),
      screen,
      interruption,
    });
    screen.clear();
    console.log(json ? JSON.stringify(result) : command.describe(result as never));
    return 'done';
  } catch (error) {
    screen?.clear();
    console.error(sentenceFor(error));
    return exitOf(error);
  } finally {
    await (gpu as Promise<Gpu> | null)?.then((opened) => opened.destroy()).catch(() => undefined);
  }
}

function commandNamed(name: string): Command {
  const command = COMMANDS.find((known) => known.name === name);
  if (command) return command;
  throw new UsageError(`There is no command "${name}": choose ${COMMANDS.map((known) => known.name).join(', ')}.`);
}

const interruption = new Interruption((code) => process.exit(code));
interruption.listen(process);
// Dawn keeps the process alive, so it is left on purpose, after stdout has drained.
const exit = await main(process.argv.slice(2), interruption);
process.stdout.write('', () => process.exit(EXITS[exit].code));
