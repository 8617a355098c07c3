/** What the adapter's limit of a buffer's size means for layers whose Hessian is too large for one. */
import type { Gpu } from '../gpu/gpu';
import { faceOf } from '../method/catalogue';
import { wantsHessian } from '../method/families';
import type { Linear } from '../model/architecture';
import { fitsWhole, pieceRows } from '../tensor/panels';
import { padded } from '../tensor/tensor';
import type { RunRow } from '../recipe/rows';

/** The least rows that a panel has. */
const LEAST_PANEL = 32;

/** '128 MiB'. */
export const mib = (bytes: number) => `${(bytes / 2 ** 20).toLocaleString('en', { maximumFractionDigits: 0 })} MiB`;

/** Whether a row's method works on a Hessian that one buffer holds only: its codebooks are updated by all of it at once. */
function needsOnePiece({ method, options }: Pick<RunRow, 'method' | 'options'>): boolean {
  const face = faceOf(method);
  return face.family === 'codebook' && wantsHessian(face, options);
}

/**
 * Why a layer of `cols` inputs has no Hessian for a row, where a buffer has at most `limit` bytes; null where it has. Beyond that limit
 * scalar methods have it in panels of rows (src/tensor/panels.ts), which have to hold a block of the column loop.
 */
export function hessianLack(cols: number, row: Pick<RunRow, 'method' | 'options'>, limit: number): string | null {
  if (fitsWhole(cols, limit)) return null;
  if (needsOnePiece(row)) return hessianBeyond(cols, limit);
  // Methods without a column loop only measure by it.
  const { blockSize } = row.options;
  const rows = Math.max(LEAST_PANEL, Math.min(typeof blockSize === 'number' ? blockSize : 0, cols));
  const bytes = rows * padded(cols) * 4;
  return bytes <= limit
    ? null
    : `${rows} rows of the Hessian of its ${cols} inputs take ${mib(bytes)}, and this GPU allows ${mib(limit)} a buffer.`;
}

/** The same where a Hessian may have `limit` bytes in all; null where it has no more. */
export function hessianBeyond(cols: number, limit: number): string | null {
  const bytes = padded(cols) ** 2 * 4;
  return bytes <= limit
    ? null
    : `the Hessian of its ${cols} inputs takes ${mib(bytes)}, and this GPU allows ${mib(limit)} a buffer.`;
}

/** What the plan says of such layers: in how many pieces their Hessian is, or that they are rounded, and the run goes on. */
export function hessianNotes(linears: readonly Linear[], rows: readonly RunRow[], gpu: Gpu): string[] {
  const limit = gpu.buffers.panelBytes;
  const wide = linears.filter(({ cols }) => !fitsWhole(cols, limit));
  const wanting = rows.filter(({ method, options }) => wantsHessian(faceOf(method), options));
  if (wide.length === 0 || wanting.length === 0) return [];
  const [first] = wide;
  const others = (one: string, many: string) =>
    wide.length === 1 ? `It ${one}` : `It and ${wide.length - 1} more like it ${many}`;
  const notes: string[] = [];
  const lacking = wanting.filter((row) => hessianLack(first.cols, row, limit) !== null);
  for (const row of lacking) {
    const lack = hessianLack(first.cols, row, limit);
    notes.push(`Layer ${first.name}: ${lack} ${others('is', 'are')} rounded without calibration by ${row.label}.`);
  }
  if (lacking.length < wanting.length) {
    const pieces = pieceRows(first.cols, limit).length;
    notes.push(
      `Layer ${first.name}: the Hessian of its ${first.cols} inputs is held in ${pieces} buffers of at most ${mib(limit)}.`,
    );
  }
  return notes;
}
