/**
 * What a run will do and take: layers, bits, bytes, FLOP and a range of seconds. Estimates, derived from the shapes alone:
 * per row and linear layer R × C with T tokens, forward 2RCT, Hessian C²T (drift 2C²T), factor 2C³/3 (P 2C³), column loop RC².
 */
import type { Model } from '../model/architecture';
import { faceOf } from '../method/catalogue';
import type { LayerResult, Plan, PlannedLayer, PlannedRow, RowSummary } from './events';
import type { TokenSets } from './calibration';
import { bitsPerWeight, type RunRow } from './rows';

export interface PlanInput {
  readonly model: Model;
  readonly rows: readonly RunRow[];
  readonly tokens: TokenSets;
  /** FLOP per second. */
  readonly rate: number;
}

/** The share of a square product's rate that small kernels, launches and readbacks leave, and its uncertainty. */
const EFFICIENCY = { high: 0.7, low: 0.2 } as const;

export function planRun({ model, rows, tokens, rate }: PlanInput): Plan {
  const layers: PlannedLayer[] = [];
  for (const block of model.blocks) {
    for (const linear of block.stages.flatMap((stage) => stage.linears)) {
      layers.push({
        index: layers.length,
        name: linear.name,
        block: block.index,
        rows: linear.rows,
        cols: linear.cols,
      });
    }
  }
  const { calibration, heldOut } = tokens;
  const calibrationTokens = calibration.windows * calibration.length;
  const heldOutTokens = heldOut.windows * heldOut.length;
  const flop = estimateFlop(model, rows, calibrationTokens, heldOutTokens, calibration.length);
  return {
    layers,
    rows: plannedRows(rows, layers),
    blocks: model.blocks.length,
    calibrationTokens,
    heldOutTokens,
    calibrationLabel: calibration.label,
    heldOutLabel: heldOut.label,
    gpuBytes: estimateBytes(model, rows.length + 1, calibrationTokens + heldOutTokens),
    flop,
    seconds: [flop / (rate * EFFICIENCY.high), flop / (rate * EFFICIENCY.low)],
    notes: [...tokens.notes, ...model.notes, ...fewTokens(layers, rows, calibrationTokens)],
  };
}

/** The rows as the plan tells them. */
export function plannedRows(rows: readonly RunRow[], layers: readonly PlannedLayer[]): PlannedRow[] {
  return rows.map((row) => ({
    row: row.row,
    method: row.method,
    label: row.label,
    baseline: row.baseline,
    bitsPerWeight: meanBits(row, layers),
  }));
}

/** Mean and worst held-out output error of a row's layers; weight error where there is no output. */
export function layerSummary(
  layers: readonly LayerResult[],
): Pick<RowSummary, 'meanError' | 'worstError' | 'worstLayer'> {
  const errors = layers.map(({ errors: { heldOutOutput, weight } }) => heldOutOutput ?? weight);
  const worst = errors.reduce((best, error, i) => (error > errors[best] ? i : best), 0);
  return {
    meanError: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    worstError: errors[worst],
    worstLayer: layers[worst].layer,
  };
}

/** Bits per weight over all planned layers, weighted by their sizes. */
export function meanBits(row: Pick<RunRow, 'options'>, layers: readonly PlannedLayer[]): number {
  let bits = 0;
  let weights = 0;
  for (const layer of layers) {
    bits += bitsPerWeight(row.options, layer.rows, layer.cols) * layer.rows * layer.cols;
    weights += layer.rows * layer.cols;
  }
  return bits / weights;
}

function estimateFlop(
  model: Model,
  rows: readonly RunRow[],
  calibrationTokens: number,
  heldOutTokens: number,
  length: number,
): number {
  const streams = rows.length + 1;
  const tokens = calibrationTokens + heldOutTokens;
  let flop = streams * heldOutTokens * 2 * model.hidden * model.vocabulary;
  for (const block of model.blocks) {
    flop += streams * tokens * 2 * length * model.hidden;
    for (const stage of block.stages) {
      const cols = stage.linears[0].cols;
      const weights = stage.linears.reduce((sum, linear) => sum + linear.rows * linear.cols, 0);
      flop += streams * tokens * 2 * weights;
      for (const row of rows) {
        const { needs } = faceOf(row.method);
        flop += calibrationTokens * cols ** 2 * (needs.drift ? 3 : 1);
        if (needs.hessian) flop += (2 / 3) * cols ** 3 + weights * cols;
        if (needs.drift) flop += 2 * cols ** 3 + weights * cols;
        flop += 4 * weights * cols; // the two Hessian-weighted errors
      }
    }
  }
  return flop;
}

function estimateBytes(model: Model, streams: number, tokens: number): number {
  const linears = model.blocks.flatMap((block) => block.stages.flatMap((stage) => stage.linears));
  const widest = Math.max(...linears.map((linear) => linear.cols));
  const heaviest = Math.max(...linears.map((linear) => 5 * linear.rows * linear.cols));
  return 4 * (streams * tokens * (model.hidden + widest) + 5 * widest ** 2 + heaviest * 2);
}

function fewTokens(layers: readonly PlannedLayer[], rows: readonly RunRow[], tokens: number): string[] {
  const widest = layers.reduce((a, b) => (b.cols > a.cols ? b : a));
  const needed = rows.some((row) => faceOf(row.method).needs.hessian);
  if (!needed || tokens >= widest.cols) return [];
  return [
    `${tokens} calibration tokens are fewer than the ${widest.cols} inputs of ${widest.name}: its Hessian is singular and leans on the damping.`,
  ];
}
