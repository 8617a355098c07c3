/** `layer`: one linear layer of a safetensors file, with its recorded inputs, by one method. */
import { openSafetensors, readTensor, type SafetensorsFile } from '../../checkpoint/safetensors';
import { littleEndianBytes } from '../../checkpoint/dtype';
import { scanValues } from '../../checkpoint/values';
import { safetensorsBlobParts } from '../../checkpoint/safetensors-write';
import type { Gpu } from '../../gpu/gpu';
import { LEDGER_PARTS, type Ledger } from '../../quantizer/ledger';
import { quantizeSingleLayer } from '../../run/single-layer';
import { Tensor } from '../../tensor/tensor';
import type { Command } from '../command';
import { sourcesOf } from '../folder-source';
import { METHOD_FLAGS, METHOD_NOTE, METHOD_USAGE, recipeRow } from '../method-flags';
import { writeParts } from '../write';

export const layer: Command = {
  name: 'layer',
  usage: `FILE.safetensors --weight W --inputs X_q [--reference-inputs X_fp] [--out q.safetensors]
      ${METHOD_USAGE}
      ${METHOD_NOTE}`,
  summary: 'quantize one recorded layer; writes tensor Q (dequantized F32, rows × cols)',
  flags: { ...METHOD_FLAGS, weight: 'string', inputs: 'string', 'reference-inputs': 'string', out: 'string' },
  async run({ words, flags, gpu: open }) {
    const [path] = words;
    if (!path) throw new Error('layer needs a .safetensors file.');
    const row = recipeRow(flags);
    const [source] = await sourcesOf(path);
    const file = await openSafetensors(source);
    const gpu = await open();
    const weight = await load(gpu, file, flags.required('weight'));
    const inputs = await load(gpu, file, flags.required('inputs'));
    const reference = flags.text('reference-inputs');
    const referenceInputs = reference === null ? inputs : await load(gpu, file, reference);
    for (const [name, tensor] of [
      ['--inputs', inputs],
      ['--reference-inputs', referenceInputs],
    ] as const) {
      if (tensor.cols === weight.cols && tensor.rows === inputs.rows) continue;
      throw new Error(
        `${name} is ${tensor.rows} × ${tensor.cols}: tokens × columns of the weight (${inputs.rows} × ${weight.cols}) is needed.`,
      );
    }
    const result = await quantizeSingleLayer(gpu, { weight, inputs, referenceInputs, ...row });
    const out = flags.text('out');
    if (out !== null) {
      const shape = [weight.rows, weight.cols];
      const bytes = littleEndianBytes(result.q);
      await writeParts(out, safetensorsBlobParts([{ name: 'Q', dtype: 'F32', shape, bytes }], { method: row.method }));
    }
    const { relativeOutputError, weightError, bitsPerWeight, ledger, milliseconds, retries, note } = result;
    return {
      relativeOutputError,
      weightError,
      bitsPerWeight,
      ledger,
      milliseconds,
      retries,
      ...(note ? { note } : {}),
    };
  },
  describe({ ledger, ...figures }: Record<string, number | string> & { ledger: Ledger }) {
    const parts = LEDGER_PARTS.filter((part) => ledger.parts[part] > 0).map((part): [string, number] => [
      `  ${part}, bits`,
      ledger.parts[part],
    ]);
    return [...Object.entries(figures), ...parts]
      .map(([name, value]) => `${name.padEnd(20)} ${typeof value === 'number' ? Number(value.toPrecision(6)) : value}`)
      .join('\n');
  },
};

async function load(gpu: Gpu, file: SafetensorsFile, name: string): Promise<Tensor> {
  const info = file.tensors.get(name);
  if (!info)
    throw new Error(`there is no tensor ${name}: the file has ${[...file.tensors.keys()].slice(0, 12).join(', ')}.`);
  if (info.shape.length !== 2 || info.shape.includes(0)) {
    throw new Error(`tensor ${name} has the shape [${info.shape.join(', ')}]: a matrix is needed.`);
  }
  const values = await readTensor(info);
  const { nan, infinite } = scanValues(values);
  if (nan + infinite > 0)
    throw new Error(`tensor ${name} holds ${nan} NaN and ${infinite} infinite values: repair it.`);
  return Tensor.from(gpu, info.shape[0], info.shape[1], values, name);
}
