/**
 * A row of a recipe: an ordered list of steps, each with its options. Version 1 had one method a row, `{method, options}`, which is a row
 * of one step.
 */
import { defaultOptions, type Options, type OptionValue } from '../method/parameters';
import { SLOTS, type StepId } from '../step/face';
import { STEP_FACES, stepFace } from '../step/faces';
import { list, object, onlyKeys, option, optionalText, refuse, show } from './values';

export interface RecipeRow {
  /** What a person calls it; its steps say it otherwise. */
  readonly name?: string;
  /** The preset that it was set from. Changes nothing that is computed. */
  readonly paper?: string;
  readonly steps: readonly RecipeStep[];
}

export interface RecipeStep {
  readonly step: StepId;
  /** All options of the step, defaults filled in. */
  readonly options: Options;
}

const STEPS = { min: 1, max: 16 };

/** A row of one step. */
export function rowOfStep(step: StepId, options: Options): RecipeRow {
  return { steps: [{ step, options }] };
}

/** The step by which a row quantizes weights. */
export function weightsOf({ steps }: RecipeRow): RecipeStep {
  const found = steps.find(({ step }) => STEP_FACES[step].slot === 'weights');
  if (!found) throw new Error('bug: a row without a step that quantizes weights');
  return found;
}

/** The row with another step in the place of the one that quantizes weights. */
export function withWeights(row: RecipeRow, weights: RecipeStep): RecipeRow {
  const old = weightsOf(row);
  return { ...row, steps: row.steps.map((step) => (step === old ? weights : step)) };
}

/** One row: its steps in the order of their slots. Throws QS-RECIPE-01. */
export function parseRow(value: unknown, where: string): RecipeRow {
  const row = object(value, where);
  onlyKeys(row, where, ['name', 'paper', 'steps']);
  const name = optionalText(row.name, `${where}.name`, 'a text');
  const paper = optionalText(row.paper, `${where}.paper`, 'the id of a preset');
  const steps = list(row.steps, `${where}.steps`, STEPS, 'steps').map((step, i) =>
    parseStep(step, where, `${where}, step ${i + 1}`),
  );
  let last = 0;
  for (const { step } of steps) {
    const { slot, title } = STEP_FACES[step];
    const at = SLOTS.indexOf(slot);
    if (at < last)
      refuse(`${where}: ${title} stands behind a step of ${SLOTS[last]}: slots come as ${SLOTS.join(', ')}`);
    last = at;
  }
  const weights = steps.filter(({ step }) => STEP_FACES[step].slot === 'weights');
  if (weights.length !== 1) {
    refuse(`${where} has ${weights.length} steps that quantize weights: it must have one`);
  }
  return { ...(name === null ? {} : { name }), ...(paper === null ? {} : { paper }), steps };
}

/** A row of version 1. */
export function parseMethodRow(value: unknown, where: string): RecipeRow {
  const { method, ...rest } = object(value, where);
  onlyKeys(rest, where, ['options']);
  return { steps: [parseStep({ ...rest, step: method }, where, where)] };
}

/** The step's defaults, overlaid with what is given. Unknown options are refused, not dropped. */
function parseStep(value: unknown, row: string, where: string): RecipeStep {
  const given = object(value, where);
  onlyKeys(given, where, ['step', 'options']);
  const face = stepFace(given.step);
  if (!face) refuse(`${row}: there is no step ${show(given.step)}: choose ${Object.keys(STEP_FACES).join(', ')}`);
  const { parameters, title } = face;
  const options: Record<string, OptionValue> = { ...defaultOptions(parameters) };
  const own = given.options === undefined ? {} : object(given.options, `${where}.options`);
  for (const [name, wanted] of Object.entries(own)) {
    if (!Object.hasOwn(parameters, name)) {
      refuse(`${row}: ${title} has no option ${show(name)}: it has ${Object.keys(parameters).join(', ')}`);
    }
    options[name] = option(wanted, parameters[name], `${row}: ${name}`);
  }
  return { step: face.id, options };
}
