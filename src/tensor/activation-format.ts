/**
 * How activations, keys, values or probabilities are quantized, as plain data: a code (the levels of a range) and cells (which values share
 * a range). One description for all of fake-quant.ts, its way back (fake-quant-back.ts) and the float64 twin (reference/fake-quant.ts).
 *
 * Rows are tokens. With low and high the least and the greatest of a cell, clip a factor of the range, r half to even, b bits:
 *   symmetric    s = max(|low|, |high|)·clip / (2^(b−1) − 1);  x̂ = s·clamp(r(x/s), −2^(b−1), 2^(b−1) − 1);  s = 1 where all is 0
 *   asymmetric   low' = min(0, low)·clip, high' = max(0, high)·clip, or −1 and 1 where both are 0;  s = (high' − low')/(2^b − 1),
 *                z = r(−low'/s);  x̂ = s·(clamp(r(x/s) + z, 0, 2^b − 1) − z)
 *   float offset s = (high' − low')/(2^b − 1) with low', high' shrunk about the middle; x̂ = s·clamp(r((x − low')/s), 0, 2^b − 1) + low';
 *                s = 1 where all is one value. Zero need not be a level (KIVI, KVQuant)
 *   logarithmic  δ = high·clip;  n = max(0, r(−κ·log2(x/δ)));  x̂ = δ·2^(−n/κ), 0 where x ≤ 0 or n ≥ 2^b;  κ = 1 or 2 (log2, log√2; RepQ-ViT)
 *   split        of 0 … δ = high·clip: steps δ/(2^(b−1) − 1) above split·δ and split·δ/(2^(b−1) − 1) below (PTQ4ViT's softmax). The released
 *                file adds both regions' values; here the region is chosen
 *   signs        steps high·clip/(2^(b−1) − 1) above 0 and, below it, the least power of two times that which reaches low (PTQ4ViT after GELU)
 *   e4m3, e5m2   s = max(|low|, |high|)·clip / (448 or 57 344); x̂ = s times the nearest such number, saturating; a reach of 448: unscaled
 * A range below 2^−120 steps counts as that; what is not finite stays so and takes, where ranges are dynamic, its whole cell along.
 * Ashkboos et al. 2024, arXiv 2404.00456; Liu et al. 2024, 2402.02750; Li et al. 2023, 2212.08254; Yuan et al. 2022, 2111.12293.
 */
export type ActivationCode =
  | { readonly kind: 'symmetric' | 'asymmetric' | 'float offset'; readonly bits: number }
  | { readonly kind: 'logarithmic'; readonly bits: number; readonly perOctave: 1 | 2 }
  | { readonly kind: 'split'; readonly bits: number; readonly split: number }
  | { readonly kind: 'signs'; readonly bits: number }
  | { readonly kind: 'e4m3' | 'e5m2' };

/**
 * Which values share a range. None crosses a window, and the last of each kind may be short.
 *   tensor  all of a window        token  a row        group  `columns` neighbouring columns of a row (a head, with its width)
 *   column  a column of a window, or with `tokens` of each so many neighbouring rows (KIVI's keys)
 *   block   `tokens` × `columns`; with `turns` its rows are dealt out: row i to ⌊(i mod of)/width⌋ (SageAttention2's threads)
 */
export type Cells =
  | { readonly per: 'tensor' | 'token' }
  | { readonly per: 'group'; readonly columns: number }
  | { readonly per: 'column'; readonly tokens?: number }
  | {
      readonly per: 'block';
      readonly tokens: number;
      readonly columns: number;
      readonly turns?: { readonly of: number; readonly width: number };
    };

export interface ActivationFormat {
  readonly code: ActivationCode;
  readonly cells: Cells;
  /** Of a range, above 0 and at most 1; default 1. QuaRot: 0.9, of keys and values 0.95. */
  readonly clip?: number;
  /** Half to even by default; half away from zero is SageAttention's. */
  readonly rounding?: 'even' | 'away';
}

/** What the rows are: windows of `length` live rows, each taking `pitch` (default `length`); rows between are written as zeros. */
export interface Windows {
  readonly length: number;
  readonly pitch?: number;
}

/** The cells of a matrix, as shaders/activation/cells.wgsl counts them. */
export interface CellLayout {
  readonly rows: number;
  readonly cols: number;
  readonly length: number;
  readonly pitch: number;
  readonly windows: number;
  readonly tileRows: number;
  /** Tiles of a window. */
  readonly tiles: number;
  readonly modulus: number;
  readonly width: number;
  /** Cells of a tile, one below the other. */
  readonly turns: number;
  readonly tileCols: number;
  /** Cells in all, down and across. */
  readonly down: number;
  readonly across: number;
}

