/**
 * One codebook layer as the tensors of an AQLM checkpoint (Vahe1994/AQLM, transformers), with one codebook (M = 1) over sub-vectors of
 * d inputs of one output: W[n][jd … jd+d−1] = scale[n] · codebook[code[n][j]], N outputs × K inputs.
 * codes I8 (B ≤ 8) or I16 [N, K/d, 1], a value from 2^(B−1) up stored less 2^B; codebooks F16 [1, 2^B, 1, d]; scales F16 [N, 1, 1, 1].
 */
import { bug } from '../base/errors';
import { littleEndianBytes } from './dtype';
import { encodeHalf } from './half';
import type { TensorToWrite } from './safetensors-write';
import { quoted } from './wording';

/** What any quantizer with one codebook a layer can say of it; it must not know this format. */
export interface AqlmLayer {
  /** Module path without `.weight`. */
  readonly name: string;
  readonly rows: number;
  readonly cols: number;
  /** d; divides cols. */
  readonly dim: number;
  /** Codewords × d. */
  readonly codebook: Float32Array;
  /** rows × cols/d. */
  readonly assignments: Uint16Array;
  /** One a row; null for 1 everywhere. */
  readonly scales: Float32Array | null;
}

const FORMAT = 'the AQLM format';

/**
 * The layer's tensors in a checkpoint whose codebooks have 2^bits codewords; a smaller one is filled up with zeros.
 * @throws QS-NUM-02 when a codeword or scale is beyond F16; a bug when the description contradicts itself
 */
export function aqlmTensors(layer: AqlmLayer, bits: number): TensorToWrite[] {
  const { name, rows, cols, dim, codebook, assignments, scales } = layer;
  const codewords = 2 ** bits;
  const fits =
    cols % dim === 0 &&
    assignments.length === (rows * cols) / dim &&
    codebook.length % dim === 0 &&
    codebook.length <= codewords * dim &&
    (scales === null || scales.length === rows);
  if (!fits) bug(`the arrays of layer ${name} do not have the lengths of ${rows} × ${cols} weights`);
  const book = new Float32Array(codewords * dim);
  book.set(codebook);
  return [
    {
      name: `${name}.codes`,
      dtype: bits > 8 ? 'I16' : 'I8',
      shape: [rows, cols / dim, 1],
      bytes: wrapped(assignments, bits),
    },
    {
      name: `${name}.codebooks`,
      dtype: 'F16',
      shape: [1, codewords, 1, dim],
      bytes: encodeHalf(book, `a codeword of layer ${quoted(name)}`, FORMAT),
    },
    {
      name: `${name}.scales`,
      dtype: 'F16',
      shape: [rows, 1, 1, 1],
      bytes: encodeHalf(scales ?? new Float32Array(rows).fill(1), `a scale of layer ${quoted(name)}`, FORMAT),
    },
  ];
}

/** Codes as two's complement of B bits in the next wider integer: the upper half is negative. */
function wrapped(codes: Uint16Array, bits: number): Uint8Array<ArrayBuffer> {
  const half = 2 ** (bits - 1);
  const signed = Int16Array.from(codes, (code) => (code >= half ? code - 2 ** bits : code));
  return bits > 8 ? littleEndianBytes(new Uint16Array(signed.buffer)) : new Uint8Array(Int8Array.from(signed).buffer);
}
