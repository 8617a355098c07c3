/** What stands inside a block's MLP. */
import type { Activation } from '../tensor/activation';
import type { Block } from './model';

/** The function before the last projection of a block's MLP; null where the block has none. */
export function activationOf({ plan }: Pick<Block, 'plan'>): 'silu_gate' | Activation | null {
  switch (plan.kind) {
    case 'transformer':
      return plan.activation;
    case 'dit':
      return 'gelu_tanh';
    case 'mamba':
    case 'convolution':
    case 'unet-convolution':
    case 'unet-residual':
    case 'unet-attention':
    case 'unet-transformer':
      return null;
  }
}
