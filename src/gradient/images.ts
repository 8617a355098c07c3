/**
 * Operations on images with gradients (src/tensor/conv2d.ts, group-norm.ts, pool.ts, upsample.ts). Pixels are rows, image after image and row by
 * row, and channels columns: (images · height · width) × channels. From a row of numbers an image: `patches` with patches of 1.
 */
import { addBias } from '../tensor/bias';
import { columnSums } from '../tensor/column-sums';
import { isPointwise, unroll, unrollBack, windowRows } from '../tensor/convolution';
import { convolve, convolveBack, type Convolution } from '../tensor/conv2d';
import { groupNorm as norm, groupNormBack, type GroupNorm } from '../tensor/group-norm';
import { maxPool as pool, maxPoolBack, type Pooling } from '../tensor/pool';
import { upsample2x as upsample, upsample2xBack, type ImageSize } from '../tensor/upsample';
import type { Tape, Variable } from './tape';

/** weight: outputs × (channels · side²) in torch's order, bias: 1 × outputs; (images · outHeight · outWidth) × outputs. */
export function conv2d(
  tape: Tape,
  x: Variable,
  weight: Variable,
  bias: Variable | null,
  options: Convolution,
): Variable {
  const y = convolve(x.value, weight.value, options);
  if (bias) addBias(y, bias.value);
  return tape.record(y, bias ? [x, weight, bias] : [x, weight], (g) => {
    const made = convolveBack(x.value, weight.value, g, options, { x: x.needsGrad, weight: weight.needsGrad });
    return [made.x, made.weight, ...(bias ? [bias.needsGrad ? columnSums(g) : null] : [])];
  });
}

/** weight and bias: 1 × channels. */
export function groupNorm(tape: Tape, x: Variable, weight: Variable, bias: Variable, options: GroupNorm): Variable {
  const { y, ...moments } = norm(x.value, weight.value, bias.value, options);
  const keeps = tape.needs(x, weight, bias);
  for (const tensor of [moments.mean, moments.rate]) {
    if (keeps) tape.keep(tensor);
    else tensor.release();
  }
  return tape.record(y, [x, weight, bias], (g) => {
    const made = groupNormBack(x.value, weight.value, moments, g, options);
    return [made.x, made.weight, made.bias];
  });
}

/** Nearest neighbours, twice the height and width of `size`. */
export function upsample2x(tape: Tape, x: Variable, size: ImageSize): Variable {
  return tape.record(upsample(x.value, size), [x], (g) => [upsample2xBack(g, size)]);
}

/** The windows of a convolution, tap-major, one a row: what it multiplies its weight with. One that looks at single pixels has x itself. */
export function windows(tape: Tape, x: Variable, options: Convolution): Variable {
  if (isPointwise(options)) return x;
  const { rows, cols } = x.value;
  const y = unroll(x.value, options, 0, windowRows(rows, options));
  return tape.record(y, [x], (g) => [unrollBack(g, rows, cols, options)]);
}

/** The largest value of each window; a mean over whole images is `meanRows` (modulation.ts). */
export function maxPool(tape: Tape, x: Variable, options: Pooling): Variable {
  return tape.record(pool(x.value, options), [x], (g) => [maxPoolBack(x.value, g, options)]);
}
