/**
 * What is wrong with a recipe that is being edited, field by field, so that each sentence can stand beside its field. parseRecipe
 * says the same of a whole recipe, but stops at the first fault.
 */
import { faceOf } from '../method/catalogue';
import { integersIn, type OptionValue, type Parameter } from '../method/parameters';
import { MOST_LETTERS, reachOf } from '../recipe/layer-rules';
import { RECIPE_LIMITS, type Recipe } from '../recipe/recipe';
import type { RecipeStep } from '../recipe/row';
import { methodIn } from '../recipe/rows';
import { faceOfStep } from '../step/known';
import type { NetworkFacts } from '../step/network-facts';
import type { StoredModel } from '../worker/protocol';
import { dataOf } from './models';

/** Why a value is refused, without words: the catalogue of strings has those. */
export type Fault =
  | { readonly kind: 'whole-number'; readonly min: number; readonly max: number }
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'text-missing' | 'images-missing' }
  | { readonly kind: 'weight-only'; readonly why: string }
  /** What the network refuses, in the step's own sentence. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'same-row'; readonly row: number }
  /** Of a rule for layers: no pattern, one too long, one that another rule has, or one that no layer's name matches. */
  | { readonly kind: 'pattern'; readonly most: number }
  | { readonly kind: 'same-rule'; readonly rule: number }
  | { readonly kind: 'idle-rule'; readonly example: string }
  /** Of a rule whose layers are all taken by rules before it: how many it matches. */
  | { readonly kind: 'shadowed-rule'; readonly layers: number };

/** Faults by path: 'rows.0.steps.1.bits', 'rows.0.steps.1' of the whole step, 'rows.0.steps.1.layers.2.match' and '.layers.2.bits' of its third rule, 'rows.0.method' of the whole row, 'calibration.windows', 'heldOut.file', 'sampling.steps'. */
export type Faults = Readonly<Record<string, Fault>>;

/** `layers`: names of those that can be quantized; null while they are not known. */
export function faultsOf(
  recipe: Recipe,
  model: StoredModel | null,
  facts: NetworkFacts | null = null,
  layers: readonly string[] | null = null,
): Faults {
  const faults: Record<string, Fault> = {};
  const whole = (path: string, value: number, limits: { readonly min: number; readonly max: number }) => {
    if (!isWhole(value, limits)) faults[path] = { kind: 'whole-number', min: limits.min, max: limits.max };
  };

  recipe.rows.forEach((row, i) => {
    row.steps.forEach((step, k) => {
      const path = `rows.${i}.steps.${k}`;
      Object.assign(faults, stepFaults(step, path, model, facts), ruleFaults(step, `${path}.layers`, layers));
    });
    const face = faceOf(methodIn(row).method);
    if (model?.limitation && (face.needs.hessian || face.needs.drift)) {
      faults[`rows.${i}.method`] = { kind: 'weight-only', why: model.limitation };
      return;
    }
    const twin = recipe.rows.findIndex((other) => sameRow(other, row));
    if (twin < i) faults[`rows.${i}.method`] = { kind: 'same-row', row: twin };
  });

  const { calibration, heldOut, sampling, continuation } = recipe;
  whole('calibration.windows', calibration.windows, RECIPE_LIMITS.windows);
  whole('calibration.length', calibration.length, RECIPE_LIMITS.length);
  whole('calibration.seed', calibration.seed, RECIPE_LIMITS.seed);
  whole('heldOut.windows', heldOut.windows, RECIPE_LIMITS.heldOutWindows);
  if (continuation) whole('continuation.tokens', continuation.tokens, RECIPE_LIMITS.continuedTokens);
  if (sampling) {
    whole('sampling.steps', sampling.steps, RECIPE_LIMITS.samplingSteps);
    whole('sampling.images', sampling.images, RECIPE_LIMITS.sampledImages);
    const { min, max } = RECIPE_LIMITS.guidance;
    if (!(sampling.guidance >= min && sampling.guidance <= max))
      faults['sampling.guidance'] = { kind: 'number', min, max };
  }
  if (model) {
    const files = dataOf(model);
    const missing = { kind: model.task === 'classification' ? 'images-missing' : 'text-missing' } as const;
    const there = (name: string | null) => name !== null && files.includes(name);
    if (calibration.source === 'file' && !there(calibration.file)) faults['calibration.file'] = missing;
    // A classifier is judged by images of known classes, and noise has none.
    const needed = heldOut.file !== null || model.task === 'classification';
    if (needed && !there(heldOut.file)) faults['heldOut.file'] = missing;
  }
  return faults;
}

