/**
 * The command line: the engine of the page on Dawn in Node. Every command takes --json and then prints one JSON object on stdout
 * and nothing else; an error is one sentence on stderr and a non-zero exit.
 */
import { asSentence, sentenceOf } from '../base/errors';
import type { Gpu } from '../gpu/gpu';
import { Arguments } from './command';
import { COMMANDS } from './commands';
import { openDawn } from './dawn';
import { readFlags } from './read-flags';

async function main(argv: string[]): Promise<number> {
  const [name, ...rest] = argv;
  const command = COMMANDS.find((known) => known.name === name);
  if (!command) {
    if (name && name !== '--help' && name !== 'help') {
      console.error(`There is no command "${name}": choose ${COMMANDS.map((known) => known.name).join(', ')}.`);
      return 2;
    }
    console.log(help());
    return 0;
  }
  let gpu: Promise<Gpu> | null = null;
  try {
    const { values, positionals } = readFlags(command, rest);
    if (values.help) {
      console.log(`${command.name} ${command.usage}\n  ${command.summary}`);
      return 0;
    }
    const json = values.json === true;
    const result = await command.run({
      words: positionals,
      flags: new Arguments(values),
      gpu: () => (gpu ??= openDawn()),
      progress: (line) => {
        if (!json) console.error(line);
      },
    });
    console.log(json ? JSON.stringify(result) : command.describe(result as never));
    return 0;
  } catch (error) {
    console.error(asSentence(sentenceOf(error).split('\n')[0]));
    return 1;
  } finally {
    await (gpu as Promise<Gpu> | null)?.then((opened) => opened.destroy()).catch(() => undefined);
  }
}

function help(): string {
  const lines = COMMANDS.map((command) => `  ${command.name} ${command.usage}\n      ${command.summary}`);
  return `Quantelier on the command line. Every command takes --json.\n\n${lines.join('\n')}`;
}

// Dawn keeps the process alive, so it is left on purpose, after stdout has drained.
const code = await main(process.argv.slice(2));
process.stdout.write('', () => process.exit(code));
