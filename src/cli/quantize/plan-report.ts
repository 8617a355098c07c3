/** What `quantize --dry-run` says: the plan of a run as plain data, and in words. */
import type { PreparedRun } from '../../engine';
import { coverageSentence } from '../../run/coverage';
import { type Coverage } from '../../run/events';
import type { PlannedRow } from '../../run/events';
import { plannedLedgerOf } from '../../recipe/rows';
import { durations } from '../terminal/estimate';

export interface PlanReport {
  readonly dryRun: true;
  readonly rows: readonly (PlannedRow & { readonly bytes: number })[];
  readonly layers: number;
  readonly blocks: number;
  readonly quantizedWeights: number;
  readonly coverage: Coverage | null;
  readonly calibration: string;
  readonly heldOut: string;
  readonly gpuBytes: number;
  readonly seconds: readonly [number, number];
  readonly notes: readonly string[];
}

export function planReport({ plan, rows }: Pick<PreparedRun, 'plan' | 'rows'>): PlanReport {
  const { layers, coverage } = plan;
  return {
    dryRun: true,
    rows: plan.rows.map((row, i) => ({
      ...row,
      bytes: Math.ceil(plannedLedgerOf(rows[i], layers, row.sharedBy).total / 8),
    })),
    layers: layers.length,
    blocks: plan.blocks,
    quantizedWeights: layers.reduce((sum, layer) => sum + layer.rows * layer.cols, 0),
    coverage: coverage ?? null,
    calibration: plan.calibrationLabel,
    heldOut: plan.heldOutLabel,
    gpuBytes: plan.gpuBytes,
    seconds: plan.seconds,
    notes: plan.notes,
  };
}

export function describePlan(report: PlanReport): string {
  const { coverage } = report;
  const lines = [
    ['layers', `${report.layers} in ${report.blocks} blocks, ${grouped(report.quantizedWeights)} weights`],
    ...(coverage === null ? [] : [['coverage', coverageSentence(coverage)]]),
    ['calibration', report.calibration || 'none'],
    ['held out', report.heldOut || 'none'],
    ['GPU memory', `about ${size(report.gpuBytes)}`],
    ['time', durations(report.seconds)],
  ];
  const rows = report.rows.flatMap(({ label, baseline, bitsPerWeight, bound, bytes, fileBitsPerWeight, refusals }) => {
    const file = fileBitsPerWeight === undefined ? '' : `, ${fileBitsPerWeight.toFixed(3)} in the whole file`;
    const role = baseline ? ' (baseline)' : '';
    const most = bound ? 'at most ' : '';
    const unfit = unfitLines(refusals ?? {}, report.rows.length > 1);
    return [
      `${label}${role}: ${most}${bitsPerWeight.toFixed(3)} bits per quantized weight${file}, ${size(bytes)} of layers`,
      ...unfit,
    ];
  });
  return [
    ...rows,
    ...lines.map(([name, text]) => `${name.padEnd(12)} ${text}`),
    ...report.notes.map((note) => `note: ${note}`),
    'Nothing was computed and nothing was written.',
  ].join('\n');
}

/** Formats that do not hold a row, each with its sentence; of many rows in one line, or the sentences bury the plan. */
function unfitLines(refusals: Readonly<Record<string, string>>, many: boolean): string[] {
  const formats = Object.keys(refusals);
  if (many && formats.length > 0) return [`  not as it stands with --format ${formats.join(', ')}`];
  return formats.map((format) => `  not as it stands with --format ${format}: ${refusals[format]}`);
}

function grouped(count: number): string {
  return count.toLocaleString('en');
}

function size(bytes: number): string {
  const unit = [
    { name: 'GB', of: 1e9 },
    { name: 'MB', of: 1e6 },
    { name: 'kB', of: 1e3 },
  ].find(({ of }) => bytes >= of);
  return unit ? `${(bytes / unit.of).toFixed(1)} ${unit.name}` : `${bytes} bytes`;
}
