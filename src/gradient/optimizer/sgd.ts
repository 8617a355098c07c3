/** Stochastic gradient descent (shaders/optimizer/sgd.wgsl), with torch.optim.SGD's arithmetic: no dampening, no Nesterov. */
import { defineKernel } from '../../gpu/kernel';
import type { UpdateRule } from './optimizer';

const PARAMS = { count: 'u32', rate: 'f32', decay: 'f32', momentum: 'f32' } as const;

const PLAIN = defineKernel({
  shader: 'optimizer/sgd',
  entry: 'plain',
  buffers: ['read', 'read', 'write'],
  params: PARAMS,
  overrides: ['MASKED'],
});

const MOMENTUM = defineKernel({
  shader: 'optimizer/sgd',
  entry: 'momentum',
  buffers: ['read', 'read', 'write', 'write'],
  params: PARAMS,
  overrides: ['MASKED'],
});

export interface SgdOptions {
  /** Default 0, which keeps no state. */
  readonly momentum?: number;
  /** Added to the gradient as decay · value; default 0. */
  readonly decay?: number;
}

export function sgd({ momentum = 0, decay = 0 }: SgdOptions = {}): UpdateRule {
  return {
    name: 'SGD',
    slots: momentum === 0 ? 0 : 1,
    kernel: momentum === 0 ? PLAIN : MOMENTUM,
    decay,
    params: (_, rate, decay) => ({ rate, decay, momentum }),
  };
}
