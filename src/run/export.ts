/**
 * Files of a finished run: the weights in one of the formats of formats.ts, the result as JSON, and a line a layer as CSV. A format is
 * its line there and one here; each with packed weights has its own file. Every file with weights can be re-read by the readers of
 * src/checkpoint and compared with the run's own tensors.
 */
import { toBase64 } from '../base/base64';
import { StudioError } from '../base/errors';
import { openSafetensors, readTensor } from '../checkpoint/safetensors';
import { faceOf } from '../method/catalogue';
import type { Linear } from '../model/architecture';
import { LEDGER_PARTS } from '../quantizer/ledger';
import type { RunResult } from './events';
import { aqlmFiles, assertAqlmFits } from './export-aqlm';
import { codebookFiles } from './export-codebook';
import {
  asComputed,
  copied,
  dequantized,
  largestDifference,
  metadata,
  tensorFile,
  textFile,
  type ExportFile,
  type RowExport,
  type WeightFiles,
} from './export-file';
import { assertGptqFits, gptqFiles } from './export-gptq';
import { formatsOf, FORMATS, type WeightFormat } from './formats';
import type { RecipeRow } from './recipe';

export type { ExportFile, RowExport, WeightFiles } from './export-file';

interface Export {
  /** Refuses, before any work, what the format cannot hold. Throws QS-RECIPE-01 naming the layer. */
  assertFits(linears: readonly Linear[], row: RecipeRow): void;
  files(row: RowExport): Promise<WeightFiles>;
}

const EXPORTS: Readonly<Record<WeightFormat, Export>> = {
  safetensors: { assertFits: () => undefined, files: async (row) => dequantizedFiles(row) },
  gptq: { assertFits: assertGptqFits, files: gptqFiles },
  aqlm: { assertFits: assertAqlmFits, files: aqlmFiles },
  codebook: { assertFits: () => undefined, files: codebookFiles },
};

/** Refuses, before any work, a format that cannot hold a row's layers. Throws QS-RECIPE-01. */
export function assertFormatFits(format: WeightFormat, linears: readonly Linear[], row: RecipeRow): void {
  const { title, family } = faceOf(row.method);
  if (!FORMATS[format].families.includes(family)) {
    const others = formatsOf(family).join(', ');
    throw new StudioError(
      'QS-RECIPE-01',
      `The ${format} format cannot hold what ${title} makes, which is ${MAKES[family]}: choose ${others}.`,
    );
  }
  EXPORTS[format].assertFits(linears, row);
}

const MAKES = { affine: 'codes on a grid', codebook: 'codebooks and indices' };

/** A row's weights in a format, and how to check what was written. Throws QS-RECIPE-01 where the format cannot hold them. */
export async function weightFiles(format: WeightFormat, row: RowExport): Promise<WeightFiles> {
  assertFormatFits(format, row.linears, row);
  return EXPORTS[format].files(row);
}

/** The model with dequantized weights: every other tensor is copied byte for byte, so that it drops in where the source was. */
function dequantizedFiles(row: RowExport): WeightFiles {
  const byWeight = new Map(row.linears.map((linear) => [linear.weight, linear]));
  const tensors = [...row.checkpoint.tensors.values()].map((info) => {
    const linear = byWeight.get(info.name);
    return linear ? dequantized(row, linear, info) : copied(info);
  });
  return {
    files: [tensorFile('model.safetensors', tensors, metadata(row))],
    async verify(written) {
      const reread = await openSafetensors(written);
      return largestDifference(row, async (linear) => {
        const info = reread.tensors.get(linear.weight);
        if (!info) throw new StudioError('QS-FILE-07', `The exported file lacks ${linear.weight}.`);
        return asComputed(await readTensor(info), linear);
      });
    },
  };
}

/** Recipe and all figures, no weights. Pixels of sampled images are written as base64. */
export function resultsFile(result: RunResult): ExportFile {
  const plain = (_: string, value: unknown) => (value instanceof Uint8Array ? toBase64(value) : value);
  return textFile('results.json', JSON.stringify(result, plain, 1));
}

const CSV_COLUMNS = [
  ['row', 'method', 'layer', 'rows', 'cols', 'bits_per_weight'],
  [...LEDGER_PARTS.map((part) => `${part}_bits`), 'total_bits', 'compression_16', 'compression_32'],
  ['weight_error', 'hessian_error', 'output_error', 'heldout_output_error'],
  ['damping', 'status', 'milliseconds'],
  // Of the layer's row as a whole: the share of the file's weights that are quantized, and bits per weight of the whole file.
  ['row_quantized_share', 'row_file_bits_per_weight'],
].flat();

/** One line a row and layer. */
export function csvFile(result: RunResult): ExportFile {
  const lines = result.layers.map((layer) => {
    const planned = result.plan.layers[layer.layer];
    const { label, fileBitsPerWeight: plannedBits } = result.plan.rows[layer.row];
    const { coverage } = result.plan;
    const fileBits = result.rows.find(({ row }) => row === layer.row)?.fileBitsPerWeight ?? plannedBits ?? null;
    const { weight, hessian, output, heldOutOutput } = layer.errors;
    const { ledger } = layer;
    return [
      ...[layer.row, label, layer.name, planned.rows, planned.cols, layer.bitsPerWeight],
      ...LEDGER_PARTS.map((part) => ledger?.parts[part] ?? null),
      ...[ledger?.total ?? null, ledger?.compression16 ?? null, ledger?.compression32 ?? null],
      ...[weight, hessian, output, heldOutOutput],
      ...[layer.damping, layer.status, layer.milliseconds],
      ...[coverage ? coverage.quantized / coverage.weights : null, fileBits],
    ]
      .map(csvCell)
      .join(',');
  });
  return textFile('layers.csv', [CSV_COLUMNS.join(','), ...lines, ''].join('\n'));
}

/** Quoted where needed; a cell that a spreadsheet would run as a formula is kept text. */
function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@]/.test(value) ? `'${value}` : value;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
