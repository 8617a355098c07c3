/**
 * The flags that describe a method, shared by `layer` and `quantize`: one an option of any method, from the methods' parameter tables,
 * and their translation to a recipe row.
 */
import { CATALOGUE, faceOf } from '../method/catalogue';
import type { OptionValue, Parameter } from '../method/parameters';
import { parseRow, type RecipeRow } from '../run/recipe';
import type { Arguments, Flags } from './command';

/** Options whose flag is shorter than their name. */
const SHORT: Readonly<Record<string, string>> = { symmetric: 'sym', groupSize: 'group', blockSize: 'block' };

/** Every option of every method, once: as the first method has it that does, with the choices of all that do. */
const OPTIONS: readonly (readonly [string, Parameter])[] = CATALOGUE.flatMap((face, i) =>
  Object.entries<Parameter>(face.parameters)
    .filter(([name]) => !CATALOGUE.slice(0, i).some(({ parameters }) => name in parameters))
    .map(([name, parameter]) => [name, withAllChoices(name, parameter)] as const),
);

function withAllChoices(name: string, parameter: Parameter): Parameter {
  if (parameter.kind !== 'choice') return parameter;
  const choices = CATALOGUE.flatMap(({ parameters }) => {
    const same = parameters[name] as Parameter | undefined;
    return same?.kind === 'choice' ? same.choices : [];
  });
  return { ...parameter, choices: [...new Set(choices)] };
}

/** 'codebookGroup' is --codebook-group. */
function flagOf(option: string): string {
  return SHORT[option] ?? option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What is on unless it is switched off has a flag for that. */
function offFlagOf(option: string, parameter: Parameter): string | null {
  return parameter.kind === 'boolean' && parameter.default ? `no-${flagOf(option)}` : null;
}

export const METHOD_FLAGS: Flags = Object.fromEntries([
  ['method', 'string'],
  ...OPTIONS.map(([option, { kind }]) => [flagOf(option), kind === 'boolean' ? 'boolean' : 'string']),
  ...OPTIONS.flatMap(([option, parameter]) => {
    const off = offFlagOf(option, parameter);
    return off === null ? [] : [[off, 'boolean']];
  }),
]) as Flags;

export const METHOD_USAGE = inLines([
  `--method ${CATALOGUE.map(({ id }) => id).join('|')}`,
  ...OPTIONS.map(([option, parameter]) => `[--${offFlagOf(option, parameter) ?? flagOf(option)}${valueOf(parameter)}]`),
]);

/** What the usage above cannot say flag by flag. */
export const METHOD_NOTE = inLines(
  (
    'Numbers shown are the default of the first method that has the option; another method may have another one (the recipe ' +
    'screen of the page shows it). Flags that a method has no use for are ignored.'
  ).split(' '),
);

/** Words in lines of about a hundred characters, indented below the command's name. */
function inLines(words: readonly string[]): string {
  const lines = [''];
  for (const word of words) {
    const last = lines[lines.length - 1];
    if (last.length + word.length > 100) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join('\n      ');
}

function valueOf(parameter: Parameter): string {
  switch (parameter.kind) {
    case 'boolean':
      return '';
    case 'choice':
      return ` ${parameter.choices.join('|')}`;
    case 'optional-integer':
      return ` ${parameter.default ?? 'N'}|none`;
    case 'integer':
    case 'number':
      return ` ${parameter.default}`;
  }
}

/**
 * Throws one sentence on an unknown method or a value out of range. Flags that the method has no use for (RTN and --damping) are left
 * out, so that one command line serves a loop over methods.
 */
export function recipeRow(flags: Arguments): RecipeRow {
  const method = flags.required('method');
  const { parameters } = faceOf(method);
  const options: Record<string, OptionValue> = {};
  for (const [option, parameter] of Object.entries<Parameter>(parameters)) {
    const off = offFlagOf(option, parameter);
    if (flags.has(flagOf(option))) options[option] = read(flags, flagOf(option), parameter);
    if (off !== null && flags.has(off)) options[option] = false;
  }
  // With act-order and groups, groups are static.
  if (options.actOrder === true && flags.has('group')) options.staticGroups = true;
  return parseRow({ method, options }, 'the command line');
}

/** True where a value of --recipe is a method's own option and not the name of a recipe file. */
export function isMethodRecipe(value: string): boolean {
  return OPTIONS.some(
    ([name, option]) => name === 'recipe' && option.kind === 'choice' && option.choices.includes(value),
  );
}

function read(flags: Arguments, flag: string, parameter: Parameter): OptionValue {
  switch (parameter.kind) {
    case 'boolean':
      return true;
    case 'choice':
      return flags.text(flag);
    case 'optional-integer':
      return flags.text(flag) === 'none' ? null : flags.number(flag);
    case 'integer':
    case 'number':
      return flags.number(flag);
  }
}