function stepFaults(
  { step, options }: RecipeStep,
  path: string,
  model: StoredModel | null,
  facts: NetworkFacts | null,
): Faults {
  const face = faceOfStep(step);
  const wrong = Object.entries(face.parameters).flatMap(([name, parameter]) => {
    const fault = optionFault(options[name], parameter);
    return fault ? [[`${path}.${name}`, fault] as const] : [];
  });
  // A step is not asked about options that it cannot read.
  if (wrong.length > 0) return Object.fromEntries(wrong);
  if (model?.limitation && face.slot !== 'weights') return { [path]: { kind: 'weight-only', why: model.limitation } };
  const why = facts === null ? null : (face.refuses?.(facts, options) ?? null);
  return why === null ? {} : { [path]: { kind: 'refused', why } };
}

function ruleFaults({ step, layers: rules }: RecipeStep, path: string, names: readonly string[] | null): Faults {
  if (!rules) return {};
  const { parameters } = faceOfStep(step);
  const faults: Record<string, Fault> = {};
  const reach = names && reachOf(rules, names);
  const first = new Map<string, number>();
  rules.forEach(({ match, options = {} }, i) => {
    const before = first.get(match);
    const at = `${path}.${i}.match`;
    if (match === '' || match.length > MOST_LETTERS) faults[at] = { kind: 'pattern', most: MOST_LETTERS };
    else if (before !== undefined) faults[at] = { kind: 'same-rule', rule: before };
    else if (names && reach?.[i].layers === 0) faults[at] = { kind: 'idle-rule', example: names[0] };
    else if (reach?.[i].own === 0) faults[at] = { kind: 'shadowed-rule', layers: reach[i].layers };
    first.set(match, before ?? i);
    for (const [name, value] of Object.entries(options)) {
      const fault = optionFault(value, parameters[name]);
      if (fault) faults[`${path}.${i}.${name}`] = fault;
    }
  });
  return faults;
}

function optionFault(value: OptionValue, parameter: Parameter): Fault | null {
  switch (parameter.kind) {
    case 'integer':
      return isWhole(value, parameter) ? null : { kind: 'whole-number', min: parameter.min, max: parameter.max };
    case 'optional-integer':
      return value === null || isWhole(value, parameter)
        ? null
        : { kind: 'whole-number', min: parameter.min, max: parameter.max };
    case 'number':
      return typeof value === 'number' && value >= parameter.min && value <= parameter.max
        ? null
        : { kind: 'number', min: parameter.min, max: parameter.max };
    case 'integers':
      return integersIn(value, parameter) ? null : { kind: 'choice', choices: [parameter.default] };
    case 'choice':
      return typeof value === 'string' && parameter.choices.includes(value)
        ? null
        : { kind: 'choice', choices: parameter.choices };
    case 'boolean':
      return typeof value === 'boolean' ? null : { kind: 'choice', choices: ['true', 'false'] };
  }
}

function isWhole(value: OptionValue, limits: { readonly min: number; readonly max: number }): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= limits.min && value <= limits.max;
}

function sameRow(a: Recipe['rows'][number], b: Recipe['rows'][number]): boolean {
  if (a.steps.length !== b.steps.length) return false;
  return a.steps.every(({ step, options, layers }, i) => {
    const other = b.steps[i];
    if (JSON.stringify(layers) !== JSON.stringify(other.layers)) return false;
    return other.step === step && Object.keys(options).every((name) => Object.is(options[name], other.options[name]));
  });
}
