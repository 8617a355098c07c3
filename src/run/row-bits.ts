/**
 * What a row's activations and its cache take beside its weights: bits of a value that layers read, and of a number of the keys and values that
 * a decoder keeps, what their ranges take counted in. They pass, or grow with a text: so they stand beside the bits of weights, and in no ratio.
 */
import type { AnyNetwork, Block } from '../model/architecture';
import type { RecipeStep } from '../recipe/row';
import type { AttentionId } from '../step/face';
import type { TapQuantizer } from '../step/step';
import { ATTENTION } from '../step/table';
import { rowsAt, stageWidths } from './block-bytes';
import type { RowSummary } from './events';

export type RowBits = Pick<RowSummary, 'activationBits' | 'cacheBits'>;

/** What is not quantized counts as this, like numbers of ranges. */
const LEFT_BITS = 16;

/** `quantizer`: of a stage's input; null where it is left as it is, undefined where nothing is known of it. */
export function activationBits(
  { blocks, hidden }: AnyNetwork,
  length: number,
  quantizer: (block: Block, stage: number) => TapQuantizer | null | undefined,
): RowBits {
  let [bits, values] = [0, 0];
  for (const block of blocks) {
    for (const [stage, { linears }] of block.stages.entries()) {
      const known = quantizer(block, stage);
      if (known === undefined) return {};
      const rows = rowsAt(stageWidths(block, hidden)[stage], { windows: 1, length });
      const own = rows * linears[0].cols;
      bits += own * (known?.bits(rows) ?? LEFT_BITS);
      values += own;
    }
  }
  return { activationBits: bits / values };
}

/** Of a step within attention; nothing where the network keeps no cache. */
export function cacheBits(network: AnyNetwork, { step, options }: RecipeStep, length: number): RowBits {
  const bits = ATTENTION[step as AttentionId].cacheBits(network, options, length);
  return bits ? { cacheBits: bits } : {};
}
