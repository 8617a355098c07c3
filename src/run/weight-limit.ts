/**
 * What the adapter's limit of a buffer's size means for weights: one that no buffer holds is in tiles of rows (src/tensor/weight.ts), which
 * methods on grids quantize one by one to the bits of one piece; methods whose rows meet have its layer rounded, and the run goes on.
 */
import { StudioError } from '../base/errors';
import type { Gpu } from '../gpu/gpu';
import { faceOf } from '../method/catalogue';
import { worksByRows } from '../method/families';
import type { Linear } from '../model/architecture';
import { padded } from '../tensor/tensor';
import { tileHeights } from '../tensor/weight';
import { mib } from './hessian-limit';
import { trains, type RunRow } from '../recipe/rows';

type Shape = Pick<Linear, 'rows' | 'cols'>;
type Row = Pick<RunRow, 'method' | 'options'>;

/** Rows of the least tile. */
const LEAST_TILE = 8;
/** Tensors of candidates that codebook methods lay out, in sizes of the weight. */
const CODEBOOK_WORK = 4;

const bytesOf = ({ rows, cols }: Shape) => padded(rows) * padded(cols) * 4;

/** Why a row's method cannot work on a weight, where a buffer has at most `limit` bytes; null where it can, in tiles or not. */
export function weightLack(shape: Shape, { method }: Row, limit: number): string | null {
  return worksByRows(faceOf(method)) ? null : tooLarge(shape, limit);
}

/** The same of all layers that a row trains at once. */
export function blockLack(linears: readonly Linear[], limit: number): string | null {
  const widest = largestOf(linears);
  const lack = tooLarge(widest, limit);
  return lack && `its block is not trained because of ${widest.name}: ${lack}`;
}

function tooLarge(shape: Shape, limit: number): string | null {
  const bytes = bytesOf(shape);
  return bytes <= limit
    ? null
    : `its weight of ${shape.rows} × ${shape.cols} takes ${mib(bytes)}, and this GPU allows ${mib(limit)} a buffer.`;
}

/** Whether a method may ask for a buffer beyond the limit while it works on a weight within it: then the layer is tried. */
export function mayExceed({ rows, cols }: Shape, { method, options }: Row, limit: number): boolean {
  if (!worksByRows(faceOf(method))) return CODEBOOK_WORK * bytesOf({ rows, cols }) > limit;
  const { blockSize } = options;
  const history = 2 * Math.min(typeof blockSize === 'number' ? blockSize : 0, cols);
  return bytesOf({ rows: Math.max(...tileHeights(rows, cols, limit)), cols: history }) > limit;
}

/** What the plan says of weights in tiles, and of the layers that are rounded because of it. */
export function weightNotes(linears: readonly Linear[], rows: readonly RunRow[], { buffers }: Gpu): string[] {
  const limit = buffers.tileBytes;
  const large = linears.filter((linear) => tooLarge(linear, limit) !== null);
  if (large.length === 0) return [];
  const first = largestOf(large);
  const others = (one: string, many: string) =>
    large.length === 1 ? `It ${one}` : `It and ${large.length - 1} more that are too large ${many}`;
  const tiles = tileHeights(first.rows, first.cols, limit).length;
  const notes = [
    `Layer ${first.name}: its weight of ${first.rows} × ${first.cols} is held in ${tiles} buffers of at most ${mib(limit)}.`,
  ];
  for (const row of rows) {
    const lack = weightLack(first, row, limit);
    if (!lack) continue;
    const rounded = trains(row)
      ? `All layers of a block with such a one are rounded without training by ${row.label}.`
      : `${others('is', 'are')} rounded without calibration by ${row.label}.`;
    notes.push(`Layer ${first.name}: ${lack} ${rounded}`);
  }
  return notes;
}

/** Throws QS-GPU-03 where not even a few rows of a weight fit one buffer: then nothing can be done with the layer. */
export function assertRowsFit(linears: readonly Linear[], { buffers }: Gpu): void {
  if (linears.length === 0) return;
  const widest = linears.reduce((a, b) => (b.cols > a.cols ? b : a));
  const [bytes, limit] = [bytesOf({ rows: Math.min(widest.rows, LEAST_TILE), cols: widest.cols }), buffers.tileBytes];
  if (bytes <= limit) return;
  throw new StudioError(
    'QS-GPU-03',
    `${LEAST_TILE} rows of layer ${widest.name} (${widest.rows} × ${widest.cols}) take a buffer of ${mib(bytes)}, and this GPU allows ${mib(limit)}: use another GPU or a narrower model.`,
    { bytes, limit },
  );
}

function largestOf(linears: readonly Linear[]): Linear {
  return linears.reduce((a, b) => (bytesOf(b) > bytesOf(a) ? b : a));
}
