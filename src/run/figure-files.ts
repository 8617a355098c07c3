/**
 * A run's figures as text, without weights: the whole result as JSON, and the errors as CSV, a line a row and layer. Pure functions of
 * the result, so that both hosts and the page write the same bytes.
 *
 * The CSV is tidy: every line also says what it is of (model, options, seed, adapter, date), so that files can be put together. Errors are
 * relative (no unit); names of columns carry the other units. A cell is empty where there is no value.
 */
import { toBase64 } from '../base/base64';
import { csvLines } from '../base/csv';
import { LEDGER_PARTS } from '../quantizer/ledger';
import type { RunResult } from './events';

export const RESULTS_NAME = 'results.json';
export const CSV_NAME = 'layers.csv';

/** Recipe and all figures. Pixels of sampled images are written as base64. */
export function resultsText(result: RunResult): string {
  const plain = (_: string, value: unknown) => (value instanceof Uint8Array ? toBase64(value) : value);
  return JSON.stringify(result, plain, 1);
}

/** Bits of a row's activations and cache: columns of results that have such rows. */
const BIT_COLUMNS = ['row_activation_bits', 'row_key_bits', 'row_value_bits'];

const csvColumns = (bits: boolean) => [
  ['row', 'method', 'layer', 'rows', 'cols', 'bits_per_weight'],
  [...LEDGER_PARTS.map((part) => `${part}_bits`), 'total_bits', 'compression_16', 'compression_32'],
  ['weight_error', 'hessian_error', 'output_error', 'heldout_output_error'],
  ['damping', 'status', 'milliseconds'],
  // Of the layer's row as a whole: the share of the file's weights that are quantized, and bits per weight of the whole file.
  ['row_quantized_share', 'row_file_bits_per_weight'],
  bits ? BIT_COLUMNS : [],
  ['options', 'model', 'model_fingerprint', 'calibration', 'calibration_seed', 'held_out'],
  ['adapter', 'engine_version', 'date'],
];

/** One line a row and layer. */
export function csvText(result: RunResult): string {
  const { plan, recipe, model } = result;
  const options = new Map(plan.rows.map(({ row, method }) => [row, optionsOf(result, row, method)]));
  const same = [
    ...[model.name, model.fingerprint, plan.calibrationLabel, recipe.calibration.seed, plan.heldOutLabel],
    ...[result.adapter, result.codeVersion, result.date],
  ];
  const share = plan.coverage ? rounded(plan.coverage.quantized / plan.coverage.weights) : null;
  const hasBits = result.rows.some((row) => row.activationBits !== undefined || row.cacheBits !== undefined);
  const lines = result.layers.map((layer) => {
    // A results file from elsewhere may name what its plan does not have.
    const planned = plan.layers.find(({ index }) => index === layer.layer);
    const plannedRow = plan.rows.find(({ row }) => row === layer.row);
    const label = plannedRow?.label ?? null;
    const summary = result.rows.find(({ row }) => row === layer.row);
    const fileBits = summary?.fileBitsPerWeight ?? plannedRow?.fileBitsPerWeight;
    const bits = [summary?.activationBits, summary?.cacheBits?.key, summary?.cacheBits?.value];
    const { weight, hessian, output, heldOutOutput } = layer.errors;
    const { ledger } = layer;
    return [
      ...[layer.row, label, layer.name, planned?.rows ?? null, planned?.cols ?? null, rounded(layer.bitsPerWeight)],
      ...LEDGER_PARTS.map((part) => ledger?.parts[part] ?? null),
      ...[ledger?.total ?? null, rounded(ledger?.compression16), rounded(ledger?.compression32)],
      ...[weight, hessian, output, heldOutOutput].map(rounded),
      ...[rounded(layer.damping), layer.status, milliseconds(layer.milliseconds)],
      ...[share, rounded(fileBits)],
      ...(hasBits ? bits.map(rounded) : []),
      ...[options.get(layer.row) ?? null, ...same],
    ];
  });
  return csvLines([csvColumns(hasBits).flat(), ...lines]);
}

/** A row's options, 'bits=3;groupSize=64'; of a baseline that the recipe does not name, none. */
function optionsOf({ plan, recipe }: RunResult, row: number, method: string): string | null {
  // The baseline may stand before the recipe's own rows.
  const given = recipe.rows.at(row - (plan.rows.length - recipe.rows.length));
  const step =
    row < plan.rows.length - recipe.rows.length ? undefined : given?.steps.find((one) => one.step === method);
  if (!step) return null;
  return Object.entries(step.options)
    .map(([name, value]) => `${name}=${value}`)
    .join(';');
}

/** What is computed in f32 has no more figures than these, and they bring every f32 back. */
const FIGURES = 9;

function rounded(value: number | null | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? Number(value.toPrecision(FIGURES)) : null;
}

/** Browsers' clocks tell no more than microseconds. */
function milliseconds(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toFixed(3)) : null;
}
