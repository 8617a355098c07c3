/** Results files for the tests of the comparison, made from the run that comes with the page: nothing has to be computed for them. */
import { readFileSync } from 'node:fs';

interface Row {
  row: number;
  method: string;
  label: string;
  bitsPerWeight: number;
  baseline: boolean;
}

interface Result {
  model: { name: string };
  recipe: { rows: { method: string; options: Record<string, unknown> }[] };
  plan: { rows: Row[] };
  layers: { row: number; layer: number; bitsPerWeight: number; errors: Record<string, number | null> }[];
  blocks: { row: number; mse: number }[];
  rows: {
    row: number;
    bitsPerWeight: number;
    perplexity: number | null;
    perplexityInterval: number[] | null;
    kl: number | null;
  }[];
}

const SAMPLE = new URL('../src/app/precomputed/sample-run.json', import.meta.url);

export interface MadeRow {
  readonly method: string;
  readonly label: string;
  readonly bits: number;
  /** Its errors, against those of the sample's first row. */
  readonly factor: number;
}

export interface Droppable {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** A result with these rows. `change` has the last word. */
export function resultsFile(
  name: string,
  rows: readonly MadeRow[],
  change: (result: Result) => void = () => undefined,
): Droppable {
  const sample = JSON.parse(readFileSync(SAMPLE, 'utf8')) as Result;
  const own = <One extends { row: number }>(all: One[]) => all.filter((one) => one.row === 0);
  const of = <One extends { row: number }>(all: One[], make: (one: One, row: MadeRow) => One) =>
    rows.flatMap((row, i) => own(all).map((one) => ({ ...make(one, row), row: i })));
  const scaled = (errors: Record<string, number | null>, factor: number) =>
    Object.fromEntries(Object.entries(errors).map(([key, value]) => [key, value === null ? null : value * factor]));
  const result: Result = {
    ...sample,
    recipe: { ...sample.recipe, rows: rows.map(({ method }) => ({ method, options: {} })) },
    plan: {
      ...sample.plan,
      rows: rows.map(({ method, label, bits }, row) => ({
        ...{ row, method, label, bitsPerWeight: bits },
        baseline: row === 0,
      })),
    },
    layers: of(sample.layers, (one, { bits, factor }) => ({
      ...one,
      bitsPerWeight: bits,
      // Not the same in every layer, as no method is.
      errors: scaled(one.errors, factor * (1 + 0.04 * ((one.layer * 7) % 5))),
    })),
    blocks: of(sample.blocks, (one, { factor }) => ({ ...one, mse: one.mse * factor })),
    rows: of(sample.rows, (one, { bits, factor }) => ({
      ...one,
      ...{ bitsPerWeight: bits, perplexity: 1.6 + factor, perplexityInterval: [1.5 + factor, 1.7 + factor] },
      kl: factor / 4,
    })),
  };
  change(result);
  return { name, mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(result)) };
}

/** Rows of three sizes: the one with the most bits is lowest everywhere. */
export const THREE_SIZES: readonly MadeRow[] = [
  { method: 'rtn', label: 'RTN 2-bit', bits: 2.24, factor: 1 },
  { method: 'gptq', label: 'GPTQ 2-bit', bits: 2.24, factor: 0.6 },
  { method: 'gptaq', label: 'GPTAQ 2-bit', bits: 2.25, factor: 0.59 },
  { method: 'kmeans', label: 'k-means VQ K256 d4 2 b', bits: 4.53, factor: 0.05 },
];

/** As many rows as a run can have, methods repeated, with the longest labels there are. */
export const TEN_ROWS: readonly MadeRow[] = [
  { method: 'rtn', label: 'RTN 3-bit', bits: 3.13, factor: 1 },
  { method: 'gptq', label: 'GPTQ 3-bit', bits: 3.13, factor: 0.7 },
  { method: 'gptq', label: 'GPTQ 4-bit g64 sym act static', bits: 4.25, factor: 0.3 },
  { method: 'gptq', label: 'GPTQ 2-bit', bits: 2.24, factor: 1.7 },
  { method: 'gptaq', label: 'GPTAQ 3-bit', bits: 3.13, factor: 0.66 },
  { method: 'rescomp', label: 'ResComp 3-bit α 0.25 α2 0.5', bits: 3.13, factor: 0.65 },
  { method: 'kmeans', label: 'k-means VQ K256 d4', bits: 4.53, factor: 0.28 },
  { method: 'gptvq', label: 'GPTVQ K16 d2 Scale block 16', bits: 3.2, factor: 0.6 },
  {
    method: 'vq4dit',
    label: 'VQ4DiT K16 d2 k-means iterations 15 Steps 15 Batch 4 Codebook-only steps 5',
    bits: 2.9,
    factor: 0.9,
  },
  { method: 'ssvq', label: 'SSVQ K16 d2', bits: 3.9, factor: 0.5 },
];
