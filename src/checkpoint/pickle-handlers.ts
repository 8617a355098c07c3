/**
 * What each opcode of pickle does to the machine (Lib/pickletools.py, PEP 307, PEP 3154): builds plain values, and asks the policy
 * where Python would import, call or set state.
 */
import { smallest, type Argument, type Machine } from './pickle-machine';
import type { OpcodeName } from './pickle-opcodes';
import { PyDict, PyList, PyName, PySet, PyTuple, type Value } from './pickle-values';
import { quoted } from './wording';

export type Handler = (machine: Machine, argument: Argument) => void;

/** Opcodes whose argument is the value. */
const push: Handler = (machine, argument) => machine.push(argument as Value);
const make: Handler = (machine, argument) => machine.make(argument as Value);

/** Those that are absent have no place in a checkpoint. */
export const HANDLERS: ReadonlyMap<OpcodeName, Handler> = new Map<OpcodeName, Handler>([
  [
    'PROTO',
    (machine, version) => {
      if (Number(version) > 5)
        machine.fail(`it is written in pickle protocol ${Number(version)}, and 5 is the last one known`);
    },
  ],
  ['FRAME', () => undefined],
  ['STOP', (machine) => (machine.stopped = true)],

  ['NONE', (machine) => machine.push(null)],
  ['NEWTRUE', (machine) => machine.push(true)],
  ['NEWFALSE', (machine) => machine.push(false)],
  ['BININT', push],
  ['BININT1', push],
  ['BININT2', push],
  ['LONG1', push],
  ['LONG4', push],
  ['BINFLOAT', push],
  ['BINUNICODE', push],
  ['SHORT_BINUNICODE', push],
  ['BINUNICODE8', push],
  ['BINSTRING', push],
  ['SHORT_BINSTRING', push],
  ['BINBYTES', make],
  ['SHORT_BINBYTES', make],
  ['BINBYTES8', make],
  ['BYTEARRAY8', make],
  [
    'INT',
    (machine, line) => machine.push(line === '00' ? false : line === '01' ? true : decimal(machine, lineOf(line))),
  ],
  ['LONG', (machine, line) => machine.push(decimal(machine, lineOf(line).replace(/L$/, '')))],
  ['FLOAT', (machine, line) => machine.push(floating(machine, lineOf(line)))],
  ['STRING', (machine, line) => machine.push(unquoted(machine, lineOf(line)))],
  ['UNICODE', (machine, line) => machine.push(unescaped(machine, lineOf(line)))],

  ['MARK', (machine) => machine.mark()],
  ['POP', (machine) => (machine.marked() ? machine.popMark() : machine.pop())],
  ['POP_MARK', (machine) => machine.popMark()],
  ['DUP', (machine) => machine.push(machine.top())],
  ['PUT', (machine, key) => machine.remember(Number(decimal(machine, lineOf(key))))],
  ['BINPUT', (machine, key) => machine.remember(Number(key))],
  ['LONG_BINPUT', (machine, key) => machine.remember(Number(key))],
  ['MEMOIZE', (machine) => machine.remember(machine.memo.size)],
  ['GET', (machine, key) => machine.recall(Number(decimal(machine, lineOf(key))))],
  ['BINGET', (machine, key) => machine.recall(Number(key))],
  ['LONG_BINGET', (machine, key) => machine.recall(Number(key))],

  ['EMPTY_TUPLE', (machine) => machine.make(new PyTuple([]))],
  ['TUPLE1', (machine) => machine.make(new PyTuple(popped(machine, 1)))],
  ['TUPLE2', (machine) => machine.make(new PyTuple(popped(machine, 2)))],
  ['TUPLE3', (machine) => machine.make(new PyTuple(popped(machine, 3)))],
  ['TUPLE', (machine) => machine.make(new PyTuple(machine.popMark()))],
  ['EMPTY_LIST', (machine) => machine.make(new PyList())],
  ['LIST', (machine) => machine.make(appended(new PyList(), machine.popMark()))],
  ['APPEND', (machine) => append(machine, [machine.pop()])],
  ['APPENDS', (machine) => append(machine, machine.popMark())],
  ['EMPTY_DICT', (machine) => machine.make(new PyDict())],
  [
    'DICT',
    (machine) => {
      const items = machine.popMark();
      machine.make(new PyDict());
      setItems(machine, items);
    },
  ],
  ['SETITEM', (machine) => setItems(machine, popped(machine, 2))],
  ['SETITEMS', (machine) => setItems(machine, machine.popMark())],
  ['EMPTY_SET', (machine) => machine.make(new PySet())],
  [
    'ADDITEMS',
    (machine) => {
      machine.popMark();
      if (!(machine.top() instanceof PySet)) machine.fail('items are added to what is no set');
    },
  ],
  [
    'FROZENSET',
    (machine) => {
      machine.popMark();
      machine.make(new PySet());
    },
  ],

  ['GLOBAL', (machine, names) => machine.make(machine.name((names as readonly string[]).join('.')))],
  [
    'STACK_GLOBAL',
    (machine) => {
      const names = popped(machine, 2).map((name) =>
        typeof name === 'string' ? name : machine.fail('a name is no string'),
      );
      machine.make(machine.name(names.join('.')));
    },
  ],
  ['REDUCE', call],
  ['NEWOBJ', call],
  [
    'BUILD',
    (machine) => {
      const state = machine.pop();
      machine.policy.build(machine.top(), state, machine.fail);
    },
  ],
  ['BINPERSID', (machine) => machine.make(machine.policy.persistent(machine.pop(), machine.fail))],

  // What no checkpoint holds, here only so that it is refused by the name of what it would run.
  [
    'INST',
    (machine, names) => {
      machine.name((names as readonly string[]).join('.'));
      machine.fail('the opcode INST has no place in a checkpoint');
    },
  ],
  ['EXT1', (machine, code) => machine.refuse(`extension code ${Number(code)}`)],
  ['EXT2', (machine, code) => machine.refuse(`extension code ${Number(code)}`)],
  ['EXT4', (machine, code) => machine.refuse(`extension code ${Number(code)}`)],
]);

