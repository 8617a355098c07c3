/** Options of steps that store low-rank factors beside a layer's codes: how many ranks, and in how many bits each. */
import type { Options, Parameters } from '../method/parameters';
import { factorsLedger, rankFor, type FactorBits } from '../quantizer/factors';
import type { Ledger } from '../quantizer/ledger';

export const RANK_PARAMETERS = {
  rank: {
    kind: 'optional-integer',
    min: 1,
    max: 1024,
    nullLabel: 'by bits',
    default: null,
    label: 'Rank',
    help: 'Columns of the left factor; by bits means as many as the bits spent on factors buy, at least one.',
  },
  budget: {
    kind: 'number',
    min: 0,
    max: 8,
    default: 0.5,
    label: 'Bits on factors',
    unit: 'bits a weight',
    help: 'What factors may take, where no rank is said. At rank 32 they take 0.25 bits of a 4096 × 4096 layer, and 3.6 of a 288 × 288 one.',
  },
  factorBits: {
    kind: 'choice',
    choices: ['16', '8'],
    default: '16',
    label: 'Factor bits',
    help: 'Width of a value of either factor: F16, or integers of 8 bits with a scale a rank.',
  },
} as const satisfies Parameters;

export function factorBitsOf({ factorBits }: Options): FactorBits {
  return factorBits === '8' ? 8 : 16;
}

/** The rank that a layer gets: at most what the matrix has. */
export function rankOf(options: Options, rows: number, cols: number): number {
  const { rank, budget } = options;
  if (typeof rank === 'number') return Math.min(rank, rows, cols);
  return rankFor(Number(budget), rows, cols, factorBitsOf(options));
}

export function factorStorage(options: Options, rows: number, cols: number): Ledger {
  return factorsLedger({ rows, cols, rank: rankOf(options, rows, cols), bits: factorBitsOf(options) });
}

/** 'r8', '+0.5 bit', and 'F8' where factors are stored so. */
export function rankWords(options: Options): string[] {
  const { rank, budget } = options;
  const size = typeof rank === 'number' ? `r${rank}` : `+${String(budget)} bit`;
  return factorBitsOf(options) === 8 ? [size, '8-bit factors'] : [size];
}
