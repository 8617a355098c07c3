/**
 * Shifts of a pair's channels, x − z: a bias before them loses z, the biases of the layers that read them gain W·z, and the function stays
 * (Outlier Suppression+, arXiv:2304.09145; RepQ-ViT, arXiv:2212.08254). Both sides need bias tensors that are there.
 */
import type { AnyNetwork } from '../architecture';
import { loadLinear } from '../linear';
import type { Block, WeightSource } from '../model';
import type { Edit } from './edits';
import type { DiagonalPair } from './pairs';
import type { ViewChange } from './view';

/** Whether biases can take a shift of the pair's channels. */
export function canShift({ offset, stage }: DiagonalPair, { stages }: Block): boolean {
  return offset !== null && stages[stage].linears.every(({ bias }) => bias !== null);
}

/** W·z of every layer that reads the pair's channels, by the tensor of its bias; z by the pair's scales. */
export async function movedBiases(
  source: WeightSource,
  { consumers: [{ places }], stage }: DiagonalPair,
  { stages }: Block,
  z: ArrayLike<number>,
): Promise<Map<string, Float64Array>> {
  const moved = new Map<string, Float64Array>();
  for (const linear of stages[stage].linears) {
    const { rows, cols, bias, name } = linear;
    if (bias === null) throw new Error(`bug: ${name} has no bias that could take a shift`);
    const w = await loadLinear(source, linear);
    const more = new Float64Array(rows);
    for (let r = 0; r < rows; r++) for (let j = 0; j < cols; j++) more[r] += w[r * cols + j] * z[places[j]];
    moved.set(bias, more);
  }
  return moved;
}

export interface Shifts {
  /** z of a pair, by its id. */
  readonly by: ReadonlyMap<string, Float64Array>;
  /** What readers' biases gain, by their tensors. */
  readonly moved: ReadonlyMap<string, Float64Array>;
}

/** Moves the channels of all pairs that have a shift. */
export function shifted<N extends AnyNetwork>(
  pairs: readonly DiagonalPair[],
  { by, moved }: Shifts,
  key: string,
): ViewChange<N> {
  const edits = new Map<string, Edit[]>();
  const add = (tensor: string, values: Float64Array) =>
    edits.set(tensor, [...(edits.get(tensor) ?? []), { kind: 'add', values }]);
  for (const { id, offset } of pairs) {
    const z = by.get(id);
    if (!z) continue;
    if (!offset) throw new Error(`bug: a shift of ${id}, which has no bias to take it`);
    add(
      offset.tensor,
      Float64Array.from(offset.places, (place) => (place < 0 ? 0 : -z[place])),
    );
  }
  for (const [tensor, values] of moved) add(tensor, values);
  return { key, edits };
}
