/** How a row's steps are edited: each gives another row. Steps stay in the order of their slots, so there is nothing to be refused later. */
import { defaultOptions, type Options, type OptionValue } from '../method/parameters';
import type { LayerRule } from '../recipe/layer-rules';
import { ROW_STEPS, type RecipeRow, type RecipeStep } from '../recipe/row';
import { MANY, SLOTS, type StepFace } from '../step/face';
import { faceOfStep } from '../step/known';
import type { NetworkFacts } from '../step/network-facts';

/** A row and the place of the step that was changed, where the focus belongs. */
export interface Edited {
  readonly row: RecipeRow;
  readonly at: number;
}

const slotOf = ({ step }: RecipeStep) => faceOfStep(step).slot;

/** With one step more, behind those of its slot; of a slot with room for one, in the place of what is there. */
export function withStep(row: RecipeRow, step: RecipeStep): Edited {
  const { steps } = row;
  const slot = slotOf(step);
  const there = steps.findIndex((one) => slotOf(one) === slot);
  if (there >= 0 && !MANY.has(slot)) return { row: { ...row, steps: steps.with(there, step) }, at: there };
  const behind = steps.findIndex((one) => SLOTS.indexOf(slotOf(one)) > SLOTS.indexOf(slot));
  const at = behind < 0 ? steps.length : behind;
  return steps.length >= ROW_STEPS.max ? { row, at } : { row: { ...row, steps: steps.toSpliced(at, 0, step) }, at };
}

/** Without a step; the last one stays, for a row has one at least. */
export function withoutStep(row: RecipeRow, at: number): RecipeRow {
  return row.steps.length <= ROW_STEPS.min ? row : { ...row, steps: row.steps.toSpliced(at, 1) };
}

/** With a step moved among those of its slot. */
export function withMoved(row: RecipeRow, at: number, by: -1 | 1): Edited {
  const { steps } = row;
  const to = at + by;
  if (!canMove(row, at, by)) return { row, at };
  return { row: { ...row, steps: steps.toSpliced(at, 1).toSpliced(to, 0, steps[at]) }, at: to };
}

export function canMove({ steps }: RecipeRow, at: number, by: -1 | 1): boolean {
  const other = steps.at(at + by);
  return at + by >= 0 && other !== undefined && slotOf(other) === slotOf(steps[at]);
}

export function withOption(row: RecipeRow, at: number, name: string, value: OptionValue): RecipeRow {
  const step = row.steps[at];
  return { ...row, steps: row.steps.with(at, { ...step, options: { ...step.options, [name]: value } }) };
}

/** With other rules for layers; with none it is a step without rules. */
export function withRules(row: RecipeRow, at: number, rules: readonly LayerRule[]): RecipeRow {
  const { layers: _, ...step } = row.steps[at];
  return { ...row, steps: row.steps.with(at, rules.length === 0 ? step : { ...step, layers: rules }) };
}

export interface Refusal {
  readonly why: string;
}

export function isRefusal(value: Options | Refusal): value is Refusal {
  return typeof value.why === 'string';
}

/**
 * The options that a step begins with on a network: its defaults, or where the network refuses those, the first with another choice that it
 * takes. Else why it takes none.
 */
export function firstOptions(face: StepFace, facts: NetworkFacts | null): Options | Refusal {
  const defaults = defaultOptions(face.parameters);
  const refusal = (options: Options) => (facts === null ? null : (face.refuses?.(facts, options) ?? null));
  const why = refusal(defaults);
  if (why === null) return defaults;
  for (const [name, parameter] of Object.entries(face.parameters)) {
    const others: readonly OptionValue[] =
      parameter.kind === 'choice' ? parameter.choices : parameter.kind === 'boolean' ? [!parameter.default] : [];
    for (const value of others) {
      const options = { ...defaults, [name]: value };
      if (refusal(options) === null) return options;
    }
  }
  return { why };
}
