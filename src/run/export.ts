/**
 * Files of a finished run: the weights in one of the formats of formats.ts, the result as JSON, and a line a layer as CSV. A format is
 * its line there and one here; each with packed weights has its own file. Every file with weights can be re-read by the readers of
 * src/checkpoint and compared with the run's own tensors.
 */
import { toBase64 } from '../base/base64';
import { StudioError } from '../base/errors';
import { openSafetensors, readTensor } from '../checkpoint/safetensors';
import type { TensorToWrite } from '../checkpoint/safetensors-write';
import { LEDGER_PARTS } from '../quantizer/ledger';
import type { RunResult } from './events';
import { aqlmFiles } from './export-aqlm';
import { codebookFiles } from './export-codebook';
import {
  asComputed,
  copied,
  dequantized,
  largestDifference,
  exactly,
  metadata,
  tensorFile,
  textFile,
  type ExportFile,
  type RowExport,
  type WeightFiles,
} from './export-file';
import { gptqFiles } from './export-gptq';
import { assertFormatFits } from './format-fit';
import type { WeightFormat } from './formats';

export type { ExportFile, RowExport, WeightFiles } from './export-file';

export { assertFormatFits } from './format-fit';

const EXPORTS: Readonly<Record<WeightFormat, (row: RowExport) => Promise<WeightFiles>>> = {
  safetensors: dequantizedFiles,
  gptq: gptqFiles,
  aqlm: aqlmFiles,
  codebook: codebookFiles,
};

/**
 * A row's weights in a format, and how to check what was written. Throws QS-RECIPE-01 where the format cannot hold them by shape,
 * QS-NUM-02 where it cannot hold what came out.
 */
export async function weightFiles(format: WeightFormat, row: RowExport): Promise<WeightFiles> {
  assertFormatFits(format, row.linears, row, row.keepUnfit);
  return EXPORTS[format](row);
}

/** The model with dequantized weights: every other tensor is copied byte for byte, so that it drops in where the source was. */
async function dequantizedFiles(row: RowExport): Promise<WeightFiles> {
  const byWeight = new Map(row.linears.map((linear) => [linear.weight, linear]));
  const tensors: TensorToWrite[] = [];
  const notes: string[] = [];
  for (const info of row.checkpoint.tensors.values()) {
    const linear = byWeight.get(info.name);
    tensors.push(linear ? await dequantized(row, linear, info, notes) : copied(info));
  }
  return {
    notes,
    files: [tensorFile('model.safetensors', tensors, metadata(row))],
    async verify(written) {
      const reread = await openSafetensors(written);
      return largestDifference(row, async (linear) => {
        const info = reread.tensors.get(linear.weight);
        if (!info) throw new StudioError('QS-FILE-07', `The exported file lacks ${linear.weight}.`);
        return { values: asComputed(await readTensor(info), linear), bound: exactly(info.dtype) };
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
].flat();

/** One line a row and layer. */
export function csvFile(result: RunResult): ExportFile {
  const lines = result.layers.map((layer) => {
    const planned = result.plan.layers[layer.layer];
    const { label } = result.plan.rows[layer.row];
    const { weight, hessian, output, heldOutOutput } = layer.errors;
    const { ledger } = layer;
    return [
      ...[layer.row, label, layer.name, planned.rows, planned.cols, layer.bitsPerWeight],
      ...LEDGER_PARTS.map((part) => ledger?.parts[part] ?? null),
      ...[ledger?.total ?? null, ledger?.compression16 ?? null, ledger?.compression32 ?? null],
      ...[weight, hessian, output, heldOutOutput],
      ...[layer.damping, layer.status, layer.milliseconds],
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