function call(machine: Machine): void {
  const args = machine.pop();
  const target = machine.pop();
  if (!(args instanceof PyTuple)) machine.fail('the arguments of a call are no tuple');
  if (!(target instanceof PyName)) machine.fail('what is called is no function');
  machine.make(machine.policy.call(target, args.items, machine.fail));
}

function popped(machine: Machine, count: number): Value[] {
  const items: Value[] = [];
  for (let i = 0; i < count; i++) items.push(machine.pop());
  return items.reverse();
}

function appended(list: PyList, items: readonly Value[]): PyList {
  for (const item of items) list.items.push(item);
  return list;
}

function append(machine: Machine, items: readonly Value[]): void {
  const list = machine.top();
  if (!(list instanceof PyList)) machine.fail('items are appended to what is no list');
  appended(list, items);
}

/** Sets key, value, key, value, … in the dictionary on top. */
function setItems(machine: Machine, items: readonly Value[]): void {
  const dict = machine.top();
  if (!(dict instanceof PyDict)) machine.fail('items are set in what is no dictionary');
  if (items.length % 2 !== 0) machine.fail('a key has no value');
  for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i], items[i + 1]);
}

/** The line behind a text opcode. */
function lineOf(argument: Argument): string {
  return typeof argument === 'string' ? argument : '';
}

function decimal(machine: Machine, text: string): number | bigint {
  if (!/^[+-]?\d{1,1000}$/.test(text)) machine.fail(`${quoted(text)} is no integer`);
  return smallest(BigInt(text.replace(/^\+/, '')));
}

function floating(machine: Machine, line: string): number {
  const value = Number(line.replace(/^([+-]?)inf$/, '$1Infinity'));
  if (line.trim() === '' || (Number.isNaN(value) && line !== 'nan')) machine.fail(`${quoted(line)} is no number`);
  return value;
}

function unquoted(machine: Machine, line: string): string {
  const [, , text] = /^(['"])(.*)\1$/s.exec(line) ?? machine.fail('a string lacks its quotes');
  return unescaped(machine, text);
}

/** Protocol 0 writes few strings with escapes, and a checkpoint none. */
function unescaped(machine: Machine, text: string): string {
  return text.includes('\\') ? machine.fail('escapes in strings of pickle protocol 0 are not read') : text;
}
