/**
 * The state of a pickle being read: bytes, stack, marks and memo, each within its limit. What the opcodes do with it is in
 * pickle-handlers.ts; what names stand for is a policy's business.
 */
import { OPCODES, type ArgumentKind, type Opcode } from './pickle-opcodes';
import type { PyName, Value } from './pickle-values';
import { grouped } from './wording';

/** A state dict takes about 30 opcodes, 10 objects and 12 places in the memo for each tensor. */
export const PICKLE_LIMITS = {
  bytes: 64 * 2 ** 20,
  opcodes: 2 ** 24,
  objects: 2 ** 21,
  memo: 2 ** 21,
  stack: 2 ** 20,
  marks: 1000,
  /** Bytes of one string, of one line of a text opcode, of one long integer. */
  text: 2 ** 24,
  line: 4096,
  integer: 512,
};

/** What the names in a pickle stand for. `fail` takes what is wrong with the file. */
export interface PicklePolicy {
  /** The marker of a name such as "collections.OrderedDict"; null refuses the file, naming it. */
  name(path: string): PyName | null;
  /** What calling a marker, or making an object of it, gives. */
  call(target: PyName, args: readonly Value[], fail: Fail): Value;
  /** Sets the state of an object. */
  build(target: Value, state: Value, fail: Fail): void;
  /** What an id that points outside the pickle stands for. */
  persistent(id: Value, fail: Fail): Value;
}

export type Fail = (what: string) => never;

/** Each must throw; `at` is the byte of the opcode. */
export interface PickleFailures {
  readonly malformed: (what: string, at: number) => never;
  /** Loading the file would run or make what has this name. */
  readonly refused: (path: string) => never;
  /** The bytes end before the pickle does. */
  readonly ended: () => never;
}

