/**
 * What a run will do and take: layers, bits, bytes, FLOP and a range of seconds. Estimates, derived from the shapes alone:
 * per row and linear layer R × C with T tokens, forward 2RCT, Hessian C²T (drift 2C²T), factor 2C³/3 (P 2C³), column loop RC²,
 * and 3RCK an iteration for codebooks of K codewords. A row that trains takes, a step and a block, three forward passes of its windows,
 * and MIXING operations for each weight.
 */
import type { Block } from '../model/architecture';
import { faceOf } from '../method/catalogue';
import { FAMILIES } from '../method/families';
import { sumLedgers } from '../quantizer/ledger';
import type { LayerResult, Plan, PlannedLayer, PlannedRow, RowSummary } from './events';
import { plannedLedgerOf, trainingBatch, trainingSteps, trains, type RunRow } from './rows';
import type { Subject } from './subject';
import type { UniversalCodebooks } from './universal';

export interface PlanInput {
  readonly subject: Subject;
  readonly rows: readonly RunRow[];
  /** FLOP per second. */
  readonly rate: number;
  readonly universal: UniversalCodebooks;
}

/** The share of a square product's rate that small kernels, launches and readbacks leave, and its uncertainty. */
const EFFICIENCY = { high: 0.7, low: 0.2 } as const;

/** Operations a step of training takes for each weight besides products: its mixture or sign there and back, the optimizer. */
const MIXING = 60;
/** Copies of a block's weights that a method keeps while it trains, and tensors of a stage's width that a tape does. */
const TRAINING_COPIES = { weights: 8, activations: 6 } as const;

