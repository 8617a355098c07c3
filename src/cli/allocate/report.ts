/** What `allocate` says: the table by layer, the choice beside uniform ones, and the front, as plain data and in words. */
import type { PreparedRun, RunRow } from '../../engine';
import type { RowAllocation } from '../../run/events';

/** Bytes of all layers, and what they are predicted to lose together. */
interface Sized {
  readonly bytes: number;
  readonly bitsPerWeight: number;
  readonly loss: number;
}

export interface AllocationReport {
  readonly row: string;
  readonly measure: string;
  readonly candidates: readonly string[];
  readonly budget: Omit<Sized, 'loss'>;
  readonly chosen: Sized;
  readonly uniform: readonly (Sized & { readonly candidate: string })[];
  /** False where sizes had to be rounded up to find the choice. */
  readonly exact: boolean;
  readonly layers: readonly {
    readonly name: string;
    readonly chosen: string;
    readonly candidates: readonly Sized[];
  }[];
  readonly front: readonly Sized[];
  /** Where the recipe went. */
  readonly out: string | null;
}

export function reportOf(
  { plan, linears }: Pick<PreparedRun, 'plan' | 'linears'>,
  { label }: RunRow,
  allocation: RowAllocation,
  out: string | null,
): AllocationReport {
  const weights = plan.layers.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
  const sized = (bits: number, loss: number, of = weights): Sized => ({
    bytes: Math.ceil(bits / 8),
    bitsPerWeight: bits / of,
    loss,
  });
  const { layers, candidates, budget, bits, error, exact, front, measure } = allocation;
  const total = (values: (layer: (typeof layers)[number]) => number) =>
    layers.reduce((sum, layer) => sum + values(layer), 0);
  const { bytes, bitsPerWeight } = sized(budget, 0);
  return {
    row: label,
    measure,
    candidates,
    budget: { bytes, bitsPerWeight },
    chosen: sized(bits, error),
    uniform: candidates.map((candidate, c) => ({
      candidate,
      ...sized(
        total((layer) => layer.bits[c]),
        total((layer) => layer.errors[c]),
      ),
    })),
    exact,
    layers: layers.map(({ layer, pick, bits: sizes, errors }) => {
      const { name, rows, cols } = linears[layer];
      return {
        name,
        chosen: candidates[pick],
        candidates: sizes.map((size, c) => sized(size, errors[c], rows * cols)),
      };
    }),
    front: front.map(([size, loss]) => sized(size, loss)),
    out,
  };
}

/** Lines of the front in words; --json has all of it. */
const SHOWN = 16;

export function describeAllocation(report: AllocationReport): string {
  const { candidates, layers, front, chosen, budget, uniform } = report;
  const name = Math.max(...layers.map((layer) => layer.name.length), 5);
  const cells = (words: readonly string[]) => words.map((word) => word.padStart(10)).join('');
  const line = (of: Sized) => cells([of.bitsPerWeight.toFixed(3), String(of.bytes), of.loss.toExponential(3)]);
  const shown = thinned(front, SHOWN);
  return [
    `${'layer'.padEnd(name)}  chosen${cells(candidates)}`,
    ...layers.map(
      (layer) =>
        `${layer.name.padEnd(name)}  ${layer.chosen.padEnd(6)}${cells(layer.candidates.map(({ loss }) => loss.toExponential(2)))}`,
    ),
    '',
    `front of ${front.length} choices${shown.length < front.length ? `, ${shown.length} of them` : ''}:`,
    cells(['bits', 'bytes', report.measure]),
    ...shown.map(line),
    '',
    ...uniform.map((one) => `${line(one)}  all ${one.candidate}`),
    `${line(chosen)}  chosen, within ${budget.bitsPerWeight.toFixed(3)} bits (${budget.bytes} bytes)${report.exact ? '' : ', with sizes rounded up'}`,
    ...(report.out === null
      ? []
      : [`The recipe is in ${report.out}: quantize MODEL --recipe ${report.out} --out FOLDER`]),
  ].join('\n');
}

function thinned<T>(values: readonly T[], most: number): T[] {
  if (values.length <= most) return [...values];
  return Array.from({ length: most }, (_, i) => values[Math.round((i * (values.length - 1)) / (most - 1))]);
}
