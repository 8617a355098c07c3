/**
 * A linear layer's weight W, rows (outputs) × cols (inputs): one tensor, or, where no buffer holds it, a table of *tiles*, runs of rows
 * with a buffer each. Rows meet nowhere in a product x·Wᵀ, in a grid or in the column loop, so whatever works a row at a time gives the
 * same bits tile by tile.
 */
import type { Gpu } from '../gpu/gpu';
import { project, Table, tableHeights } from './embedding';
import { matmul } from './matmul';
import { padded, Tensor } from './tensor';

export type Weight = Tensor | Table;

/** Rows of each tile where a buffer has at most `bytes`; one where it holds the weight. */
export function tileHeights(rows: number, cols: number, bytes: number): number[] {
  return padded(rows) * padded(cols) * 4 <= bytes ? [rows] : tableHeights(rows, cols, bytes);
}

/** A weight that is yet to be written, in one piece where one buffer holds it. */
export function emptyWeight(gpu: Gpu, rows: number, cols: number, label: string): Weight {
  const { tileBytes } = gpu.buffers;
  return tileHeights(rows, cols, tileBytes).length === 1
    ? Tensor.empty(gpu, rows, cols, label)
    : Table.empty(gpu, rows, cols, label, tileBytes);
}

/** Uploads rows × cols values. */
export function weightFrom(gpu: Gpu, rows: number, cols: number, values: Float32Array, label: string): Weight {
  const weight = emptyWeight(gpu, rows, cols, label);
  weight.writeRows(0, values);
  return weight;
}

/** Its tiles, in order; of one in one piece that itself. */
export function tilesOfWeight(weight: Weight): readonly Tensor[] {
  return weight instanceof Table ? weight.panels : [weight];
}

/** x·Wᵀ: tokens × rows. */
export function applyWeight(x: Tensor, weight: Weight): Tensor {
  return weight instanceof Table ? project(x, weight) : matmul('nt', x, weight);
}

/** A weight for those who work on one in one piece only, which their callers see to. */
export function untiled(weight: Weight): Tensor {
  if (weight instanceof Table) throw new Error(`bug: a weight of ${weight.rows} × ${weight.cols} in tiles`);
  return weight;
}
