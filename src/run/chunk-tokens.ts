/**
 * How many tokens pass a stage at once: as many as keep a GPU busy, or as one buffer holds of the widest thing that is made of them (the
 * outputs of the largest layer, heads side by side, …), whole windows each.
 */
import { StudioError } from '../base/errors';
import { padded } from '../tensor/tensor';
import { stageWidths } from './block-bytes';
import { mib } from './hessian-limit';
import type { Subject } from './subject';

/** Tokens a chunk: enough to keep a GPU busy, few enough that a chunk's widest tensor stays small. */
export const CHUNK_TOKENS = 2048;

type Windows = Pick<Subject, 'network' | 'calibration' | 'heldOut'>;

const lengthOf = ({ calibration, heldOut }: Windows) => Math.max(calibration.length, heldOut.length);

/** Tokens a chunk may have where a buffer has at most `bytes`. */
export function chunkTokens(subject: Windows, bytes: number): number {
  return Math.min(CHUNK_TOKENS, tokensWithin(subject, bytes));
}

/** Throws QS-GPU-03 where a single window makes something that no buffer holds. */
export function assertWindowsFit(subject: Windows, bytes: number): void {
  const [length, most] = [lengthOf(subject), tokensWithin(subject, bytes)];
  if (length <= most) return;
  throw new StudioError(
    'QS-GPU-03',
    `A window of ${length} tokens makes activations that take more than the ${mib(bytes)} that this GPU allows a buffer: use windows of at most ${most} tokens, or another GPU.`,
    { tokens: length, limit: most },
  );
}

/** Tokens of which each tensor of a stage fits into `bytes`. */
function tokensWithin(subject: Windows, bytes: number): number {
  const { network } = subject;
  const length = lengthOf(subject);
  // Rows are padded to eight.
  const rows = (width: number) => Math.floor(bytes / (padded(width) * 4 * 8)) * 8;
  // Of something that has so many rows a window.
  const within = (pixels: number, width: number) => Math.floor(rows(width) / pixels) * length;
  let most = network.residual ? within(...network.residual) : rows(network.hidden);
  for (const block of network.blocks) {
    for (const [s, widths] of stageWidths(block, network.hidden).entries()) {
      const { tap, carry, made } = widths;
      const perToken = [...tap.token, ...carry.token, ...made.token];
      if (tap.token.length > 0) perToken.push(...block.stages[s].linears.map((linear) => linear.rows));
      for (const width of perToken) most = Math.min(most, rows(width));
      for (const [pixels, width] of [tap, carry, made].flatMap(({ images = [] }) => images)) {
        most = Math.min(most, within(pixels, width));
      }
      for (const [heads, dim, own = length] of made.heads ?? []) {
        most = Math.min(most, Math.floor(rows(dim) / (heads * padded(own))) * length);
      }
    }
  }
  return most;
}
