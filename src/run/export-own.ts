/**
 * The studio's own file of a row (docs/row-format.md, version 2): one safetensors file with every tensor of the row's view, every
 * quantized layer in the very form in which the run stored it, and a description of what acts while the network runs: online transforms,
 * activation quantizers with what was found out for them, attention steps. It holds every row bit for bit.
 *
 * A stored form goes into the description as it is, with its arrays as tensors: {"$tensor": name} stands in their place.
 */
import { bug, StudioError } from '../base/errors';
import type { Dtype } from '../checkpoint/dtype';
import { openSafetensors, readTensorRaw, type SafetensorsFile } from '../checkpoint/safetensors';
import type { TensorToWrite } from '../checkpoint/safetensors-write';
import { quoted } from '../checkpoint/wording';
import type { Linear } from '../model/architecture';
import { decodeQuantized, quantizedFault, type QuantizedTensor } from '../quantizer/quantized';
import {
  copied,
  exactly,
  jsonFile,
  largestDifference,
  tensorFile,
  weightOf,
  type RowExport,
  type WeightFiles,
} from './export-file';
import { ENGINE_VERSION } from './version';

export const OWN_FILE = 'model.quantelier.safetensors';
/** Under `__metadata__`. */
export const OWN_KEY = 'quantelier.row';
export const OWN_VERSION = 2;

type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

interface OwnLayer {
  /** The source's tensor that it stands for. */
  readonly weight: string;
  /** Whether the source stores it inputs × outputs. */
  readonly transposed: boolean;
  readonly form: Plain;
  /** What is added to its outputs, where the source has no bias. */
  readonly shift?: Plain;
}

export interface OwnDescription {
  readonly format: 'quantelier-row';
  readonly version: typeof OWN_VERSION;
  readonly engine: string;
  readonly steps: Plain;
  /** Exact operations at places of blocks. */
  readonly online: Plain;
  /** What was found out for activation quantizers, by block and stage: static ranges (2 × cells), largest magnitudes, … */
  readonly quantizers: readonly {
    readonly block: number;
    readonly stage: number;
    readonly arrays: Plain;
    readonly numbers: Plain;
  }[];
  readonly layers: Readonly<Record<string, OwnLayer>>;
}

const DTYPES: ReadonlyMap<unknown, Dtype> = new Map<unknown, Dtype>([
  [Uint8Array, 'U8'],
  [Int8Array, 'I8'],
  [Uint16Array, 'U16'],
  [Int16Array, 'I16'],
  [Uint32Array, 'U32'],
  [Int32Array, 'I32'],
  [Float32Array, 'F32'],
]);

export async function ownFiles(row: RowExport): Promise<WeightFiles> {
  const byWeight = new Map(row.linears.map((linear) => [linear.weight, linear]));
  const tensors: TensorToWrite[] = [];
  const layers: Record<string, OwnLayer> = {};
  for (const info of row.checkpoint.tensors.values()) {
    const linear = byWeight.get(info.name);
    const stored = linear ? await row.codes(linear) : null;
    if (!linear || !stored) {
      tensors.push(copied(info));
      continue;
    }
    const { form, arrays } = flattened(stored, linear.name);
    const shift = row.shifts?.get(linear);
    const place = `${linear.name}.shift`;
    if (shift) tensors.push({ name: place, dtype: 'F32', shape: [shift.length], bytes: bytesOf(shift) });
    layers[linear.name] = {
      ...{ weight: linear.weight, transposed: linear.layout === 'in-out', form },
      ...(shift ? { shift: { $tensor: place } } : {}),
    };
    tensors.push(...arrays.map((array) => lazily(row, linear, array)));
  }
  const quantizers = (row.quantizers ?? []).map(({ block, stage, state }) => {
    const arrays = Object.entries(state.arrays).map(([key, values]) => {
      const name = `quantizer.${block}.${stage}.${key}`;
      tensors.push({ name, dtype: 'F32', shape: [values.length], bytes: bytesOf(values) });
      return [key, { $tensor: name }] as const;
    });
    return { block, stage, arrays: Object.fromEntries(arrays), numbers: state.numbers };
  });
  const online = (row.online ?? []).map((op, i) => withNamedArrays(op, `online.${i}`, tensors));
  const description: OwnDescription = {
    format: 'quantelier-row',
    version: OWN_VERSION,
    engine: ENGINE_VERSION,
    steps: (row.steps ?? [{ step: row.method, options: row.options }]) as unknown as Plain,
    online,
    quantizers,
    layers,
  };
  return {
    notes: [],
    files: [
      tensorFile(OWN_FILE, tensors, { format: 'pt', [OWN_KEY]: JSON.stringify(description) }),
      ...(row.ownConfig === true && row.checkpoint.config ? [jsonFile('config.json', row.checkpoint.config)] : []),
    ],
    async verify(written) {
      const reread = await openSafetensors(written);
      const described = ownDescription(reread);
      return largestDifference(row, async (linear) => ({
        values: Object.hasOwn(described.layers, linear.name)
          ? decodeQuantized(await ownLayer(reread, described, linear.name))
          : await weightOf({ ...row, codes: () => Promise.resolve(null) }, linear),
        bound: exactly('F32'),
      }));
    },
  };
}

