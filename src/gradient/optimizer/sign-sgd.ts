/** Sign descent within bounds (shaders/optimizer/sign.wgsl): every entry moves by the rate, against its gradient (SignRound, arXiv:2309.05516). */
import { defineKernel } from '../../gpu/kernel';
import type { UpdateRule } from './optimizer';

const KERNEL = defineKernel({
  shader: 'optimizer/sign',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { count: 'u32', rate: 'f32', low: 'f32', high: 'f32' },
  overrides: ['MASKED'],
});

/** What no value may leave; must hold 0, which the padding is. */
export interface SignOptions {
  readonly low: number;
  readonly high: number;
}

export function signSgd({ low, high }: SignOptions): UpdateRule {
  if (!(low <= 0 && high >= 0)) throw new Error(`bug: sign descent within ${low} … ${high}, without 0`);
  return { name: 'sign', slots: 0, kernel: KERNEL, decay: 0, params: (_, rate) => ({ rate, low, high }) };
}
