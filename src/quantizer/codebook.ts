/**
 * The codebook form: each row is cut into sub-vectors of d consecutive inputs, and each sub-vector is a codeword's index, optionally
 * times a scale that a run of inputs shares, optionally with a sign a weight (algorithms.md sections 6 to 11).
 *
 *   Q[r, c] = scale(r, c) · sign(r, c) · codebooks[book(r, c)][assignments[r, ⌊c / d⌋]][c mod d]
 *
 * Shapes, all row-major: assignments rows × ⌈cols / d⌉; codebooks books × K × d, where a book covers a tile of bookRows × bookCols
 * weights and tiles are numbered row by row; scales rows × ⌈cols / scaleBlock⌉; signs one bit a weight, row after row, set for minus.
 * Where d does not divide the columns, the last sub-vector of a row is padded with zeros, which are decoded and dropped.
 */
export interface CodebookTensor {
  readonly kind: 'codebook';
  readonly rows: number;
  readonly cols: number;
  /** d, inputs a sub-vector; divides bookCols. */
  readonly dim: number;
  /** K, codewords a book. */
  readonly codewords: number;
  readonly bookRows: number;
  readonly bookCols: number;
  /** Values as they are used: at codebookBits 8 each is an integer in −128 … 127 times its book's step, at 16 an f16's value. */
  readonly codebooks: Float32Array<ArrayBuffer>;
  readonly codebookBits: CodebookBits;
  readonly assignments: Uint16Array<ArrayBuffer>;
  readonly scales: BlockScales | null;
  readonly signs: Uint8Array<ArrayBuffer> | null;
  /** True where the book belongs to several networks (VQ4ALL): it is then counted once for all of them, not here. */
  readonly sharedCodebook: boolean;
}

export type CodebookBits = 8 | 16 | 32;

export interface BlockScales {
  /** rows × ⌈cols / block⌉, as used. */
  readonly values: Float32Array<ArrayBuffer>;
  /** Inputs that share one. */
  readonly block: number;
  /** Bits each is stored in; below 16 they are integers of a grid (in the logarithm for GPTVQ) with two f32 a column of blocks. */
  readonly bits: 4 | 16 | 32;
}
