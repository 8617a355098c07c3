/**
 * The rows of a run: the recipe's, preceded by an RTN baseline on the grid nearest to the first row unless the recipe has that very row,
 * and followed by the uniform rows that allocating ones are compared with, where the recipe has them not.
 */
import { faceOf, KEPT } from '../method/catalogue';
import { trainedAtOnce } from '../method/face';
import { FAMILIES } from '../method/families';
import type { Options } from '../method/parameters';
import { sumLedgers, togetherAs, type Ledger } from '../quantizer/ledger';
import { faceOfStep } from '../step/known';
import type { Recipe } from './recipe';
import { allotsOf, betweenLedgers, pins, uniformOptions, uniformRow, uniformRows, type Allotted } from './allotted';
import { idleRules, ruleFor, shadowedRule } from './layer-rules';
import { parseMethodRow, weightsStep, type RecipeRow, type RecipeStep } from './row';
import { refuse, show } from './values';

/** A row of a run. Its method and options are those of the step that quantizes weights; without one the method is "none". */
export interface RunRow extends QuantizesWeights {
  readonly row: number;
  readonly steps: readonly RecipeStep[];
  /** Number of the network's view that the row is of: rows of the same transforms share one, and 0 is the checkpoint itself. */
  readonly view: number;
  readonly label: string;
  readonly baseline: boolean;
  /** Its place in the recipe; null for rows that the run adds: the baseline, and uniform rows beside allocated ones. */
  readonly from: number | null;
  /** What layers got, by name, once that is known of a row that allocates. */
  readonly allocated?: ReadonlyMap<string, Allotted>;
}

/** What quantizes a row's weights. */
export interface QuantizesWeights {
  readonly method: string;
  readonly options: Options;
}

/** All rows that a recipe computes, in the order of their numbers. */
export function expandRows(recipe: Recipe): RunRow[] {
  const { method, options } = methodIn(recipe.rows[0]);
  const grid = FAMILIES[faceOf(method).family].nearestGrid(options);
  const baseline = parseMethodRow({ method: 'rtn', options: grid }, 'baseline');
  const same = recipe.rows.findIndex((row) => sameSteps(row, baseline));
  const asked = same >= 0 ? recipe.rows : [baseline, ...recipe.rows];
  const rows = withUniform(asked);
  const labels = uniqueLabels(rows.map(labelOf));
  const views = viewKeys(rows);
  const added = asked.length - recipe.rows.length;
  return rows.map((row, i) => ({
    row: i,
    ...methodIn(row),
    steps: row.steps,
    view: views.indexOf(viewKeyOf(row)),
    label: labels[i],
    baseline: i === Math.max(same, 0),
    from: i < added || i >= asked.length ? null : i - added,
  }));
}

/** Behind the rows, those that they are compared with where they allocate; each once. */
function withUniform(rows: readonly RecipeRow[]): RecipeRow[] {
  const all = new Map(rows.map((row) => [JSON.stringify(row.steps.map(sorted)), row]));
  const beside = new Map(rows.flatMap(uniformRows).map((row) => [JSON.stringify(row.steps.map(sorted)), row] as const));
  return [...rows, ...[...beside].flatMap(([key, row]) => (all.has(key) ? [] : [row]))];
}

/** The rows of a run that are an allocating one with all layers alike, in the order of its widths; null where the run has none of a width. */
export function uniformBeside(rows: readonly RunRow[], of: RunRow): (RunRow | null)[] {
  const keyOf = ({ steps }: Pick<RecipeRow, 'steps'>) => JSON.stringify(steps.map(sorted));
  const known = new Map(rows.map((row) => [keyOf(row), row]));
  return (allotsOf(of)?.bits ?? []).map((bits) => known.get(keyOf(uniformRow({ steps: of.steps }, bits))) ?? null);
}

/** The method and options by which a row quantizes weights. */
export function methodIn(row: Pick<RecipeRow, 'steps'>): QuantizesWeights {
  const weights = weightsStep(row);
  if (!weights) return AS_IT_IS;
  return { method: faceOf(weights.step).id, options: uniformOptions(row, weights.options) };
}

