/**
 * What a PyTorch checkpoint may name, and what those names make here: tensors over storages, dictionaries, and objects of which only
 * their fields are remembered. The same idea as torch.load(weights_only=True), with a shorter list. Nothing of Python is imitated: a
 * name that is not in one of these tables refuses the file.
 * Sources: torch/_utils.py (_rebuild_*), torch/serialization.py (persistent ids, legacy storages), torch/_weights_only_unpickler.py.
 */
import { byteCount, dtypeBits, elementCount, type Dtype } from './dtype';
import type { Fail, PicklePolicy } from './pickle';
import { Opaque, PyDict, PyList, PyName, PyObject, PyTuple, type Value } from './pickle-values';
import { reach, type View } from './strided';
import { grouped, quoted, shapeText } from './wording';

const MOST_DIMENSIONS = 64;

/** A view with more elements than its storage (an expanded one) may have this many bytes. */
const LARGEST_EXPANSION = 16 * 2 ** 20;

/** Bytes kept outside the pickle under a key. */
export class Storage extends Opaque {
  constructor(
    readonly key: string,
    /** Null for one without a type. */
    readonly dtype: Dtype | null,
    /** Bytes under the key. */
    readonly whole: number,
    /** The part of them that this is: all, but for views in files before 0.4. */
    readonly begin = 0,
    readonly bytes = whole,
  ) {
    super();
  }
}

/** A view of a storage, checked to lie within it. */
export class TorchTensor extends Opaque {
  constructor(
    readonly storage: Storage,
    readonly dtype: Dtype,
    readonly view: View,
  ) {
    super();
  }
}

/** Storage classes: torch.FloatStorage and, from old GPUs, torch.cuda.FloatStorage. */
const STORAGE_DTYPES = new Map<string, Dtype>([
  ['Double', 'F64'],
  ['Float', 'F32'],
  ['Half', 'F16'],
  ['BFloat16', 'BF16'],
  ['Long', 'I64'],
  ['Int', 'I32'],
  ['Short', 'I16'],
  ['Char', 'I8'],
  ['Byte', 'U8'],
  ['Bool', 'BOOL'],
  ['ComplexFloat', 'C64'],
]);
const STORAGES = new Map<string, Dtype | null>([
  ...[...STORAGE_DTYPES].flatMap(([name, dtype]): [string, Dtype][] => [
    [`torch.${name}Storage`, dtype],
    [`torch.cuda.${name}Storage`, dtype],
  ]),
  ['torch.storage.UntypedStorage', null],
  ['torch.storage._UntypedStorage', null],
  ['torch.UntypedStorage', null],
]);

const DTYPES = new Map<string, Dtype>([
  ['torch.float64', 'F64'],
  ['torch.float32', 'F32'],
  ['torch.float16', 'F16'],
  ['torch.bfloat16', 'BF16'],
  ['torch.float8_e4m3fn', 'F8_E4M3'],
  ['torch.float8_e5m2', 'F8_E5M2'],
  ['torch.float8_e4m3fnuz', 'F8_E4M3FNUZ'],
  ['torch.float8_e5m2fnuz', 'F8_E5M2FNUZ'],
  ['torch.float8_e8m0fnu', 'F8_E8M0'],
  ['torch.complex64', 'C64'],
  ['torch.int64', 'I64'],
  ['torch.int32', 'I32'],
  ['torch.int16', 'I16'],
  ['torch.int8', 'I8'],
  ['torch.uint64', 'U64'],
  ['torch.uint32', 'U32'],
  ['torch.uint16', 'U16'],
  ['torch.uint8', 'U8'],
  ['torch.bool', 'BOOL'],
]);

type Call = (args: readonly Value[], fail: Fail) => Value;

/** Functions and classes, and what calling them makes. */
const CALLS = new Map<string, Call>([
  ['collections.OrderedDict', dictionary],
  ['collections.Counter', dictionary],
  ['torch.Size', ([sizes], fail) => (sizes instanceof PyTuple ? sizes : fail('a torch.Size has no sizes'))],
  ['torch._utils._rebuild_tensor', tensor],
  ['torch._utils._rebuild_tensor_v2', tensor],
  ['torch._utils._rebuild_tensor_v3', typedTensor],
  ['torch._utils._rebuild_parameter', parameter],
  ['torch._utils._rebuild_parameter_with_state', parameter],
  ['torch._tensor._rebuild_from_type_v2', fromType],
]);

/** Classes that are named but never called. */
const NAMED_ONLY = new Set([
  'torch.Tensor',
  'torch.nn.parameter.Parameter',
  'torch.storage.TypedStorage',
  'numpy.ndarray',
]);

/** Harmless things that lie beside weights (arguments, numbers, paths): remembered as class and fields. */
const REMEMBERED = new Set([
  'argparse.Namespace',
  'torch.device',
  'numpy.dtype',
  'numpy.core.multiarray.scalar',
  'numpy._core.multiarray.scalar',
  'numpy.core.multiarray._reconstruct',
  'numpy._core.multiarray._reconstruct',
  '_codecs.encode',
  'pathlib.PosixPath',
  'pathlib.PurePosixPath',
  'pathlib.WindowsPath',
  'pathlib.PureWindowsPath',
]);

