/** Whether a GPU may hold all weights of a network at once, each in one piece, for what is learned on the whole of it. */
import { StudioError } from '../base/errors';
import type { Gpu } from '../gpu/gpu';
import type { AnyNetwork } from '../model/architecture';
import { linearsIn } from '../model/linears';
import { padded } from '../tensor/tensor';
import { mib } from './hessian-limit';
import { blockLack } from './weight-limit';

/** Most bytes of weights that are held. */
const WEIGHT_BYTES = 2 ** 31;

/** How a refusal says it. */
export interface HeldWords {
  /** 'Training the whole network'. */
  readonly work: string;
  /** Before why a block's weight is too large: 'The whole network is not trained'. */
  nothing(block: string): string;
  /** 'train block by block': what a person may do instead. */
  readonly instead: string;
}

/** Throws QS-GPU-03 where the weights are more than are held, or one is more than a buffer. */
export function assertHeld(network: AnyNetwork, { buffers }: Gpu, { work, nothing, instead }: HeldWords): void {
  const bytes = linearsIn(network).reduce((sum, { rows, cols }) => sum + 4 * padded(rows) * padded(cols), 0);
  if (bytes > WEIGHT_BYTES) {
    throw new StudioError(
      'QS-GPU-03',
      `${work} holds its weights of ${mib(bytes)} on the GPU, and at most ${mib(WEIGHT_BYTES)} are held: ${instead}, or take a smaller model.`,
      { bytes, limit: WEIGHT_BYTES },
    );
  }
  for (const block of network.blocks) {
    const lack = blockLack(linearsIn({ blocks: [block] }), buffers.tileBytes);
    if (lack) {
      const otherwise = instead.replace(/^./, (letter) => letter.toUpperCase());
      throw new StudioError('QS-GPU-03', `${nothing(block.name)}: ${lack} ${otherwise}.`);
    }
  }
}
