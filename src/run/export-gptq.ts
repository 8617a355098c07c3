/** GPTQ checkpoints out of a run whose layers lie on grids: packed weights and the two configuration files that loaders look in. */
import { checkGptqBits, checkpointFormatFor, gptqConfig } from '../checkpoint/gptq-config';
import { readGptqLayer } from '../checkpoint/gptq-read';
import { checkGptqShape, gptqTensors } from '../checkpoint/gptq-write';
import { openSafetensors } from '../checkpoint/safetensors';
import type { Linear } from '../model/architecture';
import { scalarOptions } from '../method/parameters';
import { layoutOf } from '../quantizer/affine';
import { packedConfig } from './export-config';
import {
  copied,
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
import { ENGINE_VERSION } from './version';

/** Refuses, before any work, what the GPTQ format cannot hold. Throws QS-RECIPE-01 naming the layer. */
export function assertGptqFits(linears: readonly Linear[], { options }: RecipeRow): void {
  const { bits } = scalarOptions(options);
  checkGptqBits(bits, 'this recipe');
  for (const { name, rows, cols } of linears) checkGptqShape(name, bits, rows, cols);
}

/** A GPTQ checkpoint (v1 for symmetric grids, v2 for asymmetric ones) with its two configuration files. */
export async function gptqFiles(row: RowExport): Promise<WeightFiles> {
  const options = scalarOptions(row.options);
  const format = checkpointFormatFor(options.symmetric);
  const replaced = new Set(row.linears.flatMap((linear) => [linear.weight, ...(linear.bias ? [linear.bias] : [])]));
  const tensors = [...row.checkpoint.tensors.values()].filter(({ name }) => !replaced.has(name)).map(copied);
  let indexed = false;
  for (const linear of row.linears) {
    indexed ||= layoutOf(await tensorOfKind(row, linear, 'affine')).indexed;
    tensors.push(
      ...(await packedLazily(async () => {
        const bias = linear.bias ? { bias: await row.checkpoint.read(linear.bias) } : {};
        return gptqTensors({ ...(await tensorOfKind(row, linear, 'affine')), name: linear.name, ...bias }, format);
      })),
    );
  }
  const config = gptqConfig({
    bits: options.bits,
    groupSize: options.groupSize ?? -1,
    // Loaders that see desc_act false do not read g_idx at all, so one indexed layer is enough.
    descAct: indexed,
    symmetric: options.symmetric,
    meta: { quantizer: [`quantelier:${ENGINE_VERSION}`], damp_percent: options.damping, method: row.method },
  });
  return {
    files: [
      tensorFile('model.safetensors', tensors, metadata(row)),
      jsonFile('quantize_config.json', config),
      jsonFile('config.json', packedConfig(row.checkpoint, config)),
    ],
    // Scales were rounded to F16, so the difference is rarely zero.
    async verify(written) {
      const reread = await openSafetensors(written);
      return largestDifference(row, (linear) => readGptqLayer(reread, linear.name, config));
    },
  };
}
