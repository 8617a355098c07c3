/**
 * Matrices off the disk a tile of rows at a time, so that none of them is ever on the host as a whole: a tile is read, converted to f32
 * and used up before the next. What fits one tile is read as a whole.
 */
import type { WeightSource } from './model';

/** F32 bytes of a tile. */
export const TILE_BYTES = 32 * 2 ** 20;

export interface RowTile {
  readonly first: number;
  readonly count: number;
  /** count × cols. */
  readonly values: Float32Array;
}

/** Rows of a tile: a multiple of 8, at least 8. */
export function tileRows(cols: number, bytes: number): number {
  return Math.max(8, Math.floor(bytes / (cols * 4 * 8)) * 8);
}

/** A rows × cols tensor in tiles of at most `count` rows, in order. */
export async function* rowTiles(
  source: WeightSource,
  name: string,
  rows: number,
  cols: number,
  count = tileRows(cols, TILE_BYTES),
): AsyncGenerator<RowTile, void, void> {
  if (count >= rows) {
    const values = await source.read(name);
    if (values.length !== rows * cols) throw new Error(`bug: ${values.length} values of ${name} for ${rows} × ${cols}`);
    yield { first: 0, count: rows, values };
    return;
  }
  for (let first = 0; first < rows; first += count) {
    const last = Math.min(first + count, rows);
    yield { first, count: last - first, values: await source.readRange(name, first * cols, last * cols) };
  }
}
