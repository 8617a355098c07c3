/**
 * Invertible Kronecker products before linear layers: x·(A ⊗ B) while the network runs, and W·(A ⊗ B)⁻ᵀ in its weights, so that
 * x·(A ⊗ B) · (W·(A ⊗ B)⁻ᵀ)ᵀ = x·Wᵀ whatever the factors. Sun et al. 2025, arXiv:2410.09426 (FlatQuant), section 3.
 */
import { transpose, type Matrix } from '../../numerics/matrix';
import { inverse } from '../../numerics/solve';
import type { AnyNetwork } from '../architecture';
import type { Block } from '../model';
import type { Edit } from './edits';
import { kroneckerMap } from './maps';
import { inputsOf } from './residual';
import type { OnlineOp, ViewChange } from './view';

/** Before one stage's linears: orders of A and B multiply to the width of their inputs. */
export interface KroneckerTap {
  readonly stage: number;
  readonly a: Matrix;
  readonly b: Matrix;
}

export function kroneckerTaps<N extends AnyNetwork>(
  { index: block, stages, name }: Block,
  taps: readonly KroneckerTap[],
  key: string,
): ViewChange<N> {
  const edits = new Map<string, readonly Edit[]>();
  const online = taps.map(({ stage, a, b }): OnlineOp => {
    const back = kroneckerMap(...([a, b].map((factor) => inverseOf(factor, name)) as [Matrix, Matrix]));
    for (const linear of stages[stage].linears) {
      const { tensor, axis } = inputsOf(linear);
      edits.set(tensor, [{ kind: 'map', axis, map: back }]);
    }
    return { place: 'tap', block, stage, kind: 'kronecker', a, b };
  });
  return { key, edits, online };
}

/** Its transpose, as rows of a weight take it. */
function inverseOf(factor: Matrix, name: string): Matrix {
  const found = inverse(factor);
  if (!found) throw new Error(`bug: a factor of ${factor.rows} × ${factor.cols} for ${name} has no inverse`);
  return transpose(found);
}
