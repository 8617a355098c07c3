/**
 * Whether a calibration set is good, before a run: what it is made of, what each stage's Hessian H = XᵀX/T of the checkpoint's own stream is worth
 * (its rank, its condition with and without damping, inputs that are always zero), and the error on held-out windows as the calibration
 * windows grow, by a method that needs none and one that needs H. Works with the recipe's own data; computes nothing of its rows.
 */
import type { Checkpoint } from '../checkpoint/checkpoint';
import { definiteness } from '../numerics/definite';
import { matrix, type Matrix } from '../numerics/matrix';
import { parseRecipe, type Recipe } from '../recipe/recipe';
import { weightsStep } from '../recipe/row';
import { accumulateGram, mirror } from '../tensor/gram';
import { Tensor } from '../tensor/tensor';
import { RunControl } from './control';
import { runRecipe } from './driver';
import type { Task } from './events';
import { MemoryRunStore } from './run-store';
import { prepareRun, type PrepareOptions } from './prepare';
import type { ActivationRun, RunHost } from './prepared-run';
import { walkView, type WalkedStage } from './reference-walk';
import type { Subject } from './subject';

/** A stage's Hessian. */
export interface StageReport {
  readonly block: number;
  readonly stage: number;
  readonly layers: readonly string[];
  readonly columns: number;
  readonly tokens: number;
  /** Null where it has too many columns to be looked at on the host. */
  readonly rank: number | null;
  /** λmax / λmin; null where it is singular, or was not looked at. */
  readonly condition: number | null;
  /** The same with 1 % of the mean diagonal added to the diagonal, as GPTQ does by default. */
  readonly damped: number | null;
  /** Inputs that are zero on every token. */
  readonly dead: number;
}

export interface CurvePoint {
  readonly windows: number;
  readonly tokens: number;
  /** Mean layer output error on the held-out windows. */
  readonly error: number | null;
}

export interface CalibrationReport {
  readonly task: Task;
  /** '16 windows of calibration.jsonl', and of the held-out ones. */
  readonly label: string;
  readonly heldOutLabel: string;
  readonly windows: number;
  readonly length: number;
  readonly tokens: number;
  /** Of texts: how many of the vocabulary's tokens occur, and what share of the held-out tokens are among them. */
  readonly vocabulary: { readonly distinct: number; readonly size: number; readonly heldOutKnown: number } | null;
  readonly stages: readonly StageReport[];
  readonly curve: {
    readonly bits: number;
    /** The method that needs no data: the same for every number of windows. */
    readonly baseline: number | null;
    readonly points: readonly CurvePoint[];
  };
  readonly notes: readonly string[];
}

/** How far a report is: stages and runs of the curve, all counted alike. */
export type ReportProgress = (done: number, total: number) => void;

/** Columns up to which a Hessian is factored on the host: about five seconds each. */
const MOST_COLUMNS = 2048;
/** Runs of the curve: a half of the windows, a half of that, … */
const CURVE = 4;
const BITS = 3;
/** Of the mean diagonal: what GPTQ adds by default. */
const DAMPING = 0.01;

/** Throws as `prepareRun`, Cancelled where the control says so; null where the network is not known and no data is used. */
export async function calibrationReport(
  checkpoint: Checkpoint,
  recipe: Recipe,
  options: PrepareOptions,
  control: RunControl,
  onProgress: ReportProgress = () => undefined,
): Promise<CalibrationReport | null> {
  const curveRecipe = recipeOfCurve(recipe);
  const prepared = await prepareRun(checkpoint, curveRecipe, options);
  const { subject } = prepared;
  if (subject === null) return null;
  const run: ActivationRun = { ...prepared, subject };
  const sizes = curveSizes(subject.calibration.windows);
  const stagesInAll = subject.network.blocks.reduce((sum, { stages }) => sum + stages.length, 0);
  const total = stagesInAll * (1 + sizes.length);
  let done = 0;
  const step = () => onProgress(++done, total);

  const host: RunHost = { gpu: options.gpu, store: new MemoryRunStore(), control };
  const stages: StageReport[] = [];
  for await (const event of walkView(run, host, run.views[0])) {
    control.check();
    if (event.type !== 'walked') continue;
    stages.push(await stageReport(host, event.at));
    step();
  }
  const points: CurvePoint[] = [];
  let baseline: number | null = null;
  for (const windows of sizes) {
    const limited = { ...options, subject: () => Promise.resolve(withWindows(subject, windows)) };
    const own = await prepareRun(checkpoint, curveRecipe, limited);
    const rows = runRecipe(own, { ...host, store: new MemoryRunStore() });
    for (;;) {
      const next = await rows.next();
      if (next.done) {
        control.check();
        const [plain, method] = next.value.rows;
        baseline ??= plain?.meanError ?? null;
        points.push({ windows, tokens: windows * subject.calibration.length, error: method?.meanError ?? null });
        break;
      }
      if (next.value.type === 'block-done') step();
    }
  }
  onProgress(total, total);
  const { calibration, heldOut } = subject;
  return {
    task: subject.task,
    ...{ label: calibration.label, heldOutLabel: heldOut.label },
    ...{ windows: calibration.windows, length: calibration.length, tokens: calibration.windows * calibration.length },
    vocabulary: vocabularyOf(subject),
    stages,
    curve: { bits: BITS, baseline, points },
    notes: subject.notes,
  };
}

