/**
 * A row's view of the network as a checkpoint: what exports copy from. Changed tensors are made as their bytes are asked for, in the
 * source's type (F32 where that type cannot hold a value); a head that is no longer the embedding is a tensor of its own, and config.json
 * says so. Biases that a row has corrected are those. What acts while the network runs is not in it.
 */
import { bug, StudioError } from '../base/errors';
import type { ByteSource } from '../checkpoint/bytes';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { dtypeBits, encodeFloat32, isDtype, type Dtype, type WeightDtype } from '../checkpoint/dtype';
import type { TensorInfo } from '../checkpoint/safetensors';
import { readsText, type Linear } from '../model/architecture';
import { changedTensors, type NetworkView } from '../model/view/view';
import { noBias } from './format-fit';

/** The largest magnitude below which rounding to F16 stays finite. */
const HALF_OVERFLOW = 65520;

/**
 * `shifts`: what is added to biases, by linear; `vectors`: what stands in the place of the view's tensors, by name. Throws QS-RECIPE-01 where a layer
 * has no bias that could take it.
 */
export async function viewedCheckpoint(
  checkpoint: Checkpoint,
  { network, source }: NetworkView,
  shifts: ReadonlyMap<Linear, Float32Array>,
  vectors: ReadonlyMap<string, Float32Array> = new Map(),
): Promise<Checkpoint> {
  const byBias = new Map<string, Float32Array>();
  for (const [linear, shift] of shifts) {
    if (linear.bias === null) {
      throw new StudioError('QS-RECIPE-01', noBias(linear, 'a correction'));
    }
    byBias.set(linear.bias, shift);
  }
  const read = async (name: string) => {
    const values = Float32Array.from(vectors.get(name) ?? (await source.read(name)));
    byBias.get(name)?.forEach((more, i) => (values[i] += more));
    return values;
  };
  const tensors = new Map(checkpoint.tensors);
  for (const name of new Set([...changedTensors(source), ...byBias.keys(), ...vectors.keys()])) {
    const info = source.tensors.get(name);
    if (!info) bug(`the view lacks ${name}`);
    const stored = checkpoint.tensors.get(name)?.dtype ?? embeddingType(checkpoint, network);
    tensors.set(name, await madeTensor(name, info.shape, stored, read));
  }
  const totalBytes = [...tensors.values()].reduce((sum, { begin, end }) => sum + end - begin, 0);
  const untied = readsText(network) && network.ends.head !== null && !checkpoint.tensors.has(network.ends.head);
  return {
    ...checkpoint,
    tensors,
    totalBytes,
    config: untied && checkpoint.config ? withOwnHead(checkpoint.config) : checkpoint.config,
    read,
    readRange: async (name, first, last) => (await read(name)).slice(first, last),
  };
}

async function madeTensor(
  name: string,
  shape: readonly number[],
  stored: string,
  read: (name: string) => Promise<Float32Array<ArrayBuffer>>,
): Promise<TensorInfo> {
  const dtype = await typeFor(name, stored, read);
  const size = (shape.reduce((product, length) => product * length, 1) * dtypeBits(dtype)) / 8;
  // A writer asks for one tensor piece by piece; it may go when nobody asks.
  let kept: WeakRef<Uint8Array<ArrayBuffer>> | null = null;
  const source: ByteSource = {
    name,
    size,
    async read(from, until) {
      let bytes = kept?.deref();
      if (!bytes) {
        bytes = encodeFloat32(dtype, await read(name));
        kept = new WeakRef(bytes);
      }
      return bytes.slice(from, until);
    },
  };
  return { name, dtype, shape: [...shape], begin: 0, end: size, source };
}

async function typeFor(
  name: string,
  stored: string,
  read: (name: string) => Promise<Float32Array>,
): Promise<WeightDtype> {
  return storedType(stored, stored === 'F16' ? await read(name) : null);
}

/** In which values are written: the source's type of 16 bits where it holds every one; F32 else. */
export function storedType(source: string | undefined, values: Float32Array | null): WeightDtype {
  if (source === 'BF16') return 'BF16';
  return source === 'F16' && values?.every((value) => Math.abs(value) < HALF_OVERFLOW) ? 'F16' : 'F32';
}

function embeddingType({ tensors }: Checkpoint, network: NetworkView['network']): Dtype {
  const dtype = readsText(network) ? tensors.get(network.ends.embedding)?.dtype : undefined;
  return dtype !== undefined && isDtype(dtype) ? dtype : 'F32';
}

/** Wherever a config says that head and embedding are one, it says that they are not. */
function withOwnHead(config: NonNullable<Checkpoint['config']>): NonNullable<Checkpoint['config']> {
  const own = (of: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(of).map(([key, value]) => [key, TIE_KEYS.includes(key) ? false : value]));
  const text = config.text_config;
  const nested = typeof text === 'object' && text !== null && !Array.isArray(text);
  return {
    ...own(config),
    tie_word_embeddings: false,
    ...(nested ? { text_config: own(text as Record<string, unknown>) } : {}),
  };
}

const TIE_KEYS: readonly string[] = ['tie_word_embeddings', 'tie_embeddings'];
