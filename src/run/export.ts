/**
 * Files of a finished run: dequantized safetensors in the source's own layout and names, GPTQ checkpoints, the result as JSON and
 * a line a layer as CSV. Every file with weights can be re-read by the readers of src/checkpoint and compared with the run's own codes.
 */
import { bug, StudioError } from '../base/errors';
import type { ByteSource } from '../checkpoint/bytes';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { encodeFloat32 } from '../checkpoint/dtype';
import { checkGptqBits, checkpointFormatFor, gptqConfig, type GptqConfig } from '../checkpoint/gptq-config';
import { readGptqLayer } from '../checkpoint/gptq-read';
import { checkGptqShape, gptqTensors } from '../checkpoint/gptq-write';
import { openSafetensors, readTensor, readTensorRaw } from '../checkpoint/safetensors';
import { safetensorsBlobParts, type TensorToWrite } from '../checkpoint/safetensors-write';
import type { Linear } from '../model/architecture';
import { scalarOptions, type Options } from '../method/parameters';
import { decodeAffine, layoutOf, type AffineTensor } from '../quantizer/affine';
import type { RunResult } from './events';
import { ENGINE_VERSION } from './version';

/** A file to be written; chunks are made one tensor at a time. */
export interface ExportFile {
  readonly name: string;
  readonly byteLength: number;
  chunks(): AsyncGenerator<Uint8Array>;
}

/** One row's quantized layers by linear name, read when their turn comes. */
export type LayerCodes = (linear: Linear) => Promise<AffineTensor>;

export interface RowExport {
  readonly checkpoint: Checkpoint;
  readonly linears: readonly Linear[];
  readonly codes: LayerCodes;
  readonly method: string;
  readonly options: Options;
}

/** The model with dequantized weights: every other tensor is copied byte for byte, so that it drops in where the source was. */
export function dequantizedFile(row: RowExport): ExportFile {
  const byWeight = new Map(row.linears.map((linear) => [linear.weight, linear]));
  const tensors = [...row.checkpoint.tensors.values()].map((info): TensorToWrite => {
    const linear = byWeight.get(info.name);
    if (!linear) return { name: info.name, dtype: info.dtype, shape: info.shape, bytes: () => readTensorRaw(info) };
    // Codes on a grid gain nothing from F64.
    const dtype = info.dtype === 'F16' || info.dtype === 'BF16' ? info.dtype : 'F32';
    const bytes = async () => encodeFloat32(dtype, stored(decodeAffine(await row.codes(linear)), linear));
    return { name: info.name, dtype, shape: info.shape, bytes };
  });
  return file('model.safetensors', tensors, metadata(row));
}

/** Largest |re-read − decoded| over all quantized layers of a dequantized file. Throws when a tensor is missing. */
export async function verifyDequantized(row: RowExport, written: ByteSource): Promise<number> {
  const reread = await openSafetensors(written);
  let largest = 0;
  for (const linear of row.linears) {
    const info = reread.tensors.get(linear.weight);
    if (!info) throw new StudioError('QS-FILE-07', `The exported file lacks ${linear.weight}.`);
    largest = Math.max(
      largest,
      difference(await readTensor(info), stored(decodeAffine(await row.codes(linear)), linear)),
    );
  }
  return largest;
}

/** Refuses, before any work, what the GPTQ format cannot hold. Throws QS-RECIPE-01 naming the layer. */
export function assertGptqFits(linears: readonly Linear[], options: Options): void {
  const { bits } = scalarOptions(options);
  checkGptqBits(bits, 'this recipe');
  for (const { name, rows, cols } of linears) checkGptqShape(name, bits, rows, cols);
}

