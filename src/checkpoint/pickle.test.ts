/** The pickle machine: plain values of every protocol, its bounds, and pickles that attack, each refused by the name of what it would run. */
import { describe, expect, it } from 'vitest';
import { StudioError } from '../base/errors';
import { PICKLE_LIMITS, runPickle, type PickleFailures } from './pickle';
import { OPCODES } from './pickle-opcodes';
import { PyDict, PyList, PyName, PyObject, PySet, PyTuple, type Value } from './pickle-values';
import { TORCH_POLICY } from './pytorch-names';
import { packing, pickled, type PicklePart } from './testing';

const failures: PickleFailures = {
  malformed(what, at) {
    throw new StudioError('QS-FILE-04', `${at}: ${what}`);
  },
  refused(path) {
    throw new StudioError('QS-FILE-04', `would run ${path}`);
  },
  ended() {
    throw new StudioError('QS-FILE-03', 'ended');
  },
};

const load = (...parts: PicklePart[]) => runPickle(pickled(...parts), 0, TORCH_POLICY, failures).value;

/** Values as JavaScript shows them best. */
function plain(value: Value): unknown {
  if (value instanceof PyTuple || value instanceof PyList) return value.items.map(plain);
  if (value instanceof PyDict) return new Map([...value.entries].map(([key, item]) => [plain(key), plain(item)]));
  if (value instanceof PyName) return value.path;
  if (value instanceof PyObject) return { [value.path]: value.args.map(plain), state: plain(value.state) };
  if (value instanceof PySet) return 'set';
  return value;
}

/** A number as LONG4 or LONG1 stores it, a length as BINUNICODE does. */
const u4 = (value: number) => packing(['u32', value]);
const u8 = (value: number) => packing(['u64', value]);
const text = (value: string) => pickled('X', u4(pickled(value).length), value);
const double = (value: number) => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return bytes;
};

