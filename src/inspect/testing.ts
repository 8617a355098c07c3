/** For tests of this room: tensors in memory, and a source of any size that is nowhere and counts what is read of it. */
import type { ByteSource } from '../checkpoint/bytes';
import { encodeFloat32, type Dtype, type WeightDtype } from '../checkpoint/dtype';
import { memorySource } from '../checkpoint/bytes';
import type { TensorInfo } from '../checkpoint/tensors';

export function tensorOf(shape: readonly number[], values: ArrayLike<number>, dtype: WeightDtype = 'F32'): TensorInfo {
  return rawTensor(shape, dtype, encodeFloat32(dtype, Float32Array.from(values)));
}

export function rawTensor(shape: readonly number[], dtype: Dtype, bytes: Uint8Array, name = 'w'): TensorInfo {
  return { name, dtype, shape, begin: 0, end: bytes.length, source: memorySource(bytes, 'model.safetensors') };
}

/** Bytes that are all zero but for a head: takes no memory, however large it says that it is. */
export function sparseSource(
  head: Uint8Array,
  size: number,
  name: string,
): ByteSource & { readonly read: ByteSource['read']; bytesRead: number } {
  const source = {
    name,
    size,
    bytesRead: 0,
    read(begin: number, end: number) {
      if (begin < 0 || end > size || begin > end) return Promise.reject(new RangeError(`${begin}..${end}`));
      source.bytesRead += end - begin;
      const bytes = new Uint8Array(end - begin);
      if (begin < head.length) bytes.set(head.subarray(begin, Math.min(end, head.length)));
      return Promise.resolve(bytes);
    },
  };
  return source;
}

/** A safetensors header with the 8 bytes before it. */
export function headerBytes(
  tensors: Readonly<Record<string, { dtype: Dtype; shape: readonly number[]; bytes: number }>>,
) {
  let at = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => {
    const data_offsets = [at, (at += bytes)];
    return [name, { dtype, shape, data_offsets }] as const;
  });
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const head = new Uint8Array(8 + text.length);
  new DataView(head.buffer).setBigUint64(0, BigInt(text.length), true);
  head.set(text, 8);
  return { head, size: head.length + at };
}
