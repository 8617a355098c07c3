/**
 * AQLM checkpoints out of a run with one codebook a layer: codes, codebooks and scales, and the config that loaders read. A layer that
 * had to be rounded instead is stored dequantized and listed as not quantized.
 */
import { StudioError } from '../base/errors';
import { aqlmConfig } from '../checkpoint/aqlm-config';
import { readAqlmLayer } from '../checkpoint/aqlm-read';
import { aqlmTensors, type AqlmLayer } from '../checkpoint/aqlm-write';
import { openSafetensors } from '../checkpoint/safetensors';
import type { TensorToWrite } from '../checkpoint/safetensors-write';
import type { Linear } from '../model/architecture';
import { codebookOptions } from '../method/families';
import { indexBits, type CodebookTensor } from '../quantizer/codebook';
import { packedConfig } from './export-config';
import {
  copied,
  dequantized,
  rereadDense,
  jsonFile,
  largestDifference,
  metadata,
  packedLazily,
  tensorFile,
  tensorOfKind,
  type Bound,
  type RowExport,
  type WeightFiles,
} from './export-file';
import { unfitByShape, unfitTensor, wayOut } from './format-fit';

export async function aqlmFiles(row: RowExport): Promise<WeightFiles> {
  const packed: Linear[] = [];
  const unfit = unfitByShape('aqlm', row.linears, row);
  let bits = 1;
  for (const linear of row.linears) {
    const tensor = await row.codes(linear);
    if (tensor?.kind !== 'codebook') continue;
    const reason = unfit.get(linear) ?? unfitTensor('aqlm', tensor, linear);
    if (reason !== null) {
      unfit.set(linear, reason);
      continue;
    }
    packed.push(linear);
    bits = Math.max(bits, indexBits(tensor.codewords));
  }
  if (unfit.size > 0 && !row.keepUnfit) throw new StudioError('QS-NUM-02', wayOut([...unfit.values()][0], unfit.size));
  const notes = [...unfit.values()].map((reason) => `Kept dense: ${reason}.`);
  const byWeight = new Map(row.linears.map((linear) => [linear.weight, linear]));
  const tensors: TensorToWrite[] = [];
  const kept: string[] = [];
  for (const info of row.checkpoint.tensors.values()) {
    const linear = byWeight.get(info.name);
    if (linear && packed.includes(linear)) {
      tensors.push(
        ...(await packedLazily(async () =>
          aqlmTensors(layerOf(linear, await tensorOfKind(row, linear, 'codebook')), bits),
        )),
      );
    } else {
      kept.push(info.name);
      const quantized = linear !== undefined && (await row.codes(linear)) !== null;
      tensors.push(quantized ? await dequantized(row, linear, info, notes) : copied(info));
    }
  }
  // A tied head has no tensor of its own, and loaders ask for it all the same.
  const names = [...new Set([...kept, 'lm_head.weight'])].sort();
  const config = aqlmConfig({ bits, dim: codebookOptions(row.options).dim, kept: names });
  return {
    files: [
      tensorFile('model.safetensors', tensors, metadata(row)),
      jsonFile('config.json', packedConfig(row.checkpoint, config)),
    ],
    notes,
    // Codewords and scales were rounded to F16, so the difference is zero only where they are stored so anyway.
    async verify(written) {
      const reread = await openSafetensors(written);
      return largestDifference(row, async (linear) => {
        const plain = reread.tensors.get(linear.weight);
        if (plain) return rereadDense(row, linear, plain);
        const tensor = await tensorOfKind(row, linear, 'codebook');
        return { values: await readAqlmLayer(reread, linear.name, config), bound: boundOf(tensor) };
      });
    },
  };
}

/** What rounding a codeword and its scale to F16 explains: half a step of each, of the denormals too. */
function boundOf({ codebooks, scales }: CodebookTensor): Bound {
  const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const sizes = largest(codebooks) + (scales === null ? 1 : largest(scales.values));
  return { relative: 2 ** -9, absolute: 2 ** -24 * sizes };
}

function layerOf({ name }: Linear, tensor: CodebookTensor): AqlmLayer {
  const { rows, cols, dim, codebooks, assignments, scales } = tensor;
  return { name, rows, cols, dim, codebook: codebooks, assignments, scales: scales?.values ?? null };
}
