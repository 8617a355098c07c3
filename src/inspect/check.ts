/**
 * The whole file looked through once for what a header cannot tell: NaN and infinity, tensors and columns that hold nothing but zeros, and
 * tensors that hold the same bytes. Duplicates are found by a hash of the bytes, and believed only after the bytes were compared.
 */
import { StudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { dtypeBits, isWeightDtype, type Dtype } from '../checkpoint/dtype';
import { scanBytes } from '../checkpoint/finite';
import type { TensorInfo } from '../checkpoint/tensors';
import { matrixForm } from './matrix-form';
import { bytesOf, wordsIn } from './stream';
import { step, type Watch } from './watch';

export type Finding =
  | { readonly kind: 'not finite'; readonly tensor: string; readonly nan: number; readonly infinite: number }
  | { readonly kind: 'all zero'; readonly tensor: string }
  | { readonly kind: 'zero columns'; readonly tensor: string; readonly columns: number; readonly of: number }
  /** The same type, shape and bytes as the first of them. */
  | { readonly kind: 'duplicates'; readonly tensors: readonly string[] };

export interface CheckReport {
  readonly tensors: number;
  readonly bytes: number;
  readonly findings: readonly Finding[];
}

/** `onFinding` hears of each as it is found; duplicates come last. Throws the signal's reason where it was left. */
export async function checkAll(
  { tensors }: Pick<Checkpoint, 'tensors'>,
  watch: Watch = {},
  onFinding: (finding: Finding) => void = () => undefined,
): Promise<CheckReport> {
  const infos = [...tensors.values()].filter(({ begin, end }) => end > begin);
  const total = infos.reduce((sum, { begin, end }) => sum + end - begin, 0);
  const findings: Finding[] = [];
  const found = (finding: Finding) => {
    findings.push(finding);
    onFinding(finding);
  };
  const alike = sizesOf(infos);
  const hashes = new Map<string, TensorInfo[]>();
  let done = 0;
  for (const info of infos) {
    const look = new TensorLook(info);
    const hash = (alike.get(likeness(info)) ?? 0) > 1 ? new ByteHash() : null;
    for await (const bytes of bytesOf(info)) {
      step(watch, done, total);
      look.add(bytes);
      hash?.add(bytes);
      done += bytes.length;
    }
    for (const finding of look.findings()) found(finding);
    if (hash && !look.allZero) {
      const key = `${likeness(info)} ${hash.digest}`;
      hashes.set(key, [...(hashes.get(key) ?? []), info]);
    }
  }
  for (const candidates of hashes.values()) {
    for (const names of await sameBytes(candidates, watch)) found({ kind: 'duplicates', tensors: names });
  }
  step(watch, total, total);
  return { tensors: tensors.size, bytes: total, findings };
}

/** Only tensors that are alike in this can be duplicates: of one number nobody would say so. */
function likeness({ dtype, shape }: TensorInfo): string {
  return `${dtype} ${JSON.stringify(shape)}`;
}

function sizesOf(infos: readonly TensorInfo[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const info of infos) counts.set(likeness(info), (counts.get(likeness(info)) ?? 0) + 1);
  return counts;
}

/** Candidates in groups of the same bytes, each with the first it is equal to; those that are alone are left out. */
async function sameBytes(candidates: readonly TensorInfo[], watch: Watch): Promise<string[][]> {
  const groups: { first: TensorInfo; names: string[] }[] = [];
  for (const info of candidates) {
    let group: (typeof groups)[number] | undefined;
    for (const known of groups) {
      watch.signal?.throwIfAborted();
      if (await bytesEqual(known.first, info, watch)) {
        group = known;
        break;
      }
    }
    if (group) group.names.push(info.name);
    else groups.push({ first: info, names: [info.name] });
  }
  // A vector of ones is a norm that nobody has trained, and no copy of another.
  return groups.filter(({ names, first }) => names.length > 1 && first.shape.length > 1).map(({ names }) => names);
}

/** Whether two tensors hold the same bytes, as far as they are read before the first that differ. */
export async function bytesEqual(a: TensorInfo, b: TensorInfo, watch: Watch = {}): Promise<boolean> {
  if (a.end - a.begin !== b.end - b.begin) return false;
  if (a.source === b.source && a.begin === b.begin) return true;
  const others = bytesOf(b);
  for await (const bytes of bytesOf(a)) {
    watch.signal?.throwIfAborted();
    const other = (await others.next()).value;
    if (!other || !sameWords(bytes, other)) return false;
  }
  return true;
}

function sameWords(a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>): boolean {
  const [x, y] = [wordsIn(a), wordsIn(b)];
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  for (let i = 4 * x.length; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Two sums of 32 bits over words: it only has to send tensors that differ apart. */
class ByteHash {
  #a = 0x811c9dc5;
  #b = 0x9e3779b9;

  add(bytes: Uint8Array<ArrayBuffer>): void {
    const words = wordsIn(bytes);
    let [a, b] = [this.#a, this.#b];
    for (let i = 0; i < words.length; i++) {
      a = Math.imul(a ^ words[i], 0x01000193);
      b = (Math.imul(b, 0x85ebca6b) + words[i]) | 0;
    }
    for (let i = 4 * words.length; i < bytes.length; i++) a = Math.imul(a ^ bytes[i], 0x01000193);
    [this.#a, this.#b] = [a, b];
  }

  get digest(): string {
    return `${this.#a} ${this.#b}`;
  }
}

/** Longer rows are not looked at column by column. */
const MOST_COLUMNS = 2 ** 22;

/** What the bytes of one tensor tell, whatever their pieces. */
class TensorLook {
  readonly #finite: { nan: number; infinite: number; first: number; value: number } | null;
  readonly #width: number;
  readonly #cols: number;
  /** Columns that have held nothing but zeros so far; null where there is nothing to say of columns. */
  #zero: number[] | null;
  #at = 0;
  allZero = true;

  constructor(private readonly info: TensorInfo) {
    const { dtype, shape } = info;
    this.#finite = isWeightDtype(dtype) ? { nan: 0, infinite: 0, first: -1, value: 0 } : null;
    this.#width = dtypeBits(dtype) / 8;
    const { rows, cols } = matrixForm(shape);
    this.#cols = cols;
    const looked = isWeightDtype(dtype) && shape.length > 1 && rows > 1 && cols <= MOST_COLUMNS;
    this.#zero = looked ? [...new Array(cols).keys()] : null;
  }

  add(bytes: Uint8Array<ArrayBuffer>): void {
    const { dtype } = this.info;
    if (this.#finite) scanBytes(dtype, bytes, this.#at / this.#width, this.#finite);
    if (this.allZero) this.allZero = bytes.every((byte, i) => isZeroByte(dtype, byte, i));
    if (this.#zero && this.#zero.length > 0) this.#zero = this.#stillZero(this.#zero, bytes);
    this.#at += bytes.length;
  }

  /** Row by row: after the first few hardly any column is left to look at. */
  #stillZero(columns: number[], bytes: Uint8Array<ArrayBuffer>): number[] {
    const width = this.#width;
    const from = this.#at / width;
    const until = from + bytes.length / width;
    let left = columns;
    for (let row = Math.floor(from / this.#cols); row * this.#cols < until && left.length > 0; row++) {
      left = left.filter((column) => {
        const at = row * this.#cols + column;
        return at < from || at >= until || isZero(bytes, (at - from) * width, width);
      });
    }
    return left;
  }

  findings(): Finding[] {
    const { name: tensor } = this.info;
    const { nan = 0, infinite = 0 } = this.#finite ?? {};
    const broken: Finding[] = nan + infinite > 0 ? [{ kind: 'not finite', tensor, nan, infinite }] : [];
    if (this.allZero) return [{ kind: 'all zero', tensor }];
    const columns = this.#zero?.length ?? 0;
    return columns > 0 ? [...broken, { kind: 'zero columns', tensor, columns, of: this.#cols }] : broken;
  }
}

/** The sign of a zero is no value. */
function isZeroByte(dtype: Dtype, byte: number, i: number): boolean {
  if (byte === 0) return true;
  const width = dtypeBits(dtype) / 8;
  return byte === 0x80 && isWeightDtype(dtype) && i % width === width - 1;
}

function isZero(bytes: Uint8Array, at: number, width: number): boolean {
  for (let k = 0; k < width - 1; k++) if (bytes[at + k] !== 0) return false;
  return (bytes[at + width - 1] & 0x7f) === 0;
}

/** Bytes that a person is asked about before they are read through. */
export const ASK_ABOVE_BYTES = 2 ** 30;

/** A tensor by its name. @throws QS-FILE-07 */
export function tensorIn({ tensors }: Pick<Checkpoint, 'tensors'>, name: string): TensorInfo {
  const info = tensors.get(name);
  if (info) return info;
  throw new StudioError(
    'QS-FILE-07',
    `The checkpoint has no tensor ${JSON.stringify(name.slice(0, 80))} among its ${tensors.size}: choose one of the list.`,
  );
}
