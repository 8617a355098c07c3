/**
 * Files of a finished run: the weights in one of the formats of formats.ts, the result as JSON, and a line a layer as CSV. A format is
 * its line there and one here; each with packed weights has its own file. Every file with weights can be re-read by the readers of
 * src/checkpoint and compared with the run's own tensors.
 */
import { StudioError } from '../base/errors';
import { openSafetensors } from '../checkpoint/safetensors';
import type { TensorToWrite } from '../checkpoint/safetensors-write';
import type { RunResult } from './events';
import { aqlmFiles } from './export-aqlm';
import { codebookFiles } from './export-codebook';
import {
  copied,
  dequantized,
  largestDifference,
  rereadDense,
  jsonFile,
  metadata,
  tensorFile,
  textFile,
  type ExportFile,
  type RowExport,
  type WeightFiles,
} from './export-file';
import { gptqFiles } from './export-gptq';
import { ownFiles } from './export-own';
import { CSV_NAME, csvText, RESULTS_NAME, resultsText } from './figure-files';
import { assertFormatFits } from './format-fit';
import type { WeightFormat } from './formats';
import { sideFilesOf } from './side-files';

export type { ExportFile, RowExport, WeightFiles } from './export-file';

export { assertFormatFits } from './format-fit';

const EXPORTS: Readonly<Record<WeightFormat, (row: RowExport) => Promise<WeightFiles>>> = {
  safetensors: dequantizedFiles,
  gptq: gptqFiles,
  aqlm: aqlmFiles,
  codebook: codebookFiles,
  own: ownFiles,
};

/**
 * A row's weights in a format with the model's side files, and how to check what was written. Throws QS-RECIPE-01 where the format
 * cannot hold them by shape, QS-NUM-02 where it cannot hold what came out.
 */
export async function weightFiles(format: WeightFormat, row: RowExport): Promise<WeightFiles> {
  assertFormatFits(format, row.linears, row, row.keepUnfit);
  const made = await EXPORTS[format](row);
  const written = made.files.map(({ name }) => name);
  return { ...made, files: [...made.files, ...sideFilesOf(row.checkpoint, written, row.added)] };
}

/** The model with dequantized weights: every other tensor is copied byte for byte, so that it drops in where the source was. */
async function dequantizedFiles(row: RowExport): Promise<WeightFiles> {
  const byWeight = new Map(row.linears.map((linear) => [linear.weight, linear]));
  const tensors: TensorToWrite[] = [];
  const notes: string[] = [];
  for (const info of row.checkpoint.tensors.values()) {
    const linear = byWeight.get(info.name);
    const quantized = linear !== undefined && (await row.codes(linear)) !== null;
    tensors.push(quantized ? await dequantized(row, linear, info, notes) : copied(info));
  }
  return {
    notes,
    files: [
      tensorFile('model.safetensors', tensors, metadata(row)),
      // A view may have a head of its own where the source has none.
      ...(row.ownConfig === true && row.checkpoint.config ? [jsonFile('config.json', row.checkpoint.config)] : []),
    ],
    async verify(written) {
      const reread = await openSafetensors(written);
      return largestDifference(row, async (linear) => {
        const info = reread.tensors.get(linear.weight);
        if (!info) throw new StudioError('QS-FILE-07', `The exported file lacks ${linear.weight}.`);
        return rereadDense(row, linear, info);
      });
    },
  };
}

/** Recipe and all figures, no weights. */
export function resultsFile(result: RunResult): ExportFile {
  return textFile(RESULTS_NAME, resultsText(result));
}

/** One line a row and layer. */
export function csvFile(result: RunResult): ExportFile {
  return textFile(CSV_NAME, csvText(result));
}
