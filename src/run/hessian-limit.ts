/** What the adapter's limit of a buffer's size means for layers: whose Hessian is too large for one, and whose weight. */
import { StudioError } from '../base/errors';
import type { Gpu } from '../gpu/gpu';
import { faceOf } from '../method/catalogue';
import { wantsHessian } from '../method/families';
import type { Linear } from '../model/architecture';
import { padded } from '../tensor/tensor';
import type { RunRow } from './rows';

const mib = (bytes: number) => `${(bytes / 2 ** 20).toLocaleString('en', { maximumFractionDigits: 0 })} MiB`;

/** Why a layer of `cols` inputs has no Hessian where a buffer has at most `limit` bytes; null where it has. */
export function hessianLack(cols: number, limit: number): string | null {
  const bytes = padded(cols) ** 2 * 4;
  return bytes <= limit
    ? null
    : `the Hessian of its ${cols} inputs takes ${mib(bytes)}, and this GPU allows ${mib(limit)} a buffer.`;
}

/** What the plan says of such layers: they are rounded, and the run goes on. */
export function hessianNotes(linears: readonly Linear[], rows: readonly RunRow[], gpu: Gpu): string[] {
  const wide = linears.filter(({ cols }) => hessianLack(cols, gpu.buffers.largest) !== null);
  if (wide.length === 0 || !rows.some(({ method, options }) => wantsHessian(faceOf(method), options))) return [];
  const [first] = wide;
  const others = wide.length === 1 ? 'It is' : `It and ${wide.length - 1} more like it are`;
  return [
    `Layer ${first.name}: ${hessianLack(first.cols, gpu.buffers.largest)} ${others} rounded without calibration.`,
  ];
}

/** Throws QS-GPU-03 where a weight itself does not fit one buffer: then nothing can be done with the layer. */
export function assertWeightsFit(linears: readonly Linear[], gpu: Gpu): void {
  const bytesOf = ({ rows, cols }: Linear) => padded(rows) * padded(cols) * 4;
  const widest = linears.reduce((a, b) => (bytesOf(b) > bytesOf(a) ? b : a));
  const [bytes, limit] = [bytesOf(widest), gpu.buffers.largest];
  if (bytes <= limit) return;
  throw new StudioError(
    'QS-GPU-03',
    `Layer ${widest.name} (${widest.rows} × ${widest.cols}) takes a buffer of ${mib(bytes)}, and this GPU allows ${mib(limit)}: use another GPU or a narrower model.`,
    { bytes, limit },
  );
}
