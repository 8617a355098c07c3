/** What `mix` says when it is done: the rows, how many layers each gave, and the mix's own figures beside theirs. */
import type { RowSummary, RunResult } from '../../engine';
import type { Mix } from '../../run/mix';
import { describeSummary, summaryOf, type Summary } from '../quantize/summary';

export interface MixReport extends Summary {
  /** Those that were mixed: layers that came from each, and its figures. */
  readonly rows: readonly {
    readonly label: string;
    readonly layers: number;
    readonly bitsPerWeight: number;
    readonly perplexity: number | null;
    readonly kl: number | null;
  }[];
  /** Predicted divergence above the least that these rows could give, nats a token or image. */
  readonly predicted: number;
}

export function mixReport(
  { rows, picks, allocation }: Mix,
  finished: RunResult,
  mixed: RunResult,
  row: number,
  largestDifference: number,
): MixReport {
  const figuresOf = (of: number): RowSummary => finished.rows[of];
  return {
    ...summaryOf(mixed, row, largestDifference),
    rows: rows.map(({ label, row: of }, place) => ({
      label,
      layers: [...picks.values()].filter((pick) => pick === place).length,
      bitsPerWeight: figuresOf(of).bitsPerWeight,
      perplexity: figuresOf(of).perplexity,
      kl: figuresOf(of).kl,
    })),
    predicted: allocation.error,
  };
}

export function describeMix(found: MixReport): string {
  const figure = (name: string, value: number | null) => (value === null ? '' : `, ${name} ${value.toPrecision(6)}`);
  const rows = found.rows.map(
    ({ label, layers, bitsPerWeight, perplexity, kl }) =>
      `${label}: ${layers} layers of it; by itself ${bitsPerWeight.toFixed(3)} bits${figure('perplexity', perplexity)}${figure('KL', kl)}`,
  );
  return [...rows, describeSummary(found)].join('\n');
}
