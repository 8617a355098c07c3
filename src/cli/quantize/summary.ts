/** What `quantize` says when it is done: the figures of the exported row, as plain data and in words. */
import type { RunResult } from '../../engine';
import { coverageSentence } from '../../run/coverage';
import type { DifferingToken, ImageFigures, WindowFigures } from '../../run/events';
import { partGroups } from '../../run/paired-rows';
import { MEASURE_IDS, MEASURES } from '../../run/measures';
import { figure } from '../terminal/figure';

export type Summary = ReturnType<typeof summaryOf>;

export function summaryOf(result: RunResult, row: number, largestDifference: number) {
  const figures = result.rows[row];
  return {
    layers: result.layers
      .filter((layer) => layer.row === row)
      .map(({ name, errors, bitsPerWeight, ledger, milliseconds, status, note }) => ({
        ...{ name, errors, bitsPerWeight, ledger, milliseconds, status, note },
      })),
    blocks: result.blocks
      .filter((block) => block.row === row)
      .map(({ block, mse, heldOutMse }) => ({ index: block, mse, heldOutMse })),
    bitsPerWeight: figures.bitsPerWeight,
    fileBitsPerWeight: figures.fileBitsPerWeight ?? null,
    coverage: result.plan.coverage ?? null,
    ledger: figures.ledger,
    perplexity: figures.perplexity,
    kl: figures.kl,
    ...(figures.divergence ? { divergence: figures.divergence } : {}),
    tokens: figures.tokens,
    ...(figures.images ? { images: withoutPixels(figures.images) } : {}),
    fullPrecision: result.fullPrecision && {
      ...result.fullPrecision,
      ...(result.fullPrecision.images ? { images: withoutPixels(result.fullPrecision.images) } : {}),
    },
    ...continuationOf(result, row),
    parts: partsOf(result),
    milliseconds: result.milliseconds,
    largestDifference,
  };
}

interface Continued {
  readonly prompt: string;
  readonly full: string;
  readonly row: string;
  readonly differs: DifferingToken | null;
}

/** What full precision and the row continue the prompt by; nothing without one. */
function continuationOf({ continuations }: RunResult, row: number): { readonly continuation?: Continued } {
  const own = continuations?.rows.find((one) => one.row === row);
  if (!continuations || !own) return {};
  const text = (pieces: readonly string[]) => pieces.join('');
  const { prompt, full } = continuations;
  return { continuation: { prompt, full: text(full), row: text(own.pieces), differs: own.differs } };
}

/** Rows of the run that are parts of another, against it: means and intervals of the differences by window. */
function partsOf({ plan, rows }: RunResult) {
  const labelOf = (row: number) => plan.rows.find((one) => one.row === row)?.label ?? String(row);
  return partGroups(plan, rows).map(({ full, of, windows, parts }) => ({
    ...{ row: labelOf(full), of, windows },
    parts: parts.map(({ row, without, difference }) => ({
      ...{ row: labelOf(row), without },
      ...{ difference: difference?.mean ?? null, interval: difference?.interval ?? null },
    })),
  }));
}

export function describeSummary(found: Summary): string {
  const lines = found.layers.map(
    ({ name, errors, milliseconds }) =>
      `${name.padEnd(48)} ${figure(errors.output ?? errors.weight, 3)}  ${milliseconds.toFixed(0)} ms`,
  );
  const wholeFile =
    found.fileBitsPerWeight === null ? '' : ` (${found.fileBitsPerWeight.toFixed(3)} in the whole file)`;
  return [
    ...lines,
    ...(found.coverage === null ? [] : [coverageSentence(found.coverage)]),
    `bits per quantized weight ${found.bitsPerWeight.toFixed(3)}${wholeFile}, ${endToEnd(found)}, ` +
      `${(found.milliseconds / 1000).toFixed(1)} s, largest difference after re-reading ${found.largestDifference}`,
    ...found.parts.flatMap(describeParts),
    ...(found.continuation ? describeContinuation(found.continuation) : []),
  ].join('\n');
}

function describeContinuation({ prompt, full, row, differs }: Continued): string[] {
  const percent = (share: number) => `${(100 * share).toPrecision(3)} %`;
  return [
    `${JSON.stringify(prompt)} is continued`,
    `  by full precision: ${JSON.stringify(full)}`,
    `  by the row: ${JSON.stringify(row)}`,
    differs === null
      ? '  token for token the same'
      : `  first other token, ${differs.at + 1}: ${JSON.stringify(differs.own.piece)} (${percent(differs.own.byRow)}; full precision ${percent(differs.own.byFull)}) for ${JSON.stringify(differs.full.piece)} (${percent(differs.full.byRow)}; full precision ${percent(differs.full.byFull)})`,
  ];
}

/** What the differences are of. */
const OF: Readonly<Record<WindowFigures['of'], (windows: number) => string>> = {
  nll: (windows) => `log perplexity, nats a token, ${windows} windows`,
  hit: (windows) => `share of ${windows} images told right`,
  trajectory: (windows) => `trajectory error, ${windows} images`,
};

/** 'without Rotate: +0.0314 [0.0120, 0.0490]' */
function describeParts({ row, of, windows, parts }: Summary['parts'][number]): string[] {
  const number = (value: number) => String(Number(value.toPrecision(3)));
  const signed = (value: number) => (value > 0 ? `+${number(value)}` : number(value));
  return [
    `against ${row} (${OF[of](windows)}):`,
    ...parts.map(({ without, difference, interval }) => {
      const bounds = interval ? ` [${interval.map(number).join(', ')}]` : '';
      return `  without ${without.join(', ')}: ${difference === null ? 'not available' : signed(difference)}${bounds}`;
    }),
  ];
}

/** Pixels are for pictures, not for a line of JSON. */
export function withoutPixels({ samples: _, ...figures }: ImageFigures): Omit<ImageFigures, 'samples'> {
  return figures;
}

/** The figures there are, in one line. */
function endToEnd(found: Summary): string {
  const said = MEASURE_IDS.flatMap((id) => {
    const { title, of } = MEASURES[id];
    const value = of(found);
    return typeof value === 'number' ? [`${title} ${value.toPrecision(6)}`] : [];
  });
  return said.join(', ') || 'no end-to-end figures';
}
