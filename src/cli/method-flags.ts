/**
 * The flags that describe a method, shared by `layer` and `quantize`: one an option, out of the method's parameter table, and their
 * translation to a recipe row. A flag that the chosen method has no option for is refused, as a recipe's reader refuses an unknown option.
 */
import type { RecipeRow } from '../engine';
import { CATALOGUE } from '../method/catalogue';
import { type MethodFace, type MethodId } from '../method/face';
import type { OptionValue, Parameter } from '../method/parameters';
import { parseMethodRow } from '../recipe/row';
import '../step/faces';
import type { Arguments, Flag, Flags } from './command';
import { UsageError } from './exit-codes';

/** Options whose flag is shorter than their name. */
const SHORT: Readonly<Record<string, string>> = { symmetric: 'sym', groupSize: 'group', blockSize: 'block' };

const IDS = CATALOGUE.map(({ id }) => id);

export const METHOD_FLAG: Flag = {
  value: 'METHOD',
  help: `One of ${IDS.join(', ')}. Each has flags of its own: add --help to see them.`,
};

/** 'codebookGroup' is --codebook-group. */
export function flagOf(option: string): string {
  return SHORT[option] ?? option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What is on unless it is switched off has a flag for that. */
function offFlagOf(option: string, parameter: Parameter): string | null {
  return parameter.kind === 'boolean' && parameter.default ? `no-${flagOf(option)}` : null;
}

/** The flags of one method, with its own defaults. Throws on an unknown method. */
export function flagsOf(method: string): Flags {
  return Object.fromEntries(
    Object.entries<Parameter>(methodNamed(method).parameters).map(([option, parameter]) => [
      offFlagOf(option, parameter) ?? flagOf(option),
      { value: valueOf(parameter), help: helpOf(parameter) },
    ]),
  );
}

/** Every flag of any method, to read a command line with before its method is known. */
export const METHOD_FLAGS: Flags = Object.fromEntries([
  ['method', METHOD_FLAG],
  ...CATALOGUE.flatMap(({ parameters }) =>
    Object.entries<Parameter>(parameters).flatMap(([option, parameter]) => {
      const flag = { value: valueOf(parameter), help: helpOf(parameter) };
      const off = offFlagOf(option, parameter);
      return [[flagOf(option), flag], ...(off === null ? [] : [[off, flag]])];
    }),
  ),
]) as Flags;

function valueOf(parameter: Parameter): string | null {
  switch (parameter.kind) {
    case 'boolean':
      return null;
    case 'integers':
      return 'N,N';
    case 'choice':
      return parameter.choices.join('|');
    case 'optional-integer':
      return 'N|none';
    case 'integer':
    case 'number':
      return 'N';
  }
}

/** What it does, its range and unit, and what it is when nothing is said. */
function helpOf(parameter: Parameter): string {
  const unit = parameter.unit === undefined ? '' : ` ${parameter.unit}`;
  switch (parameter.kind) {
    case 'boolean':
      return parameter.default ? `Switches off: ${parameter.help}` : parameter.help;
    case 'choice':
      return `${parameter.help} Default ${parameter.default}${unit}.`;
    case 'optional-integer': {
      const otherwise = parameter.default === null ? `none: ${parameter.nullLabel}` : `${parameter.default}${unit}`;
      return `${parameter.help} ${parameter.min} to ${parameter.max}${unit}; default ${otherwise}.`;
    }
    case 'integers':
    case 'integer':
    case 'number':
      return `${parameter.help} ${parameter.min} to ${parameter.max}${unit}; default ${parameter.default}.`;
  }
}

/**
 * The row that the flags describe, of the method `otherwise` where they name none. `others`: flags that the command itself has a use for, though the method may have none (a seed).
 * Throws one sentence on an unknown method, a value out of range, or a flag that the method has no use for.
 */
export function recipeRow(flags: Arguments, others: readonly string[] = [], otherwise?: MethodId): RecipeRow {
  const face = methodNamed(flags.text('method') ?? otherwise ?? flags.required('method'));
  const options: Record<string, OptionValue> = {};
  const known = new Set(['method', ...others]);
  for (const [option, parameter] of Object.entries<Parameter>(face.parameters)) {
    const off = offFlagOf(option, parameter);
    known.add(flagOf(option));
    if (off !== null) known.add(off);
    if (flags.has(flagOf(option))) options[option] = read(flags, flagOf(option), parameter);
    if (off !== null && flags.has(off)) options[option] = false;
  }
  const own = Object.keys(flagsOf(face.id)).map((flag) => `--${flag}`);
  const strangers = Object.keys(METHOD_FLAGS).filter((flag) => !known.has(flag));
  flags.refuse(strangers, `for ${face.title}, which has ${own.join(', ')}: leave out what it has not`);
  // With act-order and groups, groups are static.
  if (options.actOrder === true && flags.has('group')) options.staticGroups = true;
  return parseMethodRow({ method: face.id, options }, 'the command line');
}

function methodNamed(id: string): MethodFace {
  const face = CATALOGUE.find((method) => method.id === id);
  if (!face) throw new UsageError(`There is no method "${id}": choose ${IDS.join(', ')}.`);
  return face;
}

/** True where a value of --recipe is a method's own option and not the name of a recipe file. */
export function isMethodRecipe(value: string): boolean {
  return CATALOGUE.some(({ parameters }) => {
    const option = parameters.recipe as Parameter | undefined;
    return option?.kind === 'choice' && option.choices.includes(value);
  });
}

function read(flags: Arguments, flag: string, parameter: Parameter): OptionValue {
  switch (parameter.kind) {
    case 'boolean':
      return true;
    case 'integers':
    case 'choice':
      return flags.text(flag);
    case 'optional-integer':
      return flags.text(flag) === 'none' ? null : flags.number(flag);
    case 'integer':
    case 'number':
      return flags.number(flag);
  }
}
