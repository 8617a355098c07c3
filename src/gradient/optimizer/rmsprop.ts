/** RMSprop (shaders/optimizer/rmsprop.wgsl), with torch.optim.RMSprop's arithmetic and defaults: not centred, without momentum. */
import { defineKernel } from '../../gpu/kernel';
import type { UpdateRule } from './optimizer';

const KERNEL = defineKernel({
  shader: 'optimizer/rmsprop',
  entry: 'main',
  buffers: ['read', 'read', 'write', 'write'],
  params: { count: 'u32', rate: 'f32', decay: 'f32', alpha: 'f32', rest: 'f32', eps: 'f32' },
  overrides: ['MASKED'],
});

export interface RmsPropOptions {
  /** How much of the mean square is kept a step; default 0.99. VQ4DiT uses 0.9. */
  readonly alpha?: number;
  /** Added to the root of the mean square; default 1e-8. Must not be 0: padding would be 0 / 0. */
  readonly eps?: number;
  /** Added to the gradient as decay · value; default 0. */
  readonly decay?: number;
}

export function rmsProp({ alpha = 0.99, eps = 1e-8, decay = 0 }: RmsPropOptions = {}): UpdateRule {
  if (!(eps > 0)) throw new Error(`bug: RMSprop with an eps of ${eps}`);
  return {
    name: 'RMSprop',
    slots: 1,
    kernel: KERNEL,
    decay,
    params: (_, rate, decay) => ({ rate, decay, alpha, rest: 1 - alpha, eps }),
  };
}
