/**
 * What the two containers of torch.save have in common: errors, and the way from what the pickle holds to tensors on disk.
 * The containers are in pytorch-zip.ts and pytorch-legacy.ts.
 */
import { StudioError } from '../base/errors';
import type { ByteSource } from './bytes';
import { dtypeBits, elementCount } from './dtype';
import type { Fail, PickleFailures } from './pickle';
import type { Value } from './pickle-values';
import { stemOf } from './paths';
import type { Storage, TorchTensor } from './pytorch-names';
import { modelState } from './pytorch-state';
import { isDense, stridedSource } from './strided';
import type { TensorInfo, WeightFile } from './tensors';
import { grouped, quoted } from './wording';

/** Where the bytes of a storage are. */
export interface StorageBytes {
  readonly source: ByteSource;
  readonly begin: number;
  readonly bytes: number;
  readonly verify?: () => Promise<void>;
}

export function malformedTorch(
  file: string,
  what: string,
  code: 'QS-FILE-03' | 'QS-FILE-04' = 'QS-FILE-04',
): StudioError {
  return new StudioError(
    code,
    `${quoted(file)} is not a valid PyTorch file: ${what}; download or save it again with torch.save`,
  );
}

/** The sentences of a pickle that cannot be read. */
export function pickleFailures(file: string): PickleFailures {
  return {
    malformed(what, at) {
      throw malformedTorch(file, `its pickle breaks at byte ${grouped(at)}: ${what}`);
    },
    refused(path) {
      throw new StudioError(
        'QS-FILE-04',
        `${quoted(file)} is a PyTorch file that would run ${quoted(path)} when it is loaded, and only tensors and plain values are ` +
          'read; save model.state_dict() alone, or convert it to safetensors where running it is safe',
      );
    },
    ended() {
      throw malformedTorch(file, 'its pickle ends early, so the download was probably interrupted', 'QS-FILE-03');
    },
  };
}

/**
 * The model's tensors in what a pickle holds.
 * @param locate gives a storage's bytes, or null when the file does not hold them
 */
export function torchWeights(
  source: ByteSource,
  root: Value,
  container: 'zip' | 'legacy',
  locate: (storage: Storage) => StorageBytes | null,
): WeightFile {
  const fail: Fail = (what) => {
    throw malformedTorch(source.name, what);
  };
  const state = modelState(root, stemOf(source.name), fail);
  if (state.tensors.size === 0) {
    throw new StudioError(
      'QS-FILE-04',
      `${quoted(source.name)} is a PyTorch file without tensors; choose the file that was saved with the model's weights`,
    );
  }
  const tensors = new Map<string, TensorInfo>();
  for (const [name, tensor] of state.tensors) {
    const { storage } = tensor;
    const located = locate(storage);
    if (located === null || located.bytes < storage.whole) {
      const present = located === null ? 'is missing' : `has ${grouped(located.bytes)} bytes`;
      throw malformedTorch(
        source.name,
        `tensor ${quoted(name)} needs ${grouped(storage.whole)} bytes under the key ${quoted(storage.key)}, which ${present}`,
        'QS-FILE-03',
      );
    }
    tensors.set(name, tensorInfo(name, tensor, located));
  }
  return { source, metadata: new Map([...state.metadata, ['pytorch.container', container]]), tensors };
}

function tensorInfo(name: string, { storage, dtype, view }: TorchTensor, located: StorageBytes): TensorInfo {
  const { source, verify } = located;
  const { shape } = view;
  const width = dtypeBits(dtype) / 8;
  const size = (elementCount(shape) ?? 0) * width;
  const from = located.begin + storage.begin;
  const common = { name, dtype, shape, ...(verify && { verify }) };
  if (size === 0) return { ...common, begin: 0, end: 0, source };
  if (isDense(view)) {
    const begin = from + view.offset * width;
    return { ...common, begin, end: begin + size, source };
  }
  return { ...common, begin: 0, end: size, source: stridedSource(source, from, view, width) };
}
