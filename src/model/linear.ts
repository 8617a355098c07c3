/** Linear layers' weights off the disk as rows × cols: as values, or straight onto the GPU a tile at a time. */
import type { Gpu } from '../gpu/gpu';
import { setColumns, sliceRows, Table } from '../tensor/embedding';
import { transpose } from '../tensor/permute';
import { Tensor } from '../tensor/tensor';
import { emptyWeight, weightFrom, type Weight } from '../tensor/weight';
import { affineBehind, asRun } from './convolution';
import type { LinearShape, WeightSource } from './model';
import { rowTiles, TILE_BYTES, tileRows } from './tiles';

/** A linear layer's weights, rows (outputs) × cols (inputs), however the file stores them; a convolution's with its batch norm folded in. */
export async function loadLinear(source: WeightSource, linear: LinearShape): Promise<Float32Array> {
  const values = await source.read(linear.weight);
  const { rows, cols } = linear;
  if (values.length !== rows * cols)
    throw new Error(`bug: ${values.length} values of ${linear.weight} for ${rows} × ${cols}`);
  if (linear.convolution) return asRun(values, linear.convolution, await affineBehind(source, linear));
  return linear.layout === 'out-in' ? values : transposed(values, cols, rows);
}

export interface UploadOptions {
  /** Sees each tile's values before they are uploaded, and may change them. */
  readonly inspect?: (values: Float32Array) => void;
  /** F32 bytes of a tile. */
  readonly tileBytes?: number;
}

/** The same on the GPU, with one tile of it on the host at a time; in tiles there too where no buffer holds it. The caller's. */
export async function uploadLinear(
  gpu: Gpu,
  source: WeightSource,
  linear: LinearShape,
  { inspect, tileBytes = TILE_BYTES }: UploadOptions = {},
): Promise<Weight> {
  const { rows, cols, layout, weight, name } = linear;
  if (rows * cols * 4 <= tileBytes) {
    const values = await loadLinear(source, linear);
    inspect?.(values);
    return weightFrom(gpu, rows, cols, values, name);
  }
  const { convolution } = linear;
  const norm = await affineBehind(source, linear);
  const held = emptyWeight(gpu, rows, cols, name);
  const [fileRows, fileCols] = layout === 'out-in' ? [rows, cols] : [cols, rows];
  try {
    for await (const tile of rowTiles(source, weight, fileRows, fileCols, tileRows(fileCols, tileBytes))) {
      const values = convolution ? asRun(tile.values, convolution, norm, tile.first) : tile.values;
      inspect?.(values);
      if (layout === 'out-in') held.writeRows(tile.first, values);
      else {
        const part = Tensor.from(gpu, tile.count, fileCols, values, name);
        const turned = transpose(part);
        placeColumns(held, turned, tile.first);
        part.release();
        turned.release();
      }
      await gpu.settle(); // what the device holds of the upload is given back before the next tile
    }
  } catch (error) {
    held.release();
    throw error;
  }
  return held;
}

/** W[:, first …] = columns. */
function placeColumns(weight: Weight, columns: Tensor, first: number): void {
  if (!(weight instanceof Table)) {
    setColumns(weight, columns, first);
    return;
  }
  let row = 0;
  for (const tile of weight.panels) {
    const part = sliceRows(columns, row, tile.rows);
    setColumns(tile, part, first);
    part.release();
    row += tile.rows;
  }
}

/** rows × cols → cols × rows, in squares that stay in a cache. */
function transposed(values: Float32Array, rows: number, cols: number): Float32Array {
  const SQUARE = 32;
  const out = new Float32Array(values.length);
  for (let r0 = 0; r0 < rows; r0 += SQUARE) {
    for (let c0 = 0; c0 < cols; c0 += SQUARE) {
      for (let r = r0; r < Math.min(r0 + SQUARE, rows); r++) {
        for (let c = c0; c < Math.min(c0 + SQUARE, cols); c++) out[c * rows + r] = values[r * cols + c];
      }
    }
  }
  return out;
}