/** What a file says of its row. Throws QS-FILE-03 where it is no such file, or of another version. */
export function ownDescription({ metadata }: Pick<SafetensorsFile, 'metadata'>): OwnDescription {
  const text = metadata.get(OWN_KEY);
  const fail = (what: string): never => {
    throw new StudioError('QS-FILE-03', `The file's ${OWN_KEY} ${what}: it is no row of version ${OWN_VERSION}.`);
  };
  if (text === undefined) return fail('is missing');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail('is no JSON');
  }
  const description = value as Partial<OwnDescription> | null;
  if (description?.format !== 'quantelier-row') return fail('names another format');
  if (description.version !== OWN_VERSION) return fail(`says version ${quoted(String(description.version))}`);
  if (typeof description.layers !== 'object' || description.layers === null) return fail('has no layers');
  return description as OwnDescription;
}

/** A layer's stored form out of a file. Throws QS-FILE-03 where it is not whole, QS-FILE-07 where a tensor is missing. */
export async function ownLayer(
  file: SafetensorsFile,
  { layers }: OwnDescription,
  name: string,
): Promise<QuantizedTensor> {
  const form = await filled(file, layers[name].form);
  const fault = quantizedFault(form);
  if (fault !== null)
    throw new StudioError('QS-FILE-03', `Layer ${quoted(name)} of the file is damaged: its ${fault}.`);
  return form as QuantizedTensor;
}

/** An online operation with its numbers, F32 as they act, among the tensors. */
function withNamedArrays(value: unknown, name: string, tensors: TensorToWrite[]): Plain {
  if (ArrayBuffer.isView(value)) {
    const values = Float32Array.from(value as Float32Array);
    tensors.push({ name, dtype: 'F32', shape: [values.length], bytes: bytesOf(values) });
    return { $tensor: name };
  }
  if (typeof value !== 'object' || value === null) return value as Plain;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withNamedArrays(inner, `${name}.${key}`, tensors)]),
  );
}

interface NamedArray {
  readonly name: string;
  readonly dtype: Dtype;
  readonly length: number;
  /** Where in the form it stands. */
  readonly path: readonly string[];
}

/** A form with its arrays named and set apart. */
function flattened(tensor: QuantizedTensor, layer: string): { form: Plain; arrays: NamedArray[] } {
  const arrays: NamedArray[] = [];
  const plain = (value: unknown, path: readonly string[]): Plain => {
    if (ArrayBuffer.isView(value)) {
      const dtype = DTYPES.get(value.constructor);
      if (!dtype) bug(`a ${value.constructor.name} in a stored form`);
      const name = [layer, ...path].join('.');
      arrays.push({ name, dtype, length: (value as Uint8Array).length, path });
      return { $tensor: name };
    }
    if (Array.isArray(value)) return value.map((inner, i) => plain(inner, [...path, String(i)]));
    if (typeof value !== 'object' || value === null) return value as Plain;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner, [...path, key])]));
  };
  return { form: plain(tensor, []), arrays };
}

/** Read again when its turn comes: one layer in memory at a time. */
function lazily(row: RowExport, linear: Linear, { name, dtype, length, path }: NamedArray): TensorToWrite {
  return {
    ...{ name, dtype, shape: [length] },
    async bytes() {
      const value = path.reduce<unknown>(
        (inner, key) => (inner as Record<string, unknown>)[key],
        await row.codes(linear),
      );
      return ArrayBuffer.isView(value) ? bytesOf(value) : bug(`${name} is no array any more`);
    },
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

async function filled(file: SafetensorsFile, value: unknown): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((inner) => filled(file, inner)));
  if (typeof value !== 'object' || value === null) return value;
  if ('$tensor' in value) return arrayOf(file, String(value.$tensor));
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, inner]) => [key, await filled(file, inner)] as const),
  );
  return Object.fromEntries(entries);
}

async function arrayOf(file: SafetensorsFile, name: string): Promise<ArrayBufferView> {
  const info = file.tensors.get(name);
  if (!info) throw new StudioError('QS-FILE-07', `The file lacks the tensor ${quoted(name)} that it names.`);
  const bytes = (await readTensorRaw(info)).slice();
  const found = [...DTYPES].find(([, dtype]) => dtype === info.dtype);
  if (!found)
    throw new StudioError('QS-FILE-03', `The tensor ${quoted(name)} is of the type ${info.dtype}, which no form has.`);
  const Type = found[0] as Uint8ArrayConstructor;
  return new Type(bytes.buffer, 0, bytes.byteLength / Type.BYTES_PER_ELEMENT);
}
