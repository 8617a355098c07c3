/**
 * The gains of the norms of the residual stream, moved into the layers that read behind them: W ← W diag(γ), γ ← 1 and, of a LayerNorm,
 * β ← β ⊘ γ. The function stays, to the rounding of γ·w; a rotation of the stream needs it first (QuaRot, arXiv:2404.00456, section 4).
 */
import { StudioError } from '../../base/errors';
import type { AnyNetwork } from '../architecture';
import type { Edit } from './edits';
import { scaling } from './maps';
import type { ResidualStream } from './residual';
import type { NetworkView, ViewChange } from './view';

/** Throws QS-RECIPE-01 where a LayerNorm has a gain of 0, by which its bias would have to be divided. */
export async function fuseNorms<N extends AnyNetwork>(
  { source }: NetworkView<N>,
  { norms }: ResidualStream,
): Promise<ViewChange<N>> {
  const edits = new Map<string, readonly Edit[]>();
  for (const { norm, readers } of norms) {
    const gain = Float64Array.from(await source.read(norm.weight));
    for (const { tensor, axis } of readers) edits.set(tensor, [{ kind: 'map', axis, map: scaling(gain) }]);
    // Behind a last norm without a head nobody reads: it keeps its gain.
    if (readers.length === 0) continue;
    edits.set(norm.weight, [{ kind: 'fill', value: 1 }]);
    if (norm.bias === null) continue;
    const zero = gain.indexOf(0);
    if (zero >= 0) {
      throw new StudioError(
        'QS-RECIPE-01',
        `The norm ${norm.weight} has a gain of 0 at channel ${zero}, and its bias cannot be divided by it: this network cannot be rotated.`,
        { channel: zero },
      );
    }
    edits.set(norm.bias, [{ kind: 'map', axis: 'last', map: scaling(gain.map((value) => 1 / value)) }]);
  }
  return { key: 'norms fused', edits };
}