/** The recipe's data with the two rows of the curve: rounding, which every run has beside it, and GPTQ. */
function recipeOfCurve(recipe: Recipe): Recipe {
  const group = recipe.rows.map((row) => weightsStep(row)?.options.groupSize).find((size) => typeof size === 'number');
  const options = { bits: BITS, ...(group === undefined ? {} : { groupSize: group }) };
  return parseRecipe({ ...recipe, networks: undefined, rows: [{ steps: [{ step: 'gptq', options }] }] });
}

/** 2, 4, 8, 16 of 16; every number once. */
export function curveSizes(windows: number): number[] {
  const sizes = Array.from({ length: CURVE }, (_, i) => Math.max(1, Math.floor(windows / 2 ** (CURVE - 1 - i))));
  return [...new Set(sizes)];
}

/** The same subject with the first of its calibration windows; the held-out ones stay. */
function withWindows(subject: Subject, windows: number): Subject {
  const { outputLoss } = subject;
  return {
    ...{ task: subject.task, network: subject.network, heldOut: subject.heldOut, notes: subject.notes },
    ...{ inputs: subject.inputs, outputWidth: subject.outputWidth, sampledRows: subject.sampledRows },
    classNames: subject.classNames,
    calibration: { ...subject.calibration, windows },
    open: (gpu, view) => subject.open(gpu, view),
    divergence: (gpu, view, head) => subject.divergence(gpu, view, head),
    ...(outputLoss && { outputLoss: (gpu, view, head) => outputLoss.call(subject, gpu, view, head) }),
    outputOnTape: (gpu, view, head) => subject.outputOnTape(gpu, view, head),
    evaluate: (input) => subject.evaluate(input),
  };
}

async function stageReport({ gpu }: RunHost, { block, stage, weights, each }: WalkedStage): Promise<StageReport> {
  const columns = weights[0].linear.cols;
  const where = { block: block.index, stage, layers: weights.map(({ linear }) => linear.name), columns };
  let tokens = 0;
  if (columns > MOST_COLUMNS) {
    each((x) => void (tokens += x.rows));
    return { ...where, tokens, rank: null, condition: null, damped: null, dead: 0 };
  }
  const h = Tensor.zeros(gpu, columns, columns, 'Hessian of the report');
  try {
    each((x) => {
      accumulateGram(h, x, 1, 1);
      tokens += x.rows;
    });
    mirror(h);
    return { ...where, tokens, ...hessianFigures(matrix(columns, columns, await h.read())) };
  } finally {
    h.release();
  }
}

/** Of H, whatever it is scaled by. */
export function hessianFigures(h: Matrix): Pick<StageReport, 'rank' | 'condition' | 'damped' | 'dead'> {
  const n = h.rows;
  const diagonal = Float64Array.from({ length: n }, (_, i) => h.data[i * n + i]);
  const dead = diagonal.reduce((count, value) => count + (value === 0 ? 1 : 0), 0);
  const plain = definiteness(h);
  const damping = (DAMPING * diagonal.reduce((sum, value) => sum + value, 0)) / n;
  const damped = definiteness(withDiagonal(h, damping));
  const ratio = ({ largest, smallest }: typeof plain) => (smallest === null ? null : largest / smallest);
  return { rank: plain.rank, condition: ratio(plain), damped: ratio(damped), dead };
}

function withDiagonal(h: Matrix, add: number): Matrix {
  const copy = matrix(h.rows, h.cols, h.data);
  for (let i = 0; i < h.rows; i++) copy.data[i * h.cols + i] += add;
  return copy;
}

function vocabularyOf({ task, inputs, outputWidth }: Subject): CalibrationReport['vocabulary'] {
  if (task !== 'text' || inputs.length < 2) return null;
  const [calibration, heldOut] = inputs.map(
    ({ buffer, byteOffset, byteLength }) => new Uint32Array(buffer, byteOffset, byteLength / 4),
  );
  const seen = new Set(calibration);
  const known = heldOut.reduce((count, id) => count + (seen.has(id) ? 1 : 0), 0);
  return { distinct: seen.size, size: outputWidth, heldOutKnown: heldOut.length === 0 ? 1 : known / heldOut.length };
}
