/**
 * What a quantized weight matrix takes in storage, counted to the bit and by part: the one account of size that plans, results,
 * tables and charts read. Nothing is left out; a codebook that many layers share is counted with each in proportion to its weights, so
 * that all of them together count it once.
 */

/** Parts that accounts of before did not have: there they are nothing. */
export const LATER_PARTS = ['factors', 'mask', 'tables', 'vectors'] as const;

/** Where the bits go, in the order in which they are shown. */
export const LEDGER_PARTS = ['indices', 'codebooks', 'scales', 'zeros', 'signs', 'groups', ...LATER_PARTS] as const;

/**
 * indices: codes of a grid, indices of codewords, or weights kept as they are; codebooks: codewords, and an 8-bit book's step; scales: of
 * groups or blocks, with the parameters of a grid that scales themselves are stored on; zeros: zero points; signs; groups: the index of
 * each column's group; factors: low-rank factors with their scales; mask: which weights or columns are kept; tables: levels of a fixed
 * table that is no codebook; vectors: a bias or smoothing that belongs to the layer.
 */
export type LedgerPart = (typeof LEDGER_PARTS)[number];

export interface Ledger {
  /** Weights that are stored. */
  readonly weights: number;
  /** Bits by part. */
  readonly parts: Readonly<Record<LedgerPart, number>>;
  /** Bits of all parts. */
  readonly total: number;
  readonly bitsPerWeight: number;
  /** How many times smaller than the same weights at 16 and at 32 bits; papers differ in which they mean. */
  readonly compression16: number;
  readonly compression32: number;
}

/** A scale, and the step of an 8-bit codebook, as a deployed format stores it. */
export const SCALE_BITS = 16;

const NOTHING = {
  ...{ indices: 0, codebooks: 0, scales: 0, zeros: 0, signs: 0, groups: 0 },
  ...{ factors: 0, mask: 0, tables: 0, vectors: 0 },
} satisfies Record<LedgerPart, number>;

/** The account of so many weights; parts that are not named take nothing. */
export function makeLedger(weights: number, parts: Partial<Record<LedgerPart, number>>): Ledger {
  const all = { ...NOTHING, ...parts };
  const total = LEDGER_PARTS.reduce((sum, part) => sum + all[part], 0);
  return {
    weights,
    parts: all,
    total,
    bitsPerWeight: total / weights,
    compression16: (16 * weights) / total,
    compression32: (32 * weights) / total,
  };
}

/** The account of several matrices together. */
export function sumLedgers(ledgers: readonly Ledger[]): Ledger {
  return togetherAs(
    ledgers.reduce((sum, { weights }) => sum + weights, 0),
    ledgers,
  );
}

/** All parts of several accounts, as those of so many weights. */
export function togetherAs(weights: number, ledgers: readonly Ledger[]): Ledger {
  const parts: Partial<Record<LedgerPart, number>> = {};
  // Accounts out of storage may be from before the later parts.
  for (const part of LEDGER_PARTS) parts[part] = ledgers.reduce((sum, ledger) => sum + (ledger.parts[part] ?? 0), 0);
  return makeLedger(weights, parts);
}
