/** AdamW (shaders/optimizer/adamw.wgsl), with torch.optim.AdamW's arithmetic and defaults: decoupled decay, corrected biases. */
import { defineKernel } from '../../gpu/kernel';
import type { UpdateRule } from './optimizer';

const KERNEL = defineKernel({
  shader: 'optimizer/adamw',
  entry: 'main',
  buffers: ['read', 'read', 'write', 'write', 'write'],
  params: {
    count: 'u32',
    keep: 'f32',
    step: 'f32',
    root: 'f32',
    beta1: 'f32',
    rest1: 'f32',
    beta2: 'f32',
    rest2: 'f32',
    eps: 'f32',
  },
  overrides: ['MASKED'],
});

export interface AdamWOptions {
  /** How much of the mean and of the mean square is kept a step; default 0.9 and 0.999. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the mean square; default 1e-8. Must not be 0: padding would be 0 / 0. */
  readonly eps?: number;
  /** Each step multiplies values by 1 − rate · decay; default 0.01. */
  readonly decay?: number;
}

export function adamW({ betas = [0.9, 0.999], eps = 1e-8, decay = 0.01 }: AdamWOptions = {}): UpdateRule {
  if (!(eps > 0)) throw new Error(`bug: AdamW with an eps of ${eps}`);
  const [beta1, beta2] = betas;
  return {
    name: 'AdamW',
    slots: 2,
    kernel: KERNEL,
    decay,
    params: (step, rate, decay) => ({
      keep: 1 - rate * decay,
      step: rate / (1 - beta1 ** step),
      root: Math.sqrt(1 - beta2 ** step),
      beta1,
      rest1: 1 - beta1,
      beta2,
      rest2: 1 - beta2,
      eps,
    }),
  };
}
