/**
 * Tensors that are views: element (i, j, …) lies at offset + i·stride₀ + j·stride₁ + … of a storage, as PyTorch keeps transposes
 * and slices and NumPy keeps Fortran order. A view becomes a byte source in which it is row-major, gathered as it is read: the
 * storage is walked once in windows for each range asked for, and never held as a whole.
 * Offsets and strides count elements; strides are not negative.
 */
import { readExactly, type ByteSource } from './bytes';

/** Bytes of the storage held at a time. */
const WINDOW_BYTES = 16 * 2 ** 20;

export interface View {
  readonly offset: number;
  readonly shape: readonly number[];
  /** One a dimension. */
  readonly strides: readonly number[];
}

/** Strides of a row-major (or, in Fortran order, column-major) array. */
export function denseStrides(shape: readonly number[], fortran = false): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = 0; i < shape.length; i++) {
    const axis = fortran ? i : shape.length - 1 - i;
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

/** One more than the largest element a non-empty view touches; Infinity when that passes 2⁵³−1. */
export function reach({ offset, shape, strides }: View): number {
  let last = offset;
  for (const [axis, size] of shape.entries()) last += (size - 1) * strides[axis];
  return Number.isSafeInteger(last + 1) ? last + 1 : Infinity;
}

/** True when the elements of a view lie in row-major order without gaps. */
export function isDense({ shape, strides }: View): boolean {
  const dense = denseStrides(shape);
  return shape.includes(0) || shape.every((size, axis) => size === 1 || strides[axis] === dense[axis]);
}

/**
 * A view as row-major bytes.
 * @param storage holds the elements from byte `begin` on
 * @param width bytes an element: 1, 2, 4 or 8
 */
export function stridedSource(storage: ByteSource, begin: number, view: View, width: number): ByteSource {
  const size = view.shape.reduce((product, length) => product * length, width);
  const axes = mergedAxes(view);
  return {
    name: storage.name,
    size,
    async read(from, until) {
      if (from < 0 || until > size || from > until) {
        throw new RangeError(`bytes ${from}..${until} leave a view of ${storage.name}, which has ${size} bytes`);
      }
      if (from === until) return new Uint8Array();
      const first = Math.floor(from / width);
      const last = Math.ceil(until / width);
      const bytes = await gather(storage, begin, view.offset, axes, width, first, last);
      return bytes.slice(from - first * width, until - first * width);
    },
  };
}

interface Axis {
  readonly size: number;
  readonly stride: number;
}

/** The axes without those of size 1, and with neighbours that step evenly made one. */
function mergedAxes({ shape, strides }: View): Axis[] {
  const axes: Axis[] = [];
  for (const [axis, size] of shape.entries()) {
    if (size === 1) continue;
    const stride = strides[axis];
    const outer = axes.at(-1);
    if (outer?.stride === stride * size) axes[axes.length - 1] = { size: outer.size * size, stride };
    else axes.push({ size, stride });
  }
  return axes.length > 0 ? axes : [{ size: 1, stride: 1 }];
}

/** Called with `count` elements: the k-th lies at position + k·stride and is element at + k of the range. */
type VisitRun = (at: number, position: number, count: number, stride: number) => void;

/** Walks elements first … last−1 of the view in runs along its last axis. */
function forEachRun(axes: readonly Axis[], offset: number, first: number, last: number, visit: VisitRun): void {
  const indices = new Array<number>(axes.length);
  let rest = first;
  let position = offset;
  for (let axis = axes.length - 1; axis >= 0; axis--) {
    indices[axis] = rest % axes[axis].size;
    rest = Math.floor(rest / axes[axis].size);
    position += indices[axis] * axes[axis].stride;
  }
  const inner = axes.length - 1;
  const { size, stride } = axes[inner];
  for (let at = first; at < last;) {
    const count = Math.min(size - indices[inner], last - at);
    visit(at - first, position, count, stride);
    at += count;
    position -= indices[inner] * stride;
    indices[inner] = 0;
    for (let axis = inner - 1; axis >= 0; axis--) {
      position += axes[axis].stride;
      if (++indices[axis] < axes[axis].size) break;
      position -= indices[axis] * axes[axis].stride;
      indices[axis] = 0;
    }
  }
}

async function gather(
  storage: ByteSource,
  begin: number,
  offset: number,
  axes: readonly Axis[],
  width: number,
  first: number,
  last: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Uint8Array((last - first) * width);
  const perWindow = WINDOW_BYTES / width;
  let next = -1;
  for (;;) {
    // The first element not yet taken, and the last one of all: windows skip what the view leaves out.
    let low = Infinity;
    let high = -1;
    forEachRun(axes, offset, first, last, (_, position, count, stride) => {
      const end = position + (count - 1) * stride;
      if (end < next) return;
      const skipped = next <= position ? 0 : Math.ceil((next - position) / stride);
      low = Math.min(low, position + skipped * stride);
      high = Math.max(high, end);
    });
    if (high < 0) return out;
    next = Math.min(low + perWindow, high + 1);
    const window = await readExactly(storage, begin + low * width, begin + next * width);
    forEachRun(axes, offset, first, last, (at, position, count, stride) => {
      const end = position + (count - 1) * stride;
      if (end < low || position >= next) return;
      // A run with stride 0 is one element, which is inside.
      const from = position >= low ? 0 : Math.ceil((low - position) / stride);
      const until = end < next ? count : Math.ceil((next - position) / stride);
      copyRun(
        window,
        (position + from * stride - low) * width,
        stride * width,
        out,
        (at + from) * width,
        until - from,
        width,
      );
    });
  }
}

/** Copies `count` elements of `width` bytes, `step` bytes apart in the source and side by side in the target. */
function copyRun(
  source: Uint8Array,
  from: number,
  step: number,
  target: Uint8Array,
  to: number,
  count: number,
  width: number,
): void {
  if (step === width) {
    target.set(source.subarray(from, from + count * width), to);
    return;
  }
  for (let k = 0; k < count; k++) {
    for (let byte = 0; byte < width; byte++) target[to + byte] = source[from + byte];
    from += step;
    to += width;
  }
}
