/**
 * AQLM checkpoints out of a run with one codebook a layer: codes, codebooks and scales, and the config that loaders read. A layer that
 * had to be rounded instead is stored dequantized and listed as not quantized.
 */
import { aqlmConfig, checkAqlmShape } from '../checkpoint/aqlm-config';
import { readAqlmLayer } from '../checkpoint/aqlm-read';
import { aqlmTensors, type AqlmLayer } from '../checkpoint/aqlm-write';
import { openSafetensors, readTensor } from '../checkpoint/safetensors';
import type { Linear } from '../model/architecture';
import { codebookLayoutFor, codebookOptions } from '../method/families';
import {
  bookCount,
  codebookLayoutOf,
  indexBits,
  type CodebookLayout,
  type CodebookTensor,
} from '../quantizer/codebook';
import { packedConfig } from './export-config';
import {
  asComputed,
  copied,
  dequantized,
  jsonFile,
  largestDifference,
  metadata,
  packedLazily,
  tensorFile,
  tensorOfKind,
  type RowExport,
  type WeightFiles,
} from './export-file';
import type { RecipeRow } from './recipe';

/** Refuses, before any work, what the AQLM format cannot hold. Throws QS-RECIPE-01 naming the layer and why. */
export function assertAqlmFits(linears: readonly Linear[], { options }: RecipeRow): void {
  for (const linear of linears) checkLayout(linear, codebookLayoutFor(options, linear.rows, linear.cols));
}

export async function aqlmFiles(row: RowExport): Promise<WeightFiles> {
  const packed: Linear[] = [];
  let bits = 1;
  for (const linear of row.linears) {
    const tensor = await row.codes(linear);
    if (tensor.kind !== 'codebook') continue;
    checkLayout(linear, codebookLayoutOf(tensor));
    packed.push(linear);
    bits = Math.max(bits, indexBits(tensor.codewords));
  }
  const byWeight = new Map(row.linears.map((linear) => [linear.weight, linear]));
  const tensors = [];
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
      tensors.push(linear ? dequantized(row, linear, info) : copied(info));
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
    // Codewords and scales were rounded to F16, so the difference is zero only where they are stored so anyway.
    async verify(written) {
      const reread = await openSafetensors(written);
      return largestDifference(row, async (linear) => {
        const plain = reread.tensors.get(linear.weight);
        return plain ? asComputed(await readTensor(plain), linear) : readAqlmLayer(reread, linear.name, config);
      });
    },
  };
}

function checkLayout({ name, layout: stored }: Linear, layout: CodebookLayout): void {
  const { cols, dim, codewords, scales, signs } = layout;
  checkAqlmShape({
    ...{ name, cols, dim, codewords, signs },
    books: bookCount(layout),
    scalesPerRow: scales === null ? 0 : Math.ceil(cols / scales.block),
    linear: stored === 'out-in',
  });
}

function layerOf({ name }: Linear, tensor: CodebookTensor): AqlmLayer {
  const { rows, cols, dim, codebooks, assignments, scales } = tensor;
  return { name, rows, cols, dim, codebook: codebooks, assignments, scales: scales?.values ?? null };
}
