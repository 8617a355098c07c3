/**
 * What a run will do and take: layers, bits, bytes, FLOP and a range of seconds. Estimates, derived from the shapes alone:
 * per row and linear layer R × C with T tokens, forward 2RCT, Hessian C²T (drift 2C²T), factor 2C³/3 (P 2C³), column loop RC²,
 * and 3RCK an iteration for codebooks of K codewords. A row that trains takes, a step and a block, three forward passes of its windows,
 * and MIXING operations for each weight.
 */
import type { Block, Linear } from '../model/architecture';
import { faceOf } from '../method/catalogue';
import { codebookOptions, FAMILIES } from '../method/families';
import { sumLedgers } from '../quantizer/ledger';
import type { LayerResult, Plan, PlannedLayer, PlannedRow, RowSummary } from './events';
import type { Rates } from '../tensor/rate';
import { CHUNK_TOKENS, planBytes } from './plan-bytes';
import { chunksOf } from './chunks';
import { plannedLedgerOf, trainingBatch, trainingSteps, trains, type RunRow } from '../recipe/rows';
import type { Subject } from './subject';
import type { UniversalCodebooks } from './universal';

export interface PlanInput {
  readonly subject: Subject;
  readonly rows: readonly RunRow[];
  readonly rates: Rates;
  readonly universal: UniversalCodebooks;
  /** Bytes beyond which a Hessian is in panels (src/tensor/panels.ts); no limit by default. */
  readonly panelBytes?: number;
}

/** The range that is told around the estimate. */
const UNCERTAINTY = { low: 0.7, high: 1.6 } as const;
/** Launches of a chunk through a stage in one stream, and of a layer besides its blocks of columns; each pass of k-means. */
const LAUNCHES = { chunk: 16, layer: 30, block: 2, iteration: 6 } as const;
/** Columns of a block of the loop, where a row does not say. */
const BLOCK_COLUMNS = 128;

/** What a run consists of, as src/tensor/rate.ts measures it. */
interface Work {
  /** FLOP. */
  product: number;
  factor: number;
  columns: number;
  launches: number;
  /** Readbacks. */
  waits: number;
}

/** Operations a step of training takes for each weight besides products: its mixture or sign there and back, the optimizer. */
const MIXING = 60;

export function planRun({ subject, rows, rates, universal, panelBytes }: PlanInput): Plan {
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
  const work = estimateWork(subject, rows);
  const seconds = secondsOf(work, rates);
  return {
    task,
    layers,
    rows: plannedRows(rows, layers, universal),
    blocks: network.blocks.length,
    calibrationTokens,
    heldOutTokens,
    calibrationLabel: calibration.label,
    heldOutLabel: heldOut.label,
    gpuBytes: planBytes(subject, rows, { panelBytes }),
    flop: work.product + work.factor + work.columns,
    seconds: [seconds * UNCERTAINTY.low, seconds * UNCERTAINTY.high],
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

function secondsOf({ product, factor, columns, launches, waits }: Work, rates: Rates): number {
  const computed = product / rates.product + factor / rates.factor + columns / rates.columns;
  return computed + launches * rates.launch + waits * rates.wait;
}

function estimateWork(subject: Subject, rows: readonly RunRow[]): Work {
  const { network, calibration, heldOut, outputWidth, sampledRows } = subject;
  const streams = rows.length + 1;
  const { length } = calibration;
  const calibrationTokens = calibration.windows * length;
  const heldOutTokens = heldOut.windows * heldOut.length;
  const tokens = calibrationTokens + heldOutTokens;
  const chunks = chunksOf(subject, CHUNK_TOKENS).length;
  const work: Work = { product: 0, factor: 0, columns: 0, launches: 0, waits: 1 };
  work.product += streams * heldOutTokens * 2 * network.hidden * outputWidth;
  for (const block of network.blocks) {
    const all = weightsOf(block);
    work.waits += 1 + block.stages.length;
    for (const row of rows.filter(trains)) {
      const inStep = Math.min(trainingBatch(row), calibration.windows) * length;
      const steps = trainingSteps(row);
      work.product += steps * (3 * 2 * inStep * (all + length * network.hidden) + MIXING * all);
      work.launches += 3 * steps * block.stages.length * LAUNCHES.chunk;
      work.waits += steps / 10;
    }
    work.product += streams * (tokens + sampledRows) * 2 * length * network.hidden;
    for (const stage of block.stages) {
      const weights = stage.linears.reduce((sum, linear) => sum + linear.rows * linear.cols, 0);
      work.product += streams * (tokens + sampledRows) * 2 * weights;
      work.launches += streams * chunks * LAUNCHES.chunk;
      for (const row of rows) addRow(work, row, stage.linears, calibrationTokens);
    }
  }
  return work;
}

/** A row's statistics of a stage, and its layers. */
function addRow(work: Work, row: RunRow, linears: readonly Linear[], tokens: number): void {
  const { needs, family } = faceOf(row.method);
  const { cols } = linears[0];
  const weights = linears.reduce((sum, linear) => sum + linear.rows * linear.cols, 0);
  for (const linear of linears) work.product += FAMILIES[family].fitFlop(row.options, linear.rows, linear.cols);
  work.product += tokens * cols ** 2 * (needs.drift ? 3 : 1);
  if (needs.hessian) {
    work.factor += (2 / 3) * cols ** 3;
    work.columns += weights * cols * (needs.drift ? 2 : 1);
  }
  if (needs.drift) work.product += 4 * cols ** 3;
  work.product += 4 * weights * cols; // the two Hessian-weighted errors
  const blocks = needs.hessian ? Math.ceil(cols / BLOCK_COLUMNS) : 0;
  const iterations = family === 'codebook' ? codebookOptions(row.options).emIterations : 0;
  const each = LAUNCHES.layer + blocks * LAUNCHES.block + iterations * LAUNCHES.iteration;
  // One readback a layer; methods with codebooks look at their work on the way.
  work.launches += linears.length * each + (needs.hessian ? cols / 8 : 0);
  work.waits += linears.length * (family === 'codebook' ? 8 + iterations / 8 : 1);
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