describe('plain values', () => {
  it.each<[string, PicklePart[], unknown]>([
    ['None', ['N.'], null],
    ['booleans', ['(', 0x88, 0x89, 't.'], [true, false]],
    ['integers', ['(K', 200, 'M', 1, 2, 'J', 0xfe, 0xff, 0xff, 0xff, 't.'], [200, 513, -2]],
    ['LONG1', ['(', 0x8a, 0, 0x8a, 1, 0x80, 0x8a, 2, 0, 1, 't.'], [0, -128, 256]],
    ['a LONG1 beyond 2⁵³', [0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x40, '.'], 2n ** 62n],
    ['LONG4', [0x8b, u4(3), 1, 0, 0, '.'], 1],
    ['a double', ['G', double(-1.5), '.'], -1.5],
    ['strings', ['(', text('abc'), 0x8c, 1, 'd', 0x8d, u8(2), 'ef', 't.'], ['abc', 'd', 'ef']],
    ['UTF-8', [text('é→'), '.'], 'é→'],
    ['strings of Python 2', ['(U', 1, 'g', 'T', u4(1), 'h', 't.'], ['g', 'h']],
    ['a string of Python 2 that is not UTF-8', ['U', 2, 0xe9, 0xe8, '.'], 'éè'],
    [
      'bytes',
      ['(C', 1, 5, 'B', u4(1), 6, 0x8e, u8(1), 7, 0x96, u8(1), 8, 't.'],
      [Uint8Array.of(5), Uint8Array.of(6), Uint8Array.of(7), Uint8Array.of(8)],
    ],
    ['tuples', ['(', ')', 'N', 0x85, 'K', 1, 'K', 2, 0x86, 't.'], [[], [null], [1, 2]]],
    ['lists', [']', 'K', 1, 'a(K', 2, 'K', 3, 'e.'], [1, 2, 3]],
    ['a list of protocol 0', ['(K', 1, 'K', 2, 'l.'], [1, 2]],
    [
      'dictionaries',
      ['}', text('a'), 'K', 1, 's(', text('b'), 'K', 2, 'K', 3, 'Nu.'],
      new Map<unknown, unknown>([
        ['a', 1],
        ['b', 2],
        [3, null],
      ]),
    ],
    ['a dictionary of protocol 0', ['(', text('a'), 'K', 1, 'd.'], new Map([['a', 1]])],
    [
      'a key that is a trap elsewhere',
      ['}', text('__proto__'), '}', text('polluted'), 'K', 1, 'ss.'],
      new Map([['__proto__', new Map([['polluted', 1]])]]),
    ],
    ['sets', ['(', 0x8f, '(K', 1, 0x90, '(K', 1, 0x91, 't.'], ['set', 'set']],
    [
      'the memo',
      ['(K', 1, 'q', 7, '0K', 2, 'r', u4(300), '0', text('x'), 0x94, '0h', 7, 'j', u4(300), 'h', 2, 't.'],
      [1, 2, 'x'],
    ],
    [
      'protocol 0',
      ["(I12\nI01\nI00\nL99999999999L\nF1.5\nF-inf\nS'ab'\nVcd\np5\ng5\nl."],
      [12, true, false, 99999999999, 1.5, -Infinity, 'ab', 'cd', 'cd'],
    ],
    ['DUP, POP and POP_MARK', ['K', 1, '2', '0', '(K', 2, '1', '(0.'], 1],
    ['frames', [0x80, 4, 0x95, u8(2), 'N.'], null],
    ['protocol 5', [0x80, 5, 'N.'], null],
  ])('%s', (_, parts, expected) => {
    expect(plain(load(...parts))).toEqual(expected);
  });

  it('do not touch the prototypes of JavaScript', () => {
    load('}', text('__proto__'), '}', text('polluted'), 'K', 1, 'ss.');
    load('}', text('constructor'), '}', text('prototype'), '}', text('polluted'), 'K', 1, 'sss.');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('ends where STOP is', () => {
    const bytes = pickled('..N.rest');
    expect(runPickle(bytes, 2, TORCH_POLICY, failures)).toEqual({ value: null, end: 4 });
  });
});

describe('names that a checkpoint may hold', () => {
  it.each<[string, PicklePart[], unknown]>([
    ['OrderedDict', ['ccollections\nOrderedDict\n)R', text('a'), 'K', 1, 's.'], new Map([['a', 1]])],
    ['OrderedDict of pairs', ['ccollections\nOrderedDict\n](K', 1, 'K', 2, 0x86, 'e', 0x85, 'R.'], new Map([[1, 2]])],
    ['OrderedDict with _metadata', ['ccollections\nOrderedDict\n)R}', text('_metadata'), 'Nsb.'], new Map()],
    ['Counter', ['ccollections\nCounter\n}K', 1, 'K', 2, 's', 0x85, 'R.'], new Map([[1, 2]])],
    ['Size', ['ctorch\nSize\nK', 1, 'K', 2, 0x86, 0x85, 'R.'], [1, 2]],
    ['a dtype', ['ctorch\nfloat32\n.'], 'torch.float32'],
    [
      'a Namespace',
      ['cargparse\nNamespace\n)', 0x81, '}', text('lr'), 'K', 1, 'sb.'],
      { 'argparse.Namespace': [], state: new Map([['lr', 1]]) },
    ],
    [
      'a device',
      [0x80, 4, 0x8c, 5, 'torch', 0x8c, 6, 'device', 0x93, text('cpu'), 0x85, 'R.'],
      { 'torch.device': ['cpu'], state: null },
    ],
  ])('%s', (_, parts, expected) => {
    expect(plain(load(...parts))).toEqual(expected);
  });
});

describe('attacks are refused by name', () => {
  const called = (module: string, name: string) => pickled(`c${module}\n${name}\n(S'true'\ntR.`);
  const stacked = (module: string, name: string) =>
    pickled(0x80, 4, 0x8c, module.length, module, 0x8c, name.length, name, 0x93, text('true'), 0x85, 'R.');
  const dangerous = [
    ...[
      'os.system',
      'posix.system',
      'nt.system',
      'os.popen',
      'subprocess.Popen',
      'subprocess.check_output',
      'pty.spawn',
    ],
    ...[
      'builtins.eval',
      'builtins.exec',
      'builtins.getattr',
      'builtins.__import__',
      'builtins.open',
      '__builtin__.eval',
    ],
    ...['builtins.set', 'importlib.import_module', 'operator.attrgetter', 'functools.partial', 'types.CodeType'],
    ...[
      'pickle.loads',
      'marshal.loads',
      'torch.load',
      'torch.hub.load',
      'torch.storage._load_from_bytes',
      'torch.os.system',
    ],
    ...[
      'torch._utils._rebuild_qtensor',
      'torch.jit.load',
      'numpy.load',
      'numpy.core.multiarray.fromstring',
      'shutil.rmtree',
    ],
    ...[
      'collections.OrderedDict.__init__',
      'collections.namedtuple',
      'argparse.FileType',
      'pathlib.Path.unlink',
      'socket.socket',
    ],
  ].map((path) => {
    const at = path.lastIndexOf('.');
    return [path.slice(0, at), path.slice(at + 1)] as const;
  });

  it.each(dangerous)('%s %s', (module, name) => {
    for (const pickle of [called(module, name), stacked(module, name)]) {
      expect(() => load(pickle)).toThrow(`would run ${module}.${name}`);
    }
  });

  it('a name hidden in dots: attributes are no way around the list', () => {
    expect(() => load(stacked('torch', 'serialization.os.system'))).toThrow('would run torch.serialization.os.system');
    expect(() => load(stacked('collections', 'OrderedDict.__init__.__globals__'))).toThrow('__globals__');
    expect(() => load(stacked('torch ', 'Size'))).toThrow('would run torch .Size');
    expect(() => load('ctorch\r\nSize\n.')).toThrow('would run torch\r.Size');
  });

  it.each<[string, PicklePart[], string]>([
    ['INST', ["(S'true'\nios\nsystem\n."], 'would run os.system'],
    ['INST of an allowed class', ['(icollections\nOrderedDict\n.'], 'INST has no place'],
    ['OBJ', ["(cos\nsystem\nS'true'\no."], 'would run os.system'],
    ['OBJ of an allowed class', ['(ccollections\nOrderedDict\no.'], 'OBJ has no place'],
    ['NEWOBJ', ['cos\nsystem\n)', 0x81, '.'], 'would run os.system'],
    ['NEWOBJ_EX', ['cos\nsystem\n)}', 0x92, '.'], 'would run os.system'],
    ['NEWOBJ_EX of an allowed class', ['cargparse\nNamespace\n)}', 0x92, '.'], 'NEWOBJ_EX has no place'],
    ['extension codes', [0x82, 240, '.'], 'would run extension code 240'],
    ['extension codes of 2 bytes', [0x83, 1, 1, '.'], 'would run extension code 257'],
    ['extension codes of 4 bytes', [0x84, 1, 0, 1, 0, '.'], 'would run extension code 65537'],
    [
      'a name out of the memo',
      [text('os'), 'q', 0, '0', text('system'), 'q', 1, '0h', 0, 'h', 1, 0x93, '.'],
      'would run os.system',
    ],
    [
      'a call within a call',
      ['ccollections\nOrderedDict\n](cbuiltins\neval\n', text('1'), 0x85, 'R'],
      'would run builtins.eval',
    ],
    ['a call in a state', ['cargparse\nNamespace\n)', 0x81, 'cos\nsystem\n'], 'would run os.system'],
    ['a call in a persistent id', ['(', text('storage'), 'cos\nsystem\n'], 'would run os.system'],
    [
      'a tensor rebuilt by another function',
      ['ctorch._tensor\n_rebuild_from_type_v2\n(ctorch\nSize\nctorch\nTensor\n)NtR.'],
      'rebuilt by "torch.Size"',
    ],
    ['a tensor rebuilt by an attack', ['ctorch._tensor\n_rebuild_from_type_v2\n(cos\nsystem\n'], 'would run os.system'],
    ['out-of-band buffers', [0x97, '.'], 'NEXT_BUFFER has no place'],
    ['a read-only buffer', ['N', 0x98, '.'], 'READONLY_BUFFER has no place'],
    ['a persistent id of protocol 0', ['Px\n.'], 'PERSID has no place'],
    [
      'a whole module',
      ['(', text('module'), 'N', text('a.py'), text('import os'), 'tQ.'],
      'whole module and its source code',
    ],
  ])('%s', (_, parts, says) => {
    expect(() => load(...parts)).toThrow(says);
  });

  it('and no other byte does anything but make values', () => {
    for (let byte = 0; byte < 256; byte++) {
      const tail = pickled('NN)(', byte, 1, '\n', 1, '\n', new Uint8Array(16), '.');
      const outcome = () => runPickle(tail, 0, TORCH_POLICY, failures);
      if (OPCODES[byte]?.name === 'STOP') continue;
      expect(outcome, OPCODES[byte]?.name).toThrow(StudioError);
    }
  });
});

describe('what allowed names do not do', () => {
  it.each<[string, PicklePart[], string]>([
    ['call a storage class', ['ctorch\nFloatStorage\n)R.'], '"torch.FloatStorage" is called, which is no function'],
    ['call a dtype', ['ctorch\nfloat32\n)R.'], 'no function'],
    ['call a class that is only named', ['ctorch\nTensor\n)', 0x81, '.'], 'no function'],
    ['call a value', ['K', 1, ')R.'], 'what is called is no function'],
    ['call without a tuple', ['ctorch\nSize\nNR.'], 'the arguments of a call are no tuple'],
    ['set the state of a class', ['ctorch\nTensor\n}b.'], 'the state of an object is set that has none'],
    ['set the state of a value', ['K', 1, '}b.'], 'the state of an object is set that has none'],
    ['fill an OrderedDict with a string', ['ccollections\nOrderedDict\n', text('ab'), 0x85, 'R.'], 'no list of pairs'],
    ['fill an OrderedDict with triples', ['ccollections\nOrderedDict\n](NNNta', 0x85, 'R.'], 'no list of pairs'],
    ['make a tensor of nothing', ['ctorch._utils\n_rebuild_tensor_v2\n)R.'], 'a tensor has no storage'],
    [
      'make a parameter of nothing',
      ['ctorch._utils\n_rebuild_parameter\n(N', 0x88, 'NtR.'],
      'a parameter is no tensor',
    ],
    [
      'point to something else',
      ['(', text('storage'), 'ctorch\nSize\n', text('0'), text('cpu'), 'K', 1, 'tQ.'],
      'in a way that is not known',
    ],
    [
      'point with a key that is a number',
      ['(', text('storage'), 'ctorch\nFloatStorage\nK', 0, text('cpu'), 'K', 1, 'tQ.'],
      'not known',
    ],
    [
      'point to less than nothing',
      ['(', text('storage'), 'ctorch\nFloatStorage\n', text('0'), 'NJ', u4(2 ** 32 - 1), 'tQ.'],
      'not known',
    ],
    [
      'point to too much',
      [
        '(',
        text('storage'),
        'ctorch\nFloatStorage\n',
        text('0'),
        'N',
        0x8a,
        7,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0x1f,
        'tQ.',
      ],
      'impossible length',
    ],
  ])('%s', (_, parts, says) => {
    expect(() => load(...parts)).toThrow(says);
  });

  /** A float storage of `count` elements and a tensor over it. */
  const tensor = (count: number, offset: Uint8Array, sizes: Uint8Array, strides: Uint8Array) =>
    pickled(
      'ctorch._utils\n_rebuild_tensor_v2\n((',
      text('storage'),
      'ctorch\nFloatStorage\n',
      text('0'),
      'NJ',
      u4(count),
      'tQ',
      offset,
      sizes,
      strides,
      0x89,
      'NtR.',
    );
  const int = (value: number) => pickled('J', u4(value >>> 0));
  const tuple = (...values: number[]) => pickled('(', ...values.map(int), 't');

  it.each([
    ['reach one past its storage', tensor(6, int(1), tuple(2, 3), tuple(3, 1)), 'needs 28 bytes of it, but it has 24'],
    ['reach past it with a stride', tensor(6, int(0), tuple(2, 2), tuple(5, 1)), 'needs 28 bytes'],
    ['reach past 2⁵³', tensor(6, int(0), tuple(2 ** 31 - 1, 2 ** 31 - 1), tuple(1, 1)), 'can be counted'],
    ['step backwards', tensor(6, int(5), tuple(2), tuple(-1)), 'impossible sizes'],
    ['begin before its storage', tensor(6, int(-1), tuple(2), tuple(1)), 'impossible offset'],
    ['have fewer strides than sizes', tensor(6, int(0), tuple(2, 3), tuple(1)), 'impossible offset or strides'],
    ['have a negative size', tensor(6, int(0), tuple(-2), tuple(1)), 'impossible sizes'],
    [
      'have 65 dimensions',
      tensor(6, int(0), tuple(...Array<number>(65).fill(1)), tuple(...Array<number>(65).fill(1))),
      'impossible sizes',
    ],
    [
      'repeat one element a thousand million times',
      tensor(1, int(0), tuple(1e9), tuple(0)),
      'repeats its 4 bytes to 4,000,000,000',
    ],
  ])('a tensor may not %s', (_, bytes, says) => {
    expect(() => load(bytes)).toThrow(says);
  });
});

describe('tensors', () => {
  const float = pickled(
    '((',
    text('storage'),
    'ctorch\nFloatStorage\n',
    text('0'),
    'NK',
    6,
    'tQK',
    1,
    'K',
    2,
    0x85,
    'K',
    1,
    0x85,
  );
  const untyped = pickled(
    ...[
      '((',
      text('storage'),
      'ctorch.storage\nUntypedStorage\n',
      text('0'),
      'NK',
      6,
      'tQK',
      1,
      'K',
      2,
      0x85,
      'K',
      1,
      0x85,
    ],
  );
  const v2 = 'ctorch._utils\n_rebuild_tensor_v2\n';
  const v3 = 'ctorch._utils\n_rebuild_tensor_v3\n';

  it.each<[string, PicklePart[], string]>([
    ['of the first version', ['ctorch._utils\n_rebuild_tensor\n', float, 'tR.'], 'F32'],
    ['of the second', [v2, float, 0x89, 'NtR.'], 'F32'],
    ['of the second with bits that are not set', [v2, float, 0x89, 'N}', text('neg'), 0x89, 'stR.'], 'F32'],
    ['of the third, of a type without a storage class', [v3, untyped, 0x89, 'Nctorch\nuint16\ntR.'], 'U16'],
    ['of the third, in 8 bits', [v3, untyped, 0x89, 'Nctorch\nfloat8_e4m3fn\ntR.'], 'F8_E4M3'],
    [
      'with attributes',
      ['ctorch._tensor\n_rebuild_from_type_v2\n(', v2, 'ctorch\nTensor\n', float, 0x89, 'Nt}tR.'],
      'F32',
    ],
    ['that are parameters', ['ctorch._utils\n_rebuild_parameter\n(', v2, float, 0x89, 'NtR', 0x88, 'NtR.'], 'F32'],
  ])('%s', (_, parts, dtype) => {
    expect(load(...parts)).toMatchObject({ dtype, view: { offset: 1, shape: [2], strides: [1] } });
  });

  it.each<[string, PicklePart[], string]>([
    ['without a type', [v2, untyped, 0x89, 'NtR.'], 'a tensor has no type'],
    ['of a type that is a class', [v3, untyped, 0x89, 'Nctorch\nSize\ntR.'], 'a tensor has no type'],
    [
      'that reach past an untyped storage',
      [v3, untyped, 0x89, 'Nctorch\nfloat32\ntR.'],
      'needs 12 bytes of it, but it has 6',
    ],
    ['that are negated later', [v2, float, 0x89, 'N}', text('neg'), 0x88, 'stR.'], 'marked as negated'],
  ])('%s are refused', (_, parts, says) => {
    expect(() => load(...parts)).toThrow(says);
  });
});

describe('bounds', () => {
  const times = (bytes: Uint8Array, count: number) => {
    const all = new Uint8Array(bytes.length * count);
    for (let i = 0; i < count; i++) all.set(bytes, i * bytes.length);
    return all;
  };

  it.each<[string, PicklePart[], string]>([
    ['opcodes', [times(pickled('N0'), PICKLE_LIMITS.opcodes / 2 + 1), 'N.'], 'more than 16,777,216 opcodes'],
    ['values on the stack', [times(pickled('N'), PICKLE_LIMITS.stack + 1), '.'], 'values on its stack'],
    ['objects', [times(pickled(']0'), PICKLE_LIMITS.objects + 1), '.'], 'more than 2,097,152 objects'],
    ['empty byte strings', [times(pickled('C', 0, '0'), PICKLE_LIMITS.objects + 1), '.'], 'objects'],
    ['marks', ['('.repeat(PICKLE_LIMITS.marks + 1)], 'more than 1,000 open marks'],
    ['a string', ['X', u4(PICKLE_LIMITS.text + 1)], 'bytes in one value'],
    ['a string of 2⁶⁰ bytes', [0x8d, u8(2 ** 60)], 'bytes in one value'],
    ['a long integer', [0x8b, u4(2 ** 31)], 'bytes in one integer'],
    ['a decimal integer', [`L${'9'.repeat(1001)}L\n.`], 'is no integer'],
    ['a line', [`c${'x'.repeat(PICKLE_LIMITS.line + 1)}\nname\n.`], 'bytes in one line'],
  ])('on %s', (_, parts, says) => {
    expect(() => load(...parts)).toThrow(says);
  });

  it('on memo entries', () => {
    const puts = times(pickled('r', u4(0)), PICKLE_LIMITS.memo + 1);
    const view = new DataView(puts.buffer);
    for (let i = 0; i <= PICKLE_LIMITS.memo; i++) view.setUint32(i * 5 + 1, i, true);
    expect(() => load('N', puts, '.')).toThrow('more than 2,097,152 memo entries');
  });

  it('a list of lists of lists (a billion laughs) is one list each time', () => {
    let parts = pickled(']q', 0);
    for (let i = 1; i < 200; i++)
      parts = pickled(
        parts,
        '](',
        ...Array<string>(9)
          .fill('h')
          .flatMap((h) => [h, i - 1]),
        'eq',
        i,
      );
    expect(load('(', parts, 't.')).toBeInstanceOf(PyTuple);
  });

  it('a million lists in each other are built without recursion', () => {
    expect(load(times(pickled(']'), 900_000), times(pickled('a'), 899_999), '.')).toBeInstanceOf(PyList);
  });

  it('a list that holds itself is one', () => {
    const list = load(']q', 0, 'h', 0, 'a.');
    expect(list instanceof PyList && list.items[0] === list).toBe(true);
  });
});

describe('malformed pickles', () => {
  it.each<[string, PicklePart[], string]>([
    ['nothing', [], 'ended'],
    ['no STOP', ['N'], 'ended'],
    ['a cut number', ['M', 1], 'ended'],
    ['a cut string', ['X', u4(9), 'abc'], 'ended'],
    ['a cut line', ['cos'], 'ended'],
    ['a cut double', ['G', 1, 2], 'ended'],
    ['an unknown byte', [0xff], '0xff is no opcode'],
    ['protocol 6', [0x80, 6, 'N.'], 'pickle protocol 6'],
    ['STOP on nothing', ['.'], 'values left over'],
    ['values left', ['NN.'], 'values left over'],
    ['an open mark', ['N(.'], 'values left over'],
    ['POP of nothing', ['0'], 'a value is missing'],
    ['a mark that is missing', ['t'], 'a mark is missing'],
    ['POP through a mark', ['N(', 0x85], 'a value is missing'],
    ['an unknown memo entry', ['h', 3], 'memo entry 3 is missing'],
    ['APPEND to no list', ['NNa'], 'no list'],
    ['SETITEM in no dictionary', ['NNNs'], 'no dictionary'],
    ['a key without a value', ['}(Nu'], 'a key has no value'],
    ['ADDITEMS to no set', ['N(N', 0x90], 'no set'],
    ['a name that is no string', ['NN', 0x93], 'a name is no string'],
    ['bytes that are not UTF-8', ['X', u4(1), 0xff], 'not valid UTF-8'],
    ['a string without quotes', ['Sabc\n.'], 'lacks its quotes'],
    ['an escape', ["S'\\x41'\n."], 'escapes'],
    ['a number that is none', ['Fx\n.'], 'is no number'],
    ['an integer that is none', ['I1.5\n.'], 'is no integer'],
  ])('%s', (_, parts, says) => {
    expect(() => load(...parts)).toThrow(says);
  });
});
