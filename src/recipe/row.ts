/**
 * A row of a recipe: an ordered list of steps, each with its options. Version 1 had one method a row, `{method, options}`, which is a row
 * of one step.
 */
import { defaultOptions, type Options, type OptionValue } from '../method/parameters';
import { MANY, SLOTS, type StepFace, type StepId } from '../step/face';
import { faceOfStep, knownSteps, stepFace } from '../step/known';
import { parseRules, type LayerRule } from './layer-rules';
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
  /** Layers with other options, or without the step; the first rule that matches counts. Of a step that quantizes weights. */
  readonly layers?: readonly LayerRule[];
}

/** How many steps a row may have. */
export const ROW_STEPS = { min: 1, max: 16 };

/** A row of one step. */
export function rowOfStep(step: StepId, options: Options): RecipeRow {
  return { steps: [{ step, options }] };
}

/** The step by which a row quantizes weights; null where it keeps them. */
export function weightsStep({ steps }: Pick<RecipeRow, 'steps'>): RecipeStep | null {
  return steps.find(({ step }) => faceOfStep(step).slot === 'weights') ?? null;
}

/** The same of a row that has one. */
export function weightsOf(row: RecipeRow): RecipeStep {
  const found = weightsStep(row);
  if (!found) throw new Error('bug: a row without a step that quantizes weights');
  return found;
}

/** One row: its steps in the order of their slots. Throws QS-RECIPE-01. */
export function parseRow(value: unknown, where: string): RecipeRow {
  const row = object(value, where);
  onlyKeys(row, where, ['name', 'paper', 'steps']);
  const name = optionalText(row.name, `${where}.name`, 'a text');
  const paper = optionalText(row.paper, `${where}.paper`, 'the id of a preset');
  const steps = list(row.steps, `${where}.steps`, ROW_STEPS, 'steps').map((step, i) =>
    parseStep(step, where, `${where}, step ${i + 1}`),
  );
  const fault = orderFault(steps.map(({ step }) => faceOfStep(step)));
  if (fault !== null) refuse(`${where}: ${fault}`);
  const allocates = steps.find(({ step }) => faceOfStep(step).slot === 'allocate');
  const weights = weightsStep({ steps });
  if (allocates && !(weights && Object.hasOwn(faceOfStep(weights.step).parameters, 'bits'))) {
    const { title } = faceOfStep(allocates.step);
    const what = weights ? `${faceOfStep(weights.step).title} has none` : 'no step quantizes weights';
    refuse(
      `${where}: ${title} gives layers their bits, and ${what}: add a step that rounds to a grid, such as rtn or gptq`,
    );
  }
  return { ...(name === null ? {} : { name }), ...(paper === null ? {} : { paper }), steps };
}

/** Why steps cannot stand in this order, without a full stop; null where they can. */
export function orderFault(faces: readonly StepFace[]): string | null {
  for (const [i, { slot, title }] of faces.entries()) {
    if (i === 0) continue;
    const before = faces[i - 1];
    if (SLOTS.indexOf(slot) < SLOTS.indexOf(before.slot)) {
      return `${title} stands behind ${before.title}, a step of the slot ${before.slot}: slots come as ${SLOTS.join(', ')}`;
    }
    if (slot === before.slot && !MANY.has(slot)) {
      return `${before.title} and ${title} are both steps of the slot ${slot}, of which a row has one`;
    }
  }
  return null;
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
  onlyKeys(given, where, ['step', 'options', 'layers']);
  const face = stepFace(given.step);
  if (!face) refuse(`${row}: there is no step ${show(given.step)}: choose ${knownSteps().join(', ')}`);
  const own = given.options === undefined ? {} : object(given.options, `${where}.options`);
  const options: Options = { ...defaultOptions(face.parameters), ...parseOptions(own, face, row) };
  if (given.layers === undefined) return { step: face.id, options };
  if (face.slot !== 'weights') refuse(`${where} has layers: only a step that quantizes weights has rules for them`);
  return { step: face.id, options, layers: parseRules(given.layers, where, (some) => parseOptions(some, face, row)) };
}

/** Those that are given, checked one by one. */
function parseOptions(given: Record<string, unknown>, { parameters, title }: StepFace, row: string): Options {
  const options: Record<string, OptionValue> = {};
  for (const [name, wanted] of Object.entries(given)) {
    if (!Object.hasOwn(parameters, name)) {
      refuse(`${row}: ${title} has no option ${show(name)}: it has ${Object.keys(parameters).join(', ')}`);
    }
    options[name] = option(wanted, parameters[name], `${row}: ${name}`);
  }
  return options;
}
