/** What a run will do and take: layers, bits, bytes, FLOP and a range of seconds. Estimates, derived from the shapes alone. */
import { faceOf } from '../method/catalogue';
import { sumLedgers } from '../quantizer/ledger';
import type { LayerResult, Plan, PlannedLayer, PlannedRow, RowSummary } from './events';
import type { Rates } from '../tensor/rate';
import { ACTIVATION_BYTES, planBytes } from './plan-bytes';
import { UNLIMITED, type BufferLimits } from './run-sizes';
import { estimateWork, flopOf, secondsOf } from './plan-seconds';
import { leftOut } from '../recipe/ablation';
import { allotsOf } from '../recipe/allotted';
import { passingOf, plannedLedgerOf, type RunRow } from '../recipe/rows';
import { streamsOf } from './streams';
import type { Subject } from './subject';
import type { UniversalCodebooks } from './universal';

export interface PlanInput {
  readonly subject: Subject;
  readonly rows: readonly RunRow[];
  readonly rates: Rates;
  readonly universal: UniversalCodebooks;
  /** Of the GPU's buffers; none by default. */
  readonly limits?: BufferLimits;
  /** See plan-bytes.ts. */
  readonly continued?: number;
}

export function planRun({ subject, rows, rates, universal, limits = UNLIMITED, continued = 0 }: PlanInput): Plan {
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
  const work = estimateWork(subject, rows, limits);
  return {
    task,
    layers,
    rows: plannedRows(rows, layers, universal),
    blocks: network.blocks.length,
    calibrationTokens,
    heldOutTokens,
    calibrationLabel: calibration.label,
    heldOutLabel: heldOut.label,
    gpuBytes: planBytes(subject, rows, { limits, continued }),
    flop: flopOf(work),
    seconds: secondsOf(work, rates),
    notes: [
      ...subject.notes,
      ...network.notes,
      ...fewTokens(layers, rows, calibrationTokens),
      ...streamNotes(subject, rows),
    ],
  };
}

/** The rows as the plan tells them. */
export function plannedRows(
  rows: readonly RunRow[],
  layers: readonly PlannedLayer[],
  universal: UniversalCodebooks,
): PlannedRow[] {
  const larger = leftOut(rows);
  return rows.map((row, i) => {
    const sharedBy = universal.get(row.row)?.sharedBy;
    const passing = passingOf(row);
    return {
      row: row.row,
      method: row.method,
      label: row.label,
      baseline: row.baseline,
      bitsPerWeight: plannedLedgerOf(row, layers, sharedBy).bitsPerWeight,
      ...(allotsOf(row) ? { bound: true as const } : {}),
      ...(sharedBy === undefined ? {} : { sharedBy }),
      ...(passing === null ? {} : { passing }),
      ...(larger[i].length === 0
        ? {}
        : { without: larger[i].map(({ row: of, steps }) => ({ row: rows[of].row, steps })) }),
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

function fewTokens(layers: readonly PlannedLayer[], rows: readonly RunRow[], tokens: number): string[] {
  const widest = layers.reduce((a, b) => (b.cols > a.cols ? b : a));
  const needed = rows.some((row) => faceOf(row.method).needs.hessian);
  if (!needed || tokens >= widest.cols) return [];
  return [
    `${tokens} calibration tokens are fewer than the ${widest.cols} inputs of ${widest.name}: its Hessian is singular and leans on the damping.`,
  ];
}

/** Every row and every view has a stream of activations of its own: what they need of the host's memory where the GPU's budget ends. */
export function streamNotes(
  { network, calibration, heldOut }: Pick<Subject, 'network' | 'calibration' | 'heldOut'>,
  rows: readonly RunRow[],
  budget = ACTIVATION_BYTES,
): string[] {
  const { count, views } = streamsOf(rows);
  // The residual and what the next stage reads.
  const values = [calibration, heldOut].reduce((sum, { windows, length }) => {
    const [rows, cols] = network.residual ?? [length, network.hidden];
    return sum + windows * rows * cols;
  }, 0);
  const bytes = count * 2 * values * 4;
  if (bytes <= budget) return [];
  const gib = (of: number) => `${(of / 2 ** 30).toPrecision(2)} GiB`;
  return [
    `${rows.length} rows in ${views} ${views === 1 ? 'view' : 'views'} of the network are ${count} streams of activations, about ${gib(bytes)}: beyond ${gib(budget)} they rest in host memory. Fewer windows, rows or views take less.`,
  ];
}
