/** The bytes of a tensor, a piece at a time; a piece holds whole elements. */
import { readExactly } from '../checkpoint/bytes';
import type { TensorInfo } from '../checkpoint/tensors';

/** A multiple of every width. */
const PIECE_BYTES = 8 * 2 ** 20;

export async function* bytesOf(
  { source, begin, end }: TensorInfo,
  pieceBytes = PIECE_BYTES,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  for (let at = begin; at < end; at += pieceBytes) yield readExactly(source, at, Math.min(at + pieceBytes, end));
}

/** The whole words of 32 bits in some bytes, for what only asks whether they are equal: in place where they are aligned. */
export function wordsIn(bytes: Uint8Array<ArrayBuffer>): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, bytes.length >> 2);
}
