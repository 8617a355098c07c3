/**
 * NumPy arrays: a .npy file with one, a .npz archive with several. They are checkpoints like any other (a tensor is named by its
 * member, or by its file), and image sets or recorded inputs, which are read a few items at a time in their own number type.
 * Fortran order is turned to row-major as it is read; compressed members are inflated whole, so large ones should be stored.
 */
import { StudioError, bug } from '../base/errors';
import { readExactly, type ByteSource } from './bytes';
import { decodeNumbers, dtypeBits, type Dtype, type NumberArray } from './dtype';
import { readNpyHeader } from './npy-header';
import { stemOf } from './paths';
import { denseStrides, isDense, stridedSource } from './strided';
import type { TensorInfo, WeightFile } from './tensors';
import { grouped, quoted } from './wording';
import { openZip, verifySmall, type ZipArchive } from './zip';

export interface NpyArray {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** As any tensor on disk. */
  readonly info: TensorInfo;
  /**
   * Items first … last−1 along the first axis, row-major: integers in their own type, floats as F32, 64-bit integers as I32. All of
   * them by default; an array without axes is one item.
   * @throws QS-FILE-01 when a 64-bit integer does not fit; QS-FILE-03 when the bytes are damaged
   */
  items(first?: number, last?: number): Promise<NumberArray>;
}

const ENDING = '.npy';

/** Whether an archive holds NumPy arrays. */
export function isNpz(zip: ZipArchive): boolean {
  return [...zip.members.keys()].some((name) => name.endsWith(ENDING));
}

/** The array of a .npy file, named as the file. @throws as `readNpyHeader` */
export async function openNpy(source: ByteSource): Promise<NpyArray> {
  return arrayOf(stemOf(source.name), source, quoted(source.name));
}

/** The arrays of a .npz archive by name. @throws as `openZip` and `readNpyHeader` */
export async function openNpz(source: ByteSource): Promise<ReadonlyMap<string, NpyArray>> {
  return arraysOf(await openZip(source));
}

async function arraysOf({ source, members }: ZipArchive): Promise<ReadonlyMap<string, NpyArray>> {
  const arrays = new Map<string, NpyArray>();
  for (const member of members.values()) {
    if (!member.name.endsWith(ENDING)) continue;
    const name = member.name.slice(0, -ENDING.length);
    const title = `${quoted(member.name)} in ${quoted(source.name)}`;
    arrays.set(name, await arrayOf(name, member.source, title, () => member.verify()));
  }
  return arrays;
}

/** A .npy file as weights. */
export async function openNpyWeights(source: ByteSource): Promise<WeightFile> {
  const { name, info } = await openNpy(source);
  return { source, metadata: new Map(), tensors: new Map([[name, info]]) };
}

/** A .npz archive as weights. */
export async function openNpzWeights(zip: ZipArchive): Promise<WeightFile> {
  const { source } = zip;
  const arrays = await arraysOf(zip);
  await verifySmall(zip);
  const skipped = [...zip.members.keys()].filter((name) => !name.endsWith(ENDING));
  const metadata = new Map(skipped.length > 0 ? [['numpy.skipped', skipped.slice(0, 100).join(', ')]] : []);
  return { source, metadata, tensors: new Map([...arrays].map(([name, { info }]) => [name, info])) };
}

async function arrayOf(
  name: string,
  source: ByteSource,
  title: string,
  verify?: () => Promise<void>,
): Promise<NpyArray> {
  const { dtype, shape, fortran, begin, end } = await readNpyHeader(source, title);
  const view = { offset: 0, shape, strides: denseStrides(shape, fortran) };
  const common = { name, dtype, shape, ...(verify && { verify }) };
  const info: TensorInfo = isDense(view)
    ? { ...common, begin, end, source }
    : { ...common, begin: 0, end: end - begin, source: stridedSource(source, begin, view, dtypeBits(dtype) / 8) };
  return { name, dtype, shape, info, items: (first, last) => readItems(info, title, first, last) };
}

async function readItems(info: TensorInfo, title: string, first = 0, last?: number): Promise<NumberArray> {
  const count = info.shape[0] ?? 1;
  const until = last ?? count;
  if (!(first >= 0 && first <= until && until <= count))
    bug(`items ${first} to ${until} were asked of ${title}, which has ${count}`);
  await info.verify?.();
  const bytes = count === 0 ? 0 : (info.end - info.begin) / count;
  const numbers = decodeNumbers(
    info.dtype,
    await readExactly(info.source, info.begin + first * bytes, info.begin + until * bytes),
  );
  if (numbers !== null) return numbers;
  throw new StudioError(
    'QS-FILE-01',
    `${title} holds 64-bit integers that do not fit 32 bits (items ${grouped(first)} to ${grouped(until)}); save it as int32 or float32`,
  );
}