export type Argument = Value | readonly [string, string];

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class Machine {
  at: number;
  readonly memo = new Map<number, Value>();
  readonly policy: PicklePolicy;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #failures: PickleFailures;
  readonly #stack: Value[] = [];
  readonly #marks: number[] = [];
  #opcodeAt: number;
  #opcodes = 0;
  #objects = 0;
  stopped = false;

  constructor(bytes: Uint8Array, begin: number, policy: PicklePolicy, failures: PickleFailures) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = begin;
    this.#opcodeAt = begin;
    this.policy = policy;
    this.#failures = failures;
  }

  /** The next opcode; its argument must be read before the one after it. */
  opcode(): Opcode {
    if (++this.#opcodes > PICKLE_LIMITS.opcodes) this.#tooMany('opcodes', PICKLE_LIMITS.opcodes);
    this.#opcodeAt = this.at;
    const byte = this.#bytes[this.#take(1)];
    return OPCODES[byte] ?? this.fail(`0x${byte.toString(16).padStart(2, '0')} is no opcode`);
  }

  argument(kind: ArgumentKind): Argument {
    return ARGUMENTS[kind](this);
  }

  /** What STOP found. */
  result(): Value {
    if (this.#stack.length !== 1 || this.#marks.length > 0) this.fail('it ends with values left over');
    return this.#stack[0];
  }

  readonly fail: Fail = (what) => this.#failures.malformed(what, this.#opcodeAt);

  refuse(path: string): never {
    return this.#failures.refused(path);
  }

  push(value: Value): void {
    if (this.#stack.length === PICKLE_LIMITS.stack) this.#tooMany('values on its stack', PICKLE_LIMITS.stack);
    this.#stack.push(value);
  }

  /** Pushes a container or an object, of which there may only be so many. */
  make(value: Value): void {
    if (++this.#objects > PICKLE_LIMITS.objects) this.#tooMany('objects', PICKLE_LIMITS.objects);
    this.push(value);
  }

  pop(): Value {
    const value = this.top();
    this.#stack.pop();
    return value;
  }

  top(): Value {
    const value = this.#stack.at(-1);
    if (value === undefined || this.#stack.length === this.#marks.at(-1)) this.fail('a value is missing on its stack');
    return value;
  }

  mark(): void {
    if (this.#marks.length === PICKLE_LIMITS.marks) this.#tooMany('open marks', PICKLE_LIMITS.marks);
    this.#marks.push(this.#stack.length);
  }

  /** The values since the last mark, which is taken away. */
  popMark(): Value[] {
    const from = this.#marks.pop();
    if (from === undefined) this.fail('a mark is missing on its stack');
    return this.#stack.splice(from);
  }

  /** True when the last mark is on top of the stack. */
  marked(): boolean {
    return this.#marks.at(-1) === this.#stack.length;
  }

  remember(key: number): void {
    this.memo.set(key, this.top());
    if (this.memo.size > PICKLE_LIMITS.memo) this.#tooMany('memo entries', PICKLE_LIMITS.memo);
  }

  recall(key: number): void {
    const value = this.memo.get(key);
    if (value === undefined) this.fail(`memo entry ${key} is missing`);
    this.push(value);
  }

  /** A marker for a name the policy allows; any other ends the reading. */
  name(path: string): PyName {
    return this.policy.name(path) ?? this.refuse(path);
  }

  /** An unsigned integer of 1, 2, 4 or 8 bytes; beyond 2⁵³ only its being too large matters. */
  unsigned(width: 1 | 2 | 4 | 8): number {
    const at = this.#take(width);
    if (width === 1) return this.#view.getUint8(at);
    if (width === 2) return this.#view.getUint16(at, true);
    return width === 4 ? this.#view.getUint32(at, true) : Number(this.#view.getBigUint64(at, true));
  }

  signed(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  /** That many bytes, copied. */
  bytes(length: number): Uint8Array {
    if (length > PICKLE_LIMITS.text) this.#tooMany('bytes in one value', PICKLE_LIMITS.text);
    const at = this.#take(length);
    return this.#bytes.slice(at, at + length);
  }

  text(length: number): string {
    try {
      return UTF8.decode(this.bytes(length));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return this.fail('a string is not valid UTF-8');
    }
  }

  /** A string of Python 2, which has no encoding: UTF-8 where it can be. */
  oldText(length: number): string {
    const bytes = this.bytes(length);
    try {
      return UTF8.decode(bytes);
    } catch {
      return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
    }
  }

  /** Two's complement, little-endian. */
  integer(length: number): number | bigint {
    if (length > PICKLE_LIMITS.integer) this.#tooMany('bytes in one integer', PICKLE_LIMITS.integer);
    let value = 0n;
    const bytes = this.bytes(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    return smallest(BigInt.asIntN(length * 8, value));
  }

  line(): string {
    const begin = this.at;
    const until = Math.min(begin + PICKLE_LIMITS.line, this.#bytes.length);
    const end = this.#bytes.subarray(begin, until).indexOf(0x0a);
    if (end < 0 && until === this.#bytes.length) this.#failures.ended();
    if (end < 0) this.#tooMany('bytes in one line', PICKLE_LIMITS.line);
    const text = this.oldText(end);
    this.at++;
    return text;
  }

  #take(length: number): number {
    const at = this.at;
    if (!(at + length <= this.#bytes.length)) this.#failures.ended();
    this.at += length;
    return at;
  }

  #tooMany(what: string, limit: number): never {
    return this.fail(`it has more than ${grouped(limit)} ${what}`);
  }
}

const ARGUMENTS: Readonly<Record<ArgumentKind, (machine: Machine) => Argument>> = {
  none: () => null,
  u1: (machine) => machine.unsigned(1),
  u2: (machine) => machine.unsigned(2),
  u4: (machine) => machine.unsigned(4),
  u8: (machine) => machine.unsigned(8),
  i4: (machine) => machine.signed(),
  line: (machine) => machine.line(),
  lines: (machine) => [machine.line(), machine.line()],
  text1: (machine) => machine.text(machine.unsigned(1)),
  text4: (machine) => machine.text(machine.unsigned(4)),
  text8: (machine) => machine.text(machine.unsigned(8)),
  ascii1: (machine) => machine.oldText(machine.unsigned(1)),
  ascii4: (machine) => machine.oldText(machine.unsigned(4)),
  bytes1: (machine) => machine.bytes(machine.unsigned(1)),
  bytes4: (machine) => machine.bytes(machine.unsigned(4)),
  bytes8: (machine) => machine.bytes(machine.unsigned(8)),
  long1: (machine) => machine.integer(machine.unsigned(1)),
  long4: (machine) => machine.integer(machine.unsigned(4)),
  double: (machine) => machine.double(),
};

/** The smallest type that holds an integer. */
export function smallest(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