/** The numbers of a code that kernel and twin compute with. */
export interface CodeNumbers {
  /** The override CODE of shaders/activation/levels.wgsl. */
  readonly code: number;
  readonly top: number;
  readonly least: number;
  readonly detail: number;
  readonly mantissa: number;
  readonly exponent: number;
}

const FLOATS = {
  e4m3: { bits: 8, top: 448, mantissa: 3, exponent: -6 },
  e5m2: { bits: 8, top: 57344, mantissa: 2, exponent: -14 },
} as const;

export const LEAST_BITS = 2;
export const MOST_BITS = 16;

/** Throws where a format cannot be: what a person chose is looked at before, by whoever offers it. */
export function codeNumbers(format: ActivationFormat): CodeNumbers {
  const { code, clip = 1 } = format;
  if (!(clip > 0 && clip <= 1)) throw new Error(`bug: a range clipped to ${clip} of itself`);
  const plain = { least: 0, detail: 0, mantissa: 0, exponent: 0 };
  if (!('bits' in code)) {
    const { top, mantissa, exponent } = FLOATS[code.kind];
    return { ...plain, code: 6, top, mantissa, exponent };
  }
  const { bits } = code;
  if (!Number.isInteger(bits) || bits < LEAST_BITS || bits > MOST_BITS) {
    throw new Error(`bug: activations of ${bits} bits; there are ${LEAST_BITS} to ${MOST_BITS}`);
  }
  const half = 2 ** (bits - 1);
  switch (code.kind) {
    case 'symmetric':
      return { ...plain, code: 0, top: half - 1, least: -half };
    case 'asymmetric':
      return { ...plain, code: 1, top: 2 * half - 1 };
    case 'float offset':
      return { ...plain, code: 2, top: 2 * half - 1 };
    case 'logarithmic':
      return { ...plain, code: 3, top: 2 * half, detail: code.perOctave };
    case 'split':
      if (!(code.split > 0 && code.split <= 1)) throw new Error(`bug: a range split at ${code.split} of itself`);
      return { ...plain, code: 4, top: half - 1, detail: code.split };
    case 'signs':
      return { ...plain, code: 5, top: half - 1 };
  }
}

/** Where the cells of rows × cols lie. Throws on sizes that cannot be. */
export function layoutOf(rows: number, cols: number, cells: Cells, windows?: Windows): CellLayout {
  const length = windows?.length ?? rows;
  const pitch = windows?.pitch ?? length;
  if (length < 1 || length > pitch || rows % pitch !== 0) {
    throw new Error(`bug: ${rows} rows in windows of ${length} every ${pitch}`);
  }
  const [tileRows, tileCols] = extents(cells, length, cols);
  const { of: modulus, width } = (cells.per === 'block' && cells.turns) || { of: 1, width: 1 };
  for (const size of [tileRows, tileCols, modulus, width]) {
    if (!Number.isInteger(size) || size < 1) throw new Error(`bug: cells of ${size} rows or columns`);
  }
  const [count, tiles] = [rows / pitch, Math.ceil(length / tileRows)];
  const turns = Math.ceil(modulus / width);
  const [down, across] = [count * tiles * turns, Math.ceil(cols / tileCols)];
  return { rows, cols, length, pitch, windows: count, tileRows, tiles, modulus, width, turns, tileCols, down, across };
}

/** The same matrix in cells that all rows share: those of static ranges. */
export function sharedLayout(rows: number, cols: number, cells: Cells): CellLayout {
  return layoutOf(rows, cols, { per: 'block', tokens: rows, columns: extents(cells, rows, cols)[1] });
}

/** Bits of a code. */
export function codeBits(code: ActivationCode): number {
  return 'bits' in code ? code.bits : FLOATS[code.kind].bits;
}

/**
 * Bits a value of `rows` × `cols` (a window): the code's, and where ranges are dynamic 16 for each number that a cell keeps: a scale, and an
 * offset or a second step where the code has one. Static ranges cost nothing a token.
 */
export function bitsPerValue(
  format: ActivationFormat,
  rows: number,
  cols: number,
  ranges: 'dynamic' | 'static',
): number {
  const bits = codeBits(format.code);
  if (ranges === 'static') return bits;
  const { down, across } = layoutOf(rows, cols, format.cells);
  const two = format.code.kind === 'asymmetric' || format.code.kind === 'float offset';
  return bits + (16 * (two ? 2 : 1) * down * across) / (rows * cols);
}

function extents(cells: Cells, length: number, cols: number): [rows: number, columns: number] {
  switch (cells.per) {
    case 'tensor':
      return [length, cols];
    case 'token':
      return [1, cols];
    case 'group':
      return [1, Math.min(cells.columns, cols)];
    case 'column':
      return [Math.min(cells.tokens ?? length, length), 1];
    case 'block':
      return [Math.min(cells.tokens, length), Math.min(cells.columns, cols)];
  }
}
