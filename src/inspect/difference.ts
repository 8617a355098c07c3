/**
 * Two checkpoints against each other, tensor by tensor and in two steps: by their headers at once, then, for tensors of one shape, by their
 * values: equal to the bit, equal in value though stored otherwise, or how far apart:
 *
 *   relative = ‖A − B‖_F / ‖A‖_F        largest = max |a − b|        in float64 over what is finite in both
 *
 * F64 is compared as F32, but for the bytes. A value that is finite in one alone, or NaN in one alone, is counted and is no part of the distance.
 */
import { dtypeBits, elementCount, type Dtype } from '../checkpoint/dtype';
import type { Checkpoint } from '../checkpoint/checkpoint';
import type { TensorInfo } from '../checkpoint/tensors';
import { bytesEqual } from './check';
import { valuesBetween, whyUnreadable, PIECE_VALUES } from './values';
import { step, type Watch } from './watch';

interface Side {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** By headers. 'values': of one shape, so that only their values can tell. */
export interface HeaderDifference {
  readonly tensor: string;
  readonly is: 'only in a' | 'only in b' | 'shape' | 'unreadable' | 'values';
  readonly a: Side | null;
  readonly b: Side | null;
}

/** By values. */
export interface ValueDifference {
  readonly tensor: string;
  /** 'same bytes' and 'same values' are equal; the second where types differ, or ±0 and NaN alone do. */
  readonly is: 'same bytes' | 'same values' | 'different';
  /** Null where ‖A‖ is 0, or where nothing finite can be compared. */
  readonly relative: number | null;
  readonly largest: number;
  /** Values that differ. */
  readonly values: number;
  /** Of them, those that are finite in one alone. */
  readonly brokenInOne: number;
}

type Tensors = Pick<Checkpoint, 'tensors'>;

/** All tensors of both, in the order of the first, what is only in the second last. Reads nothing. */
export function headerDifferences(a: Tensors, b: Tensors): HeaderDifference[] {
  const side = (info: TensorInfo | undefined): Side | null => (info ? { dtype: info.dtype, shape: info.shape } : null);
  const names = new Set([...a.tensors.keys(), ...b.tensors.keys()]);
  return [...names].map((tensor): HeaderDifference => {
    const [own, other] = [a.tensors.get(tensor), b.tensors.get(tensor)];
    return { tensor, is: relation(own, other), a: side(own), b: side(other) };
  });
}

function relation(a: TensorInfo | undefined, b: TensorInfo | undefined): HeaderDifference['is'] {
  if (!b) return 'only in a';
  if (!a) return 'only in b';
  if (JSON.stringify(a.shape) !== JSON.stringify(b.shape)) return 'shape';
  const readable = [a, b].every(({ dtype }) => whyUnreadable(dtype) === null);
  return readable || a.dtype === b.dtype ? 'values' : 'unreadable';
}

/** Compares the values of all tensors of one shape, in order; each difference is told as it is known, and all in the end. */
export async function compareValues(
  a: Tensors,
  b: Tensors,
  onDifference: (difference: ValueDifference) => void,
  watch: Watch = {},
): Promise<ValueDifference[]> {
  const differences: ValueDifference[] = [];
  const pairs = headerDifferences(a, b).flatMap(({ tensor, is }) => {
    const [own, other] = [a.tensors.get(tensor), b.tensors.get(tensor)];
    return is === 'values' && own && other ? [[own, other] as const] : [];
  });
  const sizeOf = ({ begin, end }: TensorInfo) => end - begin;
  const total = pairs.reduce((sum, [own]) => sum + sizeOf(own), 0);
  let done = 0;
  for (const [own, other] of pairs) {
    step(watch, done, total);
    const before = done;
    const difference = await differenceOf(own, other, {
      ...watch,
      onProgress: (part, of) => watch.onProgress?.(before + (part / (of || 1)) * sizeOf(own), total),
    });
    differences.push(difference);
    onDifference(difference);
    done += sizeOf(own);
  }
  step(watch, total, total);
  return differences;
}

/** Of two tensors of one shape. */
export async function differenceOf(
  a: TensorInfo,
  b: TensorInfo,
  watch: Watch = {},
  pieceValues = PIECE_VALUES,
): Promise<ValueDifference> {
  const tensor = a.name;
  const none = { tensor, relative: 0, largest: 0, values: 0, brokenInOne: 0 };
  if (a.dtype === b.dtype && (await bytesEqual(a, b, watch))) return { ...none, is: 'same bytes' };
  // Packed in some way: that they differ is all there is to say.
  if (whyUnreadable(a.dtype) !== null || whyUnreadable(b.dtype) !== null) {
    return { ...none, is: 'different', relative: null, values: elementCount(a.shape) ?? 0 };
  }
  const count = elementCount(a.shape) ?? 0;
  const widest = Math.max(dtypeBits(a.dtype), dtypeBits(b.dtype)) / 8;
  const each = Math.max(1, Math.floor((pieceValues * 4) / Math.max(4, widest)));
  let [squares, own, largest, values, brokenInOne] = [0, 0, 0, 0, 0];
  for (let at = 0; at < count; at += each) {
    step(watch, at, count);
    const until = Math.min(at + each, count);
    const [x, y] = await Promise.all([valuesBetween(a, at, until), valuesBetween(b, at, until)]);
    for (let i = 0; i < x.length; i++) {
      const [from, to] = [x[i], y[i]];
      if (Number.isFinite(from) && Number.isFinite(to)) {
        const difference = Math.abs(from - to);
        squares += difference * difference;
        own += from * from;
        if (difference > 0) values++;
        if (difference > largest) largest = difference;
      } else if (!Object.is(from, to)) {
        values++;
        brokenInOne++;
      }
    }
  }
  const is = values === 0 ? 'same values' : 'different';
  const relative = squares === 0 ? 0 : own > 0 ? Math.sqrt(squares / own) : null;
  return { tensor, is, relative, largest, values, brokenInOne };
}
