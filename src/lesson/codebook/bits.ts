/** What a matrix in pairs takes in storage, by the studio's own account (src/quantizer/ledger.ts). */
import { makeLedger, type Ledger } from '../../quantizer/ledger';
import { DIM } from './clusters';

/** Codewords are stored in F16. */
const CODEWORD_BITS = 16;

export interface CodebookLayout {
  readonly rows: number;
  readonly cols: number;
  readonly codewords: number;
  /** One bit a weight beside. */
  readonly signs: boolean;
  /** Matrices of this size that share the codebook. */
  readonly sharedBy: number;
}

export function codebookBits({ rows, cols, codewords, signs, sharedBy }: CodebookLayout): Ledger {
  const weights = rows * cols;
  return makeLedger(weights, {
    indices: (weights / DIM) * Math.ceil(Math.log2(codewords)),
    codebooks: (codewords * DIM * CODEWORD_BITS) / sharedBy,
    signs: signs ? weights : 0,
  });
}
