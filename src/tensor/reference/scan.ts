/** Float64 twins of selective-scan.ts and depthwise-conv.ts: written out, one number after the other. */
import { matrix, type Matrix } from './matrix';

/** Mamba's selective scan; u and delta: tokens × channels, a: channels × states, b and c: tokens × states, skip: 1 × channels. */
export function selectiveScan(
  { u, delta, a, b, c, skip }: Record<'u' | 'delta' | 'a' | 'b' | 'c' | 'skip', Matrix>,
  length: number,
): Matrix {
  const [channels, states] = [u.cols, a.cols];
  const y = matrix(u.rows, channels);
  for (let channel = 0; channel < channels; channel++) {
    let h = new Float64Array(states);
    for (let row = 0; row < u.rows; row++) {
      if (row % length === 0) h = new Float64Array(states);
      const [x, step] = [u.data[row * channels + channel], delta.data[row * channels + channel]];
      let sum = skip.data[channel] * x;
      for (let n = 0; n < states; n++) {
        h[n] = Math.exp(step * a.data[channel * states + n]) * h[n] + step * b.data[row * states + n] * x;
        sum += c.data[row * states + n] * h[n];
      }
      y.data[row * channels + channel] = sum;
    }
  }
  return y;
}

/** Each channel by itself: a token sees itself and the width − 1 before it in its window. x: tokens × channels; weight: channels × width. */
export function depthwiseCausalConv(x: Matrix, weight: Matrix, bias: Matrix | null, length: number): Matrix {
  const [channels, width] = [x.cols, weight.cols];
  const y = matrix(x.rows, channels);
  for (let row = 0; row < x.rows; row++) {
    for (let channel = 0; channel < channels; channel++) {
      let sum = bias ? bias.data[channel] : 0;
      for (let k = 0; k < width; k++) {
        const back = width - 1 - k;
        if (back <= row % length) sum += weight.data[channel * width + k] * x.data[(row - back) * channels + channel];
      }
      y.data[row * channels + channel] = sum;
    }
  }
  return y;
}