export const TORCH_POLICY: PicklePolicy = {
  name(path) {
    const known = [CALLS, STORAGES, DTYPES, NAMED_ONLY, REMEMBERED].some((table) => table.has(path));
    return known ? new PyName(path) : null;
  },

  call({ path }, args, fail) {
    const make = CALLS.get(path);
    if (make !== undefined) return make(args, fail);
    return REMEMBERED.has(path) ? new PyObject(path, args) : fail(`${quoted(path)} is called, which is no function`);
  },

  build(target, state, fail) {
    if (target instanceof PyObject) target.state = state;
    // An OrderedDict's own fields: the _metadata of a state dict.
    else if (!(target instanceof PyDict)) fail('the state of an object is set that has none');
  },

  persistent(id, fail) {
    const [kind, type, key, , count, view] = id instanceof PyTuple ? id.items : [];
    if (kind === 'module') fail('it holds a whole module and its source code, not a state dict');
    const dtype = type instanceof PyName ? STORAGES.get(type.path) : undefined;
    if (kind !== 'storage' || dtype === undefined || typeof key !== 'string' || !isCount(count)) {
      return fail('it points to data in a way that is not known');
    }
    const bytes = byteCount(dtype ?? 'U8', count) ?? fail(`storage ${quoted(key)} has an impossible length`);
    if (view === null || view === undefined) return new Storage(key, dtype, bytes);
    return viewOfStorage(key, dtype, bytes, view, fail);
  },
};

/** Files before 0.4 may cut a storage out of another one: (key, offset, length) in elements. */
function viewOfStorage(key: string, dtype: Dtype | null, bytes: number, view: Value, fail: Fail): Storage {
  const [, offset, count] = view instanceof PyTuple ? view.items : [];
  const width = dtypeBits(dtype ?? 'U8') / 8;
  if (!isCount(offset) || !isCount(count) || (offset + count) * width > bytes) {
    return fail(`a view of storage ${quoted(key)} leaves it`);
  }
  return new Storage(key, dtype, bytes, offset * width, count * width);
}

/** No arguments, or a list of pairs. */
function dictionary([pairs]: readonly Value[], fail: Fail): PyDict {
  const dict = new PyDict();
  if (pairs === undefined) return dict;
  if (pairs instanceof PyDict) {
    for (const [key, value] of pairs.entries) dict.entries.set(key, value);
    return dict;
  }
  for (const pair of pairs instanceof PyList ? pairs.items : fail('a dictionary is made of what is no list of pairs')) {
    const items = pair instanceof PyTuple || pair instanceof PyList ? pair.items : [];
    if (items.length !== 2) fail('a dictionary is made of what is no list of pairs');
    dict.entries.set(items[0], items[1]);
  }
  return dict;
}

/** (storage, offset, sizes, strides, requires_grad, hooks, bits): gradients and hooks matter to nobody here. */
function tensor([storage, offset, sizes, strides, , , bits]: readonly Value[], fail: Fail): TorchTensor {
  if (!(storage instanceof Storage)) return fail('a tensor has no storage');
  plainBits(bits, fail);
  return viewed(storage, storage.dtype ?? fail('a tensor has no type'), [offset, sizes, strides], fail);
}

/** (storage, offset, sizes, strides, requires_grad, hooks, dtype, bits): the types that have no storage class. */
function typedTensor(args: readonly Value[], fail: Fail): TorchTensor {
  const [storage, offset, sizes, strides, , , type, bits] = args;
  if (!(storage instanceof Storage)) return fail('a tensor has no storage');
  plainBits(bits, fail);
  const dtype = type instanceof PyName ? DTYPES.get(type.path) : undefined;
  return viewed(storage, dtype ?? fail('a tensor has no type'), [offset, sizes, strides], fail);
}

/** A tensor that torch has only marked as negated or conjugated holds other values than its storage. */
function plainBits(bits: Value | undefined, fail: Fail): void {
  const set = bits instanceof PyDict && [...bits.entries.values()].includes(true);
  if (set) fail('a tensor is marked as negated or conjugated, and its values are not those stored');
}

function parameter([data]: readonly Value[], fail: Fail): TorchTensor {
  return data instanceof TorchTensor ? data : fail('a parameter is no tensor');
}

/** (function, class, arguments, state): a tensor with attributes of its own. */
function fromType([target, , args]: readonly Value[], fail: Fail): Value {
  if (!(target instanceof PyName) || !(args instanceof PyTuple))
    return fail('a tensor is rebuilt by what is no function');
  const make = [tensor, typedTensor, parameter].find((each) => each === CALLS.get(target.path));
  return make?.(args.items, fail) ?? fail(`a tensor is rebuilt by ${quoted(target.path)}`);
}

function viewed(storage: Storage, dtype: Dtype, [offset, sizes, steps]: readonly Value[], fail: Fail): TorchTensor {
  const shape = counts(sizes, fail);
  const strides = counts(steps, fail);
  if (!isCount(offset) || strides.length !== shape.length) return fail('a tensor has an impossible offset or strides');
  const what = `a tensor of shape ${shapeText(shape)} over storage ${quoted(storage.key)}`;
  const elements = elementCount(shape);
  const bytes = elements === null ? null : byteCount(dtype, elements);
  if (bytes === null) return fail(`${what} has more elements than can be counted`);
  const view: View = { offset, shape, strides };
  const needed = bytes === 0 ? 0 : reach(view) * (dtypeBits(dtype) / 8);
  if (needed > storage.bytes) {
    return fail(`${what} needs ${grouped(needed)} bytes of it, but it has ${grouped(storage.bytes)}`);
  }
  if (bytes > Math.max(storage.bytes, LARGEST_EXPANSION)) {
    return fail(`${what} repeats its ${grouped(storage.bytes)} bytes to ${grouped(bytes)}`);
  }
  return new TorchTensor(storage, dtype, view);
}

function counts(value: Value, fail: Fail): number[] {
  const items = value instanceof PyTuple || value instanceof PyList ? value.items : null;
  if (items === null || items.length > MOST_DIMENSIONS || !items.every(isCount))
    return fail('a tensor has impossible sizes');
  return [...items] as number[];
}

function isCount(value: Value | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
