/** What `help`, `help COMMAND`, `COMMAND --help` and `COMMAND --method METHOD --help` say, in lines of at most 80 characters. */
import { faceOf } from '../method/catalogue';
import type { Command, Flags } from './command';
import { EXITS } from './exit-codes';
import { flagsOf, METHOD_FLAG } from './method-flags';

const WIDTH = 80;
/** Where help texts of flags begin. */
const COLUMN = 26;

/** One screen: the commands, and where to read on. */
export function globalHelp(commands: readonly Command[]): string {
  const exits = Object.values(EXITS).map(({ code, when }) => `${String(code).padStart(4)}  ${when}`);
  return [
    'Quantelier on the command line: npm run -s cli -- COMMAND …',
    ...commands.flatMap(({ name, summary }) => hanging(`  ${name}`, summary, 12)),
    'COMMAND --help: its flags; with --method M those of M. All: --json. Exit status:',
    ...exits,
  ].join('\n');
}

export function commandHelp(command: Command): string {
  const { name, usage, summary, about, flags, methods } = command;
  return [
    ...usage.flatMap((line, i) => hanging(i === 0 ? 'usage:' : '', `${name} ${line}`, 7)),
    '',
    ...wrapped(`${sentence(about ?? summary)}`, WIDTH),
    '',
    ...(methods ? [...flagLines({ method: METHOD_FLAG }), ''] : []),
    ...flagLines({ ...flags, json: JSON_FLAG }),
  ].join('\n');
}

/** The flags that a method adds, with its own defaults. */
export function methodHelp(command: Command, method: string): string {
  const { id, title, idea, fidelity } = faceOf(method);
  return [
    ...wrapped(`${title}: ${idea}`, WIDTH),
    ...wrapped(`${sentence(fidelity.label)} ${fidelity.why}`, WIDTH),
    '',
    `Flags of ${command.name} --method ${id}, besides those of help ${command.name}:`,
    '',
    ...flagLines(flagsOf(method)),
  ].join('\n');
}

const JSON_FLAG = { value: null, help: 'Print one JSON object on stdout and nothing else.' };

function flagLines(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([name, { value, help }]) =>
    hanging(`  --${name}${value === null ? '' : ` ${value}`}`, help, COLUMN),
  );
}

/** A word, and a text beside it that begins at a column on every line. */
function hanging(word: string, text: string, column: number): string[] {
  const lines = wrapped(text, WIDTH - column).map((line) => `${' '.repeat(column)}${line}`);
  if (word.length + 1 > column) return [word, ...lines];
  return lines.map((line, i) => (i === 0 ? `${word.padEnd(column)}${line.slice(column)}` : line));
}

export function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

function sentence(text: string): string {
  const begun = `${text[0].toUpperCase()}${text.slice(1)}`;
  return /[.:]$/.test(begun) ? begun : `${begun}.`;
}
