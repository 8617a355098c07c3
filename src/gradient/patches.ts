/**
 * Images to tokens and back, with gradients (src/tensor/patches.ts). An image is a row of channels · height · width numbers. A patch
 * embedding is `patches` and then `linear` by the convolution's weight, flattened to hidden × (channels · patch²).
 */
import { cutPatches, joinPatches, type PatchGrid } from '../tensor/patches';
import type { Tape, Variable } from './tape';

/** images × (channels · height · width) → (images · tokens) × (channels · patch²), in the order of a convolution's weight. */
export function patches(tape: Tape, x: Variable, grid: PatchGrid): Variable {
  return tape.record(cutPatches(x.value, grid, 'channel first'), [x], (g) => [joinPatches(g, grid, 'channel first')]);
}

/** (images · tokens) × (patch² · channels) → images × (channels · height · width): DiT's 'nhwpqc->nchpwq'. */
export function unpatchify(tape: Tape, x: Variable, grid: PatchGrid): Variable {
  return tape.record(joinPatches(x.value, grid, 'channel last'), [x], (g) => [cutPatches(g, grid, 'channel last')]);
}
