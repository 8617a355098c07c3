/**
 * PyTorch files before 1.6 (and since, with _use_new_zipfile_serialization=False): five pickles one after another (a magic number,
 * the version, facts about the machine, the values, the keys of the storages) and behind them, for each key, the number of elements
 * as a 64-bit integer and the elements (torch/serialization.py, _legacy_save).
 */
import { readExactly, type ByteSource } from './bytes';
import { dtypeBits } from './dtype';
import { PICKLE_LIMITS, runPickle, type PickleFailures, type PicklePolicy } from './pickle';
import { PyDict, PyList, type Value } from './pickle-values';
import { malformedTorch, pickleFailures, torchWeights, type StorageBytes } from './pytorch-file';
import { Storage, TORCH_POLICY } from './pytorch-names';
import type { WeightFile } from './tensors';
import { grouped, quoted } from './wording';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;

/** How such a file begins: protocol 2, a long of ten bytes, the magic number, the end of the first pickle. */
export const LEGACY_BEGIN = /^\x80[\x02-\x05](?:\x95[^]{8})?\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e/;

/** Read first; the pickles of most files fit, and for the others it is doubled. */
const FIRST_READ = 2 ** 20;

/** @throws QS-FILE-03 when the file is cut off or contradicts itself; QS-FILE-04 when it would run code, or is malformed */
export async function openTorchLegacy(source: ByteSource): Promise<WeightFile> {
  const file = source.name;
  const { root, keys, storages, end } = await readPickles(source);
  const places = new Map<string, StorageBytes>();
  let at = end;
  for (const key of keys) {
    const storage = storages.get(key);
    if (storage === undefined || places.has(key)) {
      throw malformedTorch(file, `its list of storages names ${quoted(key)} without need`);
    }
    const begin = at + 8;
    at = begin + storage.whole;
    if (at > source.size) {
      throw malformedTorch(
        file,
        `storage ${quoted(key)} ends at byte ${grouped(at)} while ${grouped(source.size)} are present, so the download was probably ` +
          'interrupted',
        'QS-FILE-03',
      );
    }
    const length = await readExactly(source, begin - 8, begin);
    const elements = Number(new DataView(length.buffer, length.byteOffset).getBigInt64(0, true));
    if (elements !== (storage.whole * 8) / dtypeBits(storage.dtype ?? 'U8')) {
      throw malformedTorch(file, `storage ${quoted(key)} has another length than its tensors say`, 'QS-FILE-03');
    }
    places.set(key, { source, begin, bytes: storage.whole });
  }
  if (at !== source.size) {
    throw malformedTorch(file, `${grouped(source.size - at)} bytes follow the last storage`, 'QS-FILE-03');
  }
  return torchWeights(source, root, 'legacy', ({ key }) => places.get(key) ?? null);
}

interface Pickles {
  readonly root: Value;
  readonly keys: readonly string[];
  readonly storages: ReadonlyMap<string, Storage>;
  /** Where the last pickle ends. */
  readonly end: number;
}

/** Reads as much of the begin of the file as its pickles turn out to take. */
async function readPickles(source: ByteSource): Promise<Pickles> {
  const most = Math.min(source.size, PICKLE_LIMITS.bytes);
  for (let size = Math.min(FIRST_READ, most); ; size = Math.min(size * 2, most)) {
    const bytes = await readExactly(source, 0, size);
    try {
      return parsePickles(bytes, source.name, size < most);
    } catch (error) {
      if (error !== MORE) throw error;
    }
  }
}

const MORE = new Error('the pickles are longer than what was read of them');

function parsePickles(bytes: Uint8Array, file: string, moreToRead: boolean): Pickles {
  const common = pickleFailures(file);
  const failures: PickleFailures = {
    ...common,
    ended() {
      if (moreToRead) throw MORE;
      if (bytes.length === PICKLE_LIMITS.bytes) {
        throw malformedTorch(file, `its pickles are longer than ${grouped(PICKLE_LIMITS.bytes)} bytes`);
      }
      return common.ended();
    },
  };
  const storages = new Map<string, Storage>();
  const policy: PicklePolicy = {
    ...TORCH_POLICY,
    persistent(id, fail) {
      const storage = TORCH_POLICY.persistent(id, fail);
      if (!(storage instanceof Storage)) return fail('it points to data in a way that is not known');
      const known = storages.get(storage.key);
      if (known && (known.whole !== storage.whole || known.dtype !== storage.dtype)) {
        fail(`storage ${quoted(storage.key)} has two lengths or types`);
      }
      storages.set(storage.key, storage);
      return storage;
    },
  };
  let at = 0;
  const next = () => {
    const { value, end } = runPickle(bytes, at, policy, failures);
    at = end;
    return value;
  };
  if (next() !== MAGIC) throw malformedTorch(file, 'it does not begin with the magic number of torch.save');
  const version = next();
  if (version !== VERSION) throw malformedTorch(file, 'it has another version of the format than 1001');
  const machine = next();
  if (!(machine instanceof PyDict) || machine.entries.get('little_endian') !== true) {
    throw malformedTorch(file, 'it does not say that its bytes are little-endian, and only such files are read');
  }
  const root = next();
  const list = next();
  const keys = list instanceof PyList ? list.items : [null];
  if (!keys.every((key) => typeof key === 'string')) throw malformedTorch(file, 'its list of storages is missing');
  return { root, keys, storages, end: at };
}