/** Of weights that stay; a run says in how many bits the source stores them. */
export const AS_IT_IS: QuantizesWeights = { method: KEPT.id, options: { bits: 32 } };

/** How a row quantizes one layer: by what it got, and by the rules of its step. */
export function methodFor(
  row: QuantizesWeights & Pick<RunRow, 'steps' | 'allocated'>,
  layer: string,
): QuantizesWeights {
  const { method, options } = row;
  const rule = ruleFor(weightsStep(row)?.layers, layer);
  const allotted = row.allocated?.get(layer);
  if (!rule && !allotted) return { method, options };
  if (rule?.keep || allotted === 'keep') return AS_IT_IS;
  return { method, options: { ...options, ...rule?.options, ...allotted } };
}

/** Throws QS-RECIPE-01 where a rule matches no layer, or none that a rule before it leaves. */
export function assertRulesMatch(rows: readonly RunRow[], linears: readonly { readonly name: string }[]): void {
  const names = linears.map(({ name }) => name);
  for (const row of rows) {
    const [idle] = idleRules(weightsStep(row)?.layers ?? [], names);
    if (idle !== undefined) {
      refuse(`${row.label}: the rule for ${show(idle)} matches no layer; layers are named like ${names[0] ?? 'none'}`);
    }
    const shadowed = shadowedRule(weightsStep(row)?.layers ?? [], names);
    if (shadowed) {
      const { match, by } = shadowed;
      refuse(
        `${row.label}: the rule for ${show(match)} never counts, for of several rules the first does, and ${show(by)} before it leaves it no layer: put it before ${show(by)}, or leave it out`,
      );
    }
  }
}

/** The steps that make a row's view of the network. */
export function transformsOf({ steps }: Pick<RecipeRow, 'steps'>): RecipeStep[] {
  return steps.filter(({ step }) => faceOfStep(step).slot === 'transform');
}

/** Equal for rows of the same view; '' is the checkpoint itself. */
export function viewKeyOf(row: Pick<RecipeRow, 'steps'>): string {
  const transforms = transformsOf(row);
  if (transforms.length === 0) return '';
  const reads = (what: 'readsWeights' | 'readsActivations') => transforms.some(({ step }) => faceOfStep(step)[what]);
  const searched = [
    ...(reads('readsActivations') ? row.steps.filter(({ step }) => faceOfStep(step).slot === 'activations') : []),
    ...(reads('readsWeights') ? row.steps.filter(({ step }) => faceOfStep(step).slot === 'weights') : []),
  ];
  return JSON.stringify([...transforms, ...searched].map(sorted));
}

/** In the order of their first rows, behind the checkpoint itself. */
function viewKeys(rows: readonly Pick<RecipeRow, 'steps'>[]): string[] {
  return [...new Set(['', ...rows.map(viewKeyOf)])];
}

/** Equal for steps that do the same. */
export function stepKey(step: RecipeStep): string {
  return JSON.stringify(sorted(step));
}

function sorted({ step, options, layers }: RecipeStep): unknown {
  return [step, Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)), layers ?? null];
}

/** What a person calls the row, else its steps: 'GPTAQ 3-bit g64 act', 'GPTVQ K16 d2'. */
export function labelOf(row: RecipeRow): string {
  // Of an allocating row the bits of the step that quantizes are those of its budget.
  const budget = allotsOf(row)?.budget;
  const words = ({ step, options }: RecipeStep) =>
    faceOfStep(step).words(
      budget !== undefined && 'bits' in options && faceOfStep(step).slot === 'weights'
        ? { ...options, bits: budget }
        : options,
    );
  return row.name ?? row.steps.map((step) => words(step).join(' ')).join(' → ');
}

/** What rounds that which flows through the network, in words; null where nothing does. */
export function passingOf({ steps }: Pick<RecipeRow, 'steps'>): string | null {
  const words = steps.flatMap(({ step, options }) => {
    const { slot, words: of } = faceOfStep(step);
    return slot === 'activations' || slot === 'attention' ? [of(options).join(' ')] : [];
  });
  return words.length === 0 ? null : words.join(', ');
}

