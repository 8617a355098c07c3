/** GPTQ checkpoints out of a run whose layers lie on grids: packed weights and the two configuration files that loaders look in. */
import { StudioError } from '../base/errors';
import { checkpointFormatFor, gptqConfig } from '../checkpoint/gptq-config';
import { readGptqLayer } from '../checkpoint/gptq-read';
import { gptqTensors } from '../checkpoint/gptq-write';
import { halfFault } from '../checkpoint/half';
import { openSafetensors } from '../checkpoint/safetensors';
import type { TensorToWrite } from '../checkpoint/safetensors-write';
import { quoted } from '../checkpoint/wording';
import type { Linear } from '../model/architecture';
import { scalarOptions } from '../method/parameters';
import { layoutOf } from '../quantizer/affine';
import { packedConfig } from './export-config';
import {
  copied,
  dequantized,
  rereadDense,
  jsonFile,
  largestDifference,
  metadata,
  keptLinears,
  packedLazily,
  tensorFile,
  tensorOfKind,
  type RowExport,
  type WeightFiles,
} from './export-file';
import { unfitByShape, unfitTensor, wayOut } from './format-fit';
import { ENGINE_VERSION } from './version';

/** Scales are rounded to F16; below 2⁻¹⁴ by up to 2⁻²⁵, times a code. */
const ROUNDED = { relative: 2 ** -10, absolute: 2 ** -25 * 255 };

/**
 * A GPTQ checkpoint (v1 for symmetric grids, v2 for asymmetric ones) with its two configuration files. Layers that the format cannot hold
 * are dense where the row keeps them, and the config's `dynamic` names them as GPTQModel and vLLM read it.
 */
export async function gptqFiles(row: RowExport): Promise<WeightFiles> {
  const options = scalarOptions(row.options);
  const format = checkpointFormatFor(options.symmetric);
  const unfit = await unfitLayers(row);
  const kept = await keptLinears(row);
  const packed = row.linears.filter((linear) => !unfit.has(linear) && !kept.has(linear));
  const replaced = new Set(packed.flatMap((linear) => [linear.weight, ...(linear.bias ? [linear.bias] : [])]));
  const dense = new Map([...unfit.keys()].map((linear) => [linear.weight, linear]));
  const notes = [...unfit.values()].map((reason) => `Kept dense: ${reason}.`);
  const tensors: TensorToWrite[] = [];
  for (const info of row.checkpoint.tensors.values()) {
    if (replaced.has(info.name)) continue;
    const linear = dense.get(info.name);
    tensors.push(linear ? await dequantized(row, linear, info, notes) : copied(info));
  }
  let indexed = false;
  for (const linear of packed) {
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
    kept: [...unfit.keys(), ...kept].map(({ name }) => name),
    meta: { quantizer: [`quantelier:${ENGINE_VERSION}`], damp_percent: options.damping, method: row.method },
  });
  return {
    files: [
      tensorFile('model.safetensors', tensors, metadata(row)),
      jsonFile('quantize_config.json', config),
      jsonFile('config.json', packedConfig(row.checkpoint, config)),
    ],
    notes,
    async verify(written) {
      const reread = await openSafetensors(written);
      return largestDifference(row, async (linear) => {
        const plain = unfit.has(linear) || kept.has(linear) ? reread.tensors.get(linear.weight) : undefined;
        if (plain) return rereadDense(row, linear, plain);
        return { values: await readGptqLayer(reread, linear.name, config), bound: ROUNDED };
      });
    },
  };
}

/** The layers that are to be kept dense, with the reason. Throws QS-NUM-02 where there are some and the row does not keep them. */
async function unfitLayers(row: RowExport): Promise<Map<Linear, string>> {
  const unfit = unfitByShape('gptq', row.linears, row);
  for (const linear of row.linears) {
    if (unfit.has(linear)) continue;
    const tensor = await row.codes(linear);
    if (tensor === null) continue;
    const bias = linear.bias === null ? null : halfFault('a bias', await row.checkpoint.read(linear.bias));
    const own = unfitTensor('gptq', tensor, linear);
    // A bias is small beside what it is added to: only what is beyond F16 counts.
    const reason =
      own ?? (bias?.includes('beyond') ? `layer ${quoted(linear.name)} has ${bias} as gptq stores it` : null);
    if (reason !== null) unfit.set(linear, reason);
  }
  if (unfit.size > 0 && !row.keepUnfit) throw new StudioError('QS-NUM-02', wayOut([...unfit.values()][0], unfit.size));
  return unfit;
}