export function planRun({ subject, rows, rate, universal }: PlanInput): Plan {
  const { task, network, calibration, heldOut } = subject;
  const layers: PlannedLayer[] = [];
  for (const block of network.blocks) {
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
  const calibrationTokens = calibration.windows * calibration.length;
  const heldOutTokens = heldOut.windows * heldOut.length;
  const flop = estimateFlop(subject, rows);
  return {
    task,
    layers,
    rows: plannedRows(rows, layers, universal),
    blocks: network.blocks.length,
    calibrationTokens,
    heldOutTokens,
    calibrationLabel: calibration.label,
    heldOutLabel: heldOut.label,
    gpuBytes: estimateBytes(subject, rows),
    flop,
    seconds: [flop / (rate * EFFICIENCY.high), flop / (rate * EFFICIENCY.low)],
    notes: [...subject.notes, ...network.notes, ...fewTokens(layers, rows, calibrationTokens)],
  };
}

/** The rows as the plan tells them. */
export function plannedRows(
  rows: readonly RunRow[],
  layers: readonly PlannedLayer[],
  universal: UniversalCodebooks,
): PlannedRow[] {
  return rows.map((row) => {
    const sharedBy = universal.get(row.row)?.sharedBy;
    return {
      row: row.row,
      method: row.method,
      label: row.label,
      baseline: row.baseline,
      bitsPerWeight: plannedLedgerOf(row, layers, sharedBy).bitsPerWeight,
      ...(sharedBy === undefined ? {} : { sharedBy }),
    };
  });
}

/**
 * Size of a row's layers as they came out; mean and worst held-out output error, or weight error where there is no output. Layers
 * that have neither do not count.
 */
export function layerSummary(
  layers: readonly LayerResult[],
): Pick<RowSummary, 'bitsPerWeight' | 'ledger' | 'meanError' | 'worstError' | 'worstLayer'> {
  const known = layers.flatMap(({ layer, errors: { heldOutOutput, weight } }) => {
    const error = heldOutOutput ?? weight;
    return error === null ? [] : [{ layer, error }];
  });
  const worst = known.reduce((worse, one) => (one.error > worse.error ? one : worse), known[0] ?? null);
  const ledger = sumLedgers(layers.flatMap((layer) => layer.ledger ?? []));
  return {
    bitsPerWeight: ledger.bitsPerWeight,
    ledger,
    meanError: known.length === 0 ? null : known.reduce((sum, { error }) => sum + error, 0) / known.length,
    worstError: worst && worst.error,
    worstLayer: worst && worst.layer,
  };
}

function estimateFlop(subject: Subject, rows: readonly RunRow[]): number {
  const { network, calibration, heldOut, outputWidth, sampledRows } = subject;
  const streams = rows.length + 1;
  const { length } = calibration;
  const calibrationTokens = calibration.windows * length;
  const heldOutTokens = heldOut.windows * heldOut.length;
  const tokens = calibrationTokens + heldOutTokens;
  let flop = streams * heldOutTokens * 2 * network.hidden * outputWidth;
  for (const block of network.blocks) {
    const all = weightsOf(block);
    for (const row of rows.filter(trains)) {
      const inStep = Math.min(trainingBatch(row), calibration.windows) * length;
      flop += trainingSteps(row) * (3 * 2 * inStep * (all + length * network.hidden) + MIXING * all);
    }
    flop += streams * (tokens + sampledRows) * 2 * length * network.hidden;
    for (const stage of block.stages) {
      const cols = stage.linears[0].cols;
      const weights = stage.linears.reduce((sum, linear) => sum + linear.rows * linear.cols, 0);
      flop += streams * (tokens + sampledRows) * 2 * weights;
      for (const row of rows) {
        const { needs, family } = faceOf(row.method);
        for (const linear of stage.linears) flop += FAMILIES[family].fitFlop(row.options, linear.rows, linear.cols);
        flop += calibrationTokens * cols ** 2 * (needs.drift ? 3 : 1);
        if (needs.hessian) flop += (2 / 3) * cols ** 3 + weights * cols;
        if (needs.drift) flop += 2 * cols ** 3 + weights * cols;
        flop += 4 * weights * cols; // the two Hessian-weighted errors
      }
    }
  }
  return flop;
}

function estimateBytes({ network, calibration, heldOut }: Subject, rows: readonly RunRow[]): number {
  const tokens = calibration.windows * calibration.length + heldOut.windows * heldOut.length;
  const linears = network.blocks.flatMap((block) => block.stages.flatMap((stage) => stage.linears));
  const widest = Math.max(...linears.map((linear) => linear.cols));
  const heaviest = Math.max(...linears.map((linear) => 5 * linear.rows * linear.cols));
  const streams = rows.length + 1;
  const training = rows.filter(trains).map((row) => {
    const inStep = Math.min(trainingBatch(row), calibration.windows) * calibration.length;
    return Math.max(...network.blocks.map((block) => trainingFloats(block, inStep)));
  });
  return 4 * (streams * tokens * (network.hidden + widest) + 5 * widest ** 2 + heaviest * 2 + Math.max(0, ...training));
}

/** Of a block's training: what its method keeps, and what the tape of a step does. */
function trainingFloats(block: Block, tokens: number): number {
  const widths = block.stages.flatMap(({ linears }) => [linears[0].cols, ...linears.map(({ rows }) => rows)]);
  const width = widths.reduce((sum, one) => sum + one, 0);
  return TRAINING_COPIES.weights * weightsOf(block) + TRAINING_COPIES.activations * tokens * width;
}

function weightsOf(block: Block): number {
  return block.stages.flatMap(({ linears }) => linears).reduce((sum, { rows, cols }) => sum + rows * cols, 0);
}

function fewTokens(layers: readonly PlannedLayer[], rows: readonly RunRow[], tokens: number): string[] {
  const widest = layers.reduce((a, b) => (b.cols > a.cols ? b : a));
  const needed = rows.some((row) => faceOf(row.method).needs.hessian);
  if (!needed || tokens >= widest.cols) return [];
  return [
    `${tokens} calibration tokens are fewer than the ${widest.cols} inputs of ${widest.name}: its Hessian is singular and leans on the damping.`,
  ];
}