/** A GPTQ checkpoint (v1 for symmetric grids, v2 for asymmetric ones) with its two configuration files. */
export async function gptqFiles(row: RowExport): Promise<{ files: ExportFile[]; config: GptqConfig }> {
  assertGptqFits(row.linears, row.options);
  const options = scalarOptions(row.options);
  const format = checkpointFormatFor(options.symmetric);
  const replaced = new Set(row.linears.flatMap((linear) => [linear.weight, ...(linear.bias ? [linear.bias] : [])]));
  const tensors: TensorToWrite[] = [];
  for (const info of row.checkpoint.tensors.values()) {
    if (replaced.has(info.name)) continue;
    tensors.push({ name: info.name, dtype: info.dtype, shape: info.shape, bytes: () => readTensorRaw(info) });
  }
  let indexed = false;
  for (const linear of row.linears) {
    const pack = async () => {
      const bias = linear.bias ? { bias: await row.checkpoint.read(linear.bias) } : {};
      return gptqTensors({ ...(await row.codes(linear)), name: linear.name, ...bias }, format);
    };
    indexed ||= layoutOf(await row.codes(linear)).indexed;
    // Packed once here for the shapes and once when its turn to be written comes, so that one layer is in memory at a time.
    for (const { name, dtype, shape } of await pack()) {
      const bytes = async () => {
        const packed = (await pack()).find((tensor) => tensor.name === name)?.bytes;
        return packed instanceof Uint8Array ? packed : bug(`${name} was packed without bytes`);
      };
      tensors.push({ name, dtype, shape, bytes });
    }
  }
  const config = gptqConfig({
    bits: options.bits,
    groupSize: options.groupSize ?? -1,
    // Loaders that see desc_act false do not read g_idx at all, so one indexed layer is enough.
    descAct: indexed,
    symmetric: options.symmetric,
    meta: { quantizer: [`quantelier:${ENGINE_VERSION}`], damp_percent: options.damping, method: row.method },
  });
  const json = (name: string, value: unknown) => textFile(name, JSON.stringify(value, null, 2));
  return {
    config,
    files: [
      file('model.safetensors', tensors, metadata(row)),
      json('quantize_config.json', config),
      json('config.json', { ...row.checkpoint.config, quantization_config: config }),
    ],
  };
}

/** Largest |re-read − decoded| over all layers of a GPTQ file; scales were rounded to F16, so it is rarely zero. */
export async function verifyGptq(row: RowExport, written: ByteSource, config: GptqConfig): Promise<number> {
  const reread = await openSafetensors(written);
  let largest = 0;
  for (const linear of row.linears) {
    const values = await readGptqLayer(reread, linear.name, config);
    largest = Math.max(largest, difference(values, decodeAffine(await row.codes(linear))));
  }
  return largest;
}

/** Recipe and all figures, no weights. */
export function resultsFile(result: RunResult): ExportFile {
  return textFile('results.json', JSON.stringify(result, null, 1));
}

const CSV_COLUMNS = [
  ['row', 'method', 'layer', 'rows', 'cols', 'bits_per_weight'],
  ['weight_error', 'hessian_error', 'output_error', 'heldout_output_error'],
  ['damping', 'status', 'milliseconds'],
].flat();

/** One line a row and layer. */
export function csvFile(result: RunResult): ExportFile {
  const lines = result.layers.map((layer) => {
    const planned = result.plan.layers[layer.layer];
    const { label } = result.plan.rows[layer.row];
    const { weight, hessian, output, heldOutOutput } = layer.errors;
    return [
      ...[layer.row, label, layer.name, planned.rows, planned.cols, layer.bitsPerWeight],
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

function file(name: string, tensors: readonly TensorToWrite[], facts: Record<string, string>): ExportFile {
  return { name, ...safetensorsBlobParts(tensors, facts) };
}

function textFile(name: string, text: string): ExportFile {
  const bytes = new TextEncoder().encode(text);
  return {
    name,
    byteLength: bytes.length,
    async *chunks() {
      yield await Promise.resolve(bytes);
    },
  };
}

function metadata(row: RowExport): Record<string, string> {
  const options = JSON.stringify(row.options);
  return { format: 'pt', quantelier: `engine ${ENGINE_VERSION}`, method: row.method, options };
}

/** rows × cols as the source stores it: GPT-2's linears are cols × rows. */
function stored(values: Float32Array<ArrayBuffer>, linear: Linear): Float32Array<ArrayBuffer> {
  if (linear.layout === 'out-in') return values;
  const turned = new Float32Array(values.length);
  for (let r = 0; r < linear.rows; r++) {
    for (let c = 0; c < linear.cols; c++) turned[c * linear.rows + r] = values[r * linear.cols + c];
  }
  return turned;
}

function difference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length)
    throw new StudioError('QS-FILE-07', `A re-read layer has ${a.length} weights, not ${b.length}.`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i] - b[i]);
    if (Number.isNaN(d)) return Infinity;
    if (d > largest) largest = d;
  }
  return largest;
}