/** A layer as its size is planned; a name, where a row has rules for layers. */
interface Sized {
  readonly rows: number;
  readonly cols: number;
  readonly name?: string;
}

type Sizing = QuantizesWeights & Partial<Pick<RunRow, 'steps' | 'allocated'>>;

/**
 * What one layer will take under a row's options, and at most on the mean where that is still to be allocated; `sharedBy`: weights that
 * its codebook serves, where it is not its own.
 */
export function plannedLedger(row: Sizing, layer: Sized, sharedBy: number | null = null): Ledger {
  const { rows, cols, name = '' } = layer;
  const { steps = [], allocated } = row;
  const allots = allocated ? null : allotsOf({ steps });
  if (allots && !pins(ruleFor(weightsStep({ steps })?.layers, name))) {
    return betweenLedgers(allots.budget, (bits) =>
      plannedLedger({ ...row, allocated: new Map([[name, { bits }]]) }, layer, sharedBy),
    );
  }
  const { method, options } = methodFor({ ...row, steps }, name);
  const weights = FAMILIES[faceOf(method).family].plannedLedger(options, rows, cols, sharedBy);
  if (method === KEPT.id) return weights;
  const beside = steps.flatMap((step) => faceOfStep(step.step).storage?.(step.options, rows, cols) ?? []);
  return beside.length === 0 ? weights : togetherAs(rows * cols, [weights, ...beside]);
}

/**
 * What all layers together will take under a row's options. A codebook that all layers share serves `sharedBy` weights, of these layers
 * alone unless it is said.
 */
export function plannedLedgerOf(row: Sizing, layers: readonly Sized[], sharedBy: number | null = null): Ledger {
  const all = layers.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
  const served = faceOf(row.method).needs.networks ? (sharedBy ?? all) : null;
  return sumLedgers(layers.map((layer) => plannedLedger(row, layer, served)));
}

/** Whether a row's method trains layers together. */
export function trains(row: QuantizesWeights): boolean {
  return togetherIn(row) !== null;
}

export function trainsBlocks(row: QuantizesWeights): boolean {
  return togetherIn(row) === 'block';
}

export function trainsNetwork(row: QuantizesWeights): boolean {
  return togetherIn(row) === 'network';
}

/** Whether its method trains on what a diffusion network samples. */
export function alongTrajectories({ method }: QuantizesWeights): boolean {
  return faceOf(method).trains === 'trajectories';
}

function togetherIn({ method, options }: QuantizesWeights): 'block' | 'network' | null {
  return trainedAtOnce(faceOf(method), options);
}

/** Steps of a row that trains, a block, or in all. */
export function trainingSteps({ options }: QuantizesWeights): number {
  if (typeof options.rounds === 'number') return options.rounds * Number(options.steps);
  return [options.steps, options.calibrationSteps].reduce<number>((sum, n) => sum + (Number(n) || 0), 0);
}

/** Windows a step where a row does not say. */
const DEFAULT_BATCH = 8;

/** Windows that a row that trains takes a step. */
export function trainingBatch({ options }: QuantizesWeights): number {
  return typeof options.batch === 'number' ? options.batch : DEFAULT_BATCH;
}

function sameSteps(a: RecipeRow, b: RecipeRow): boolean {
  return (
    a.steps.length === b.steps.length &&
    b.steps.every(({ step, options, layers }, i) => {
      const other = a.steps[i];
      if (layers || other.layers) return false;
      return other.step === step && Object.keys(options).every((name) => other.options[name] === options[name]);
    })
  );
}

function uniqueLabels(labels: string[]): string[] {
  const seen = new Map<string, number>();
  return labels.map((label) => {
    const count = (seen.get(label) ?? 0) + 1;
    seen.set(label, count);
    return count === 1 ? label : `${label} (${count})`;
  });
}
