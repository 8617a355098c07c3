/** Mamba's causal depthwise convolution with gradients (src/tensor/depthwise-conv.ts), within windows of `length` tokens. */
import { columnSums } from '../tensor/column-sums';
import {
  depthwiseCausalConv as convolve,
  depthwiseCausalConvBack,
  depthwiseCausalConvWeights,
} from '../tensor/depthwise-conv';
import type { Tape, Variable } from './tape';

/** x: tokens × channels; weight: channels × width; bias: 1 × channels, or none. */
export function depthwiseCausalConv(
  tape: Tape,
  x: Variable,
  weight: Variable,
  bias: Variable | null,
  length: number,
): Variable {
  const y = convolve(x.value, weight.value, bias?.value ?? null, length);
  return tape.record(y, bias ? [x, weight, bias] : [x, weight], (g) => [
    x.needsGrad ? depthwiseCausalConvBack(g, weight.value, length) : null,
    weight.needsGrad ? depthwiseCausalConvWeights(x.value, g, weight.value.cols, length) : null,
    ...(bias ? [bias.needsGrad ? columnSums(g) : null] : []),
  ]);
}
