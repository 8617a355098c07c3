/**
 * The gains of the norms of the residual stream, moved into the layers that read behind them: W ← W diag(γ), γ ← 1 and, of a LayerNorm,
 * β ← β ⊘ γ. The function stays, to the rounding of γ·w; a rotation of the stream needs it first (QuaRot, arXiv:2404.00456, section 4).
 *
 * Where a gain is next to nothing, β ⊘ γ would dwarf what the norm gives, whose mean square is 1, and a rotation spread it over all channels:
 * then β goes into the biases of the readers, b ← b + W·β, where they have any.
 */
import { StudioError } from '../../base/errors';
import type { AnyNetwork } from '../architecture';
import type { WeightSource } from '../model';
import type { Edit } from './edits';
import { scaling } from './maps';
import type { Reader, ResidualStream } from './residual';
import type { NetworkView, ViewChange } from './view';

/** The largest |β/γ| that stays in a norm whose readers have biases. */
const DIVIDED = 8;
/** The largest where they have none: beyond it float32 leaves the logits less than five digits. */
const HELD = 1024;

/** Throws QS-RECIPE-01 where a LayerNorm has a gain by which its bias cannot be divided, and its readers no biases. */
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
    const bias = Float64Array.from(await source.read(norm.bias));
    const within = (most: number) => bias.findIndex((value, j) => !(Math.abs(value) <= most * Math.abs(gain[j])));
    const biased = readers.every((reader) => reader.bias !== null);
    if (within(biased ? DIVIDED : HELD) < 0) {
      // Of a gain of 0 nothing is left to divide.
      edits.set(norm.bias, [{ kind: 'map', axis: 'last', map: scaling(gain.map((g) => (g === 0 ? 0 : 1 / g))) }]);
    } else if (biased) {
      edits.set(norm.bias, [{ kind: 'fill', value: 0 }]);
      for (const reader of readers) {
        edits.set(reader.bias as string, [{ kind: 'add', values: await outputsOf(source, reader, bias) }]);
      }
    } else {
      const j = within(HELD);
      throw new StudioError(
        'QS-RECIPE-01',
        `The norm ${norm.weight} has a gain of ${gain[j]} at channel ${j}, and its bias of ${Number(bias[j].toPrecision(3))} there cannot be divided by it, nor go into layers without a bias: this network cannot be rotated.`,
        { channel: j },
      );
    }
  }
  return { key: 'norms fused', edits };
}

/** W·x. */
async function outputsOf(source: WeightSource, { tensor, axis }: Reader, x: Float64Array): Promise<Float64Array> {
  const weights = await source.read(tensor);
  const rows = weights.length / x.length;
  const y = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < x.length; j++) y[r] += weights[axis === 'last' ? r * x.length + j : j * rows + r] * x[j];
  }
  return y;
}
