/** `layer`: one linear layer of a safetensors file, with its recorded inputs, by one method. */
import type { Gpu } from '../../engine';
import { openSafetensors, readTensor, type SafetensorsFile } from '../../checkpoint/safetensors';
import { littleEndianBytes } from '../../checkpoint/dtype';
import { scanValues } from '../../checkpoint/values';
import { safetensorsBlobParts } from '../../checkpoint/safetensors-write';
import { LEDGER_PARTS, type Ledger } from '../../quantizer/ledger';
import { quantizeSingleLayer } from '../../run/single-layer';
import { Tensor } from '../../tensor/tensor';
import type { Command } from '../command';
import { UsageError } from '../exit-codes';
import { methodIn } from '../../recipe/rows';
import { sourcesOf } from '../folder-source';
import { recipeRow } from '../method-flags';
import { writeParts } from '../write';

export const layer: Command = {
  name: 'layer',
  usage: ['FILE.safetensors --weight W --inputs X --method METHOD [FLAG …]'],
  summary: 'quantize one recorded layer by one method',
  about: 'Quantizes one layer of a safetensors file with its recorded inputs (tokens × columns), and says its errors.',
  words: 1,
  methods: true,
  flags: {
    weight: { value: 'NAME', help: 'Tensor of the weight, rows × columns.' },
    inputs: { value: 'NAME', help: 'Tensor of the inputs that the quantized layer gets.' },
    'reference-inputs': { value: 'NAME', help: 'Of the full-precision network; default the same inputs.' },
    out: { value: 'FILE', help: 'Writes the tensor Q, dequantized F32, there.' },
  },
  async run({ words, flags, gpu: open }) {
    const [path] = words;
    if (!path) throw new UsageError('layer needs a .safetensors file.');
    const row = methodIn(recipeRow(flags));
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
      throw new UsageError(
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
    throw new UsageError(
      `there is no tensor ${name}: the file has ${[...file.tensors.keys()].slice(0, 12).join(', ')}.`,
    );
  if (info.shape.length !== 2 || info.shape.includes(0)) {
    throw new UsageError(`tensor ${name} has the shape [${info.shape.join(', ')}]: a matrix is needed.`);
  }
  const values = await readTensor(info);
  const { nan, infinite } = scanValues(values);
  if (nan + infinite > 0)
    throw new UsageError(`tensor ${name} holds ${nan} NaN and ${infinite} infinite values: repair it.`);
  return Tensor.from(gpu, info.shape[0], info.shape[1], values, name);
}
