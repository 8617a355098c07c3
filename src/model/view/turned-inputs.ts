/**
 * Inputs of linear layers in another basis while the network runs: x ← x·D·Ĥᵀ with random signs D, and then x ← x / s, each undone in the
 * weights that read them, so that the function stays. No residual stream is asked for: it serves networks whose norms allow no rotation.
 * Feng et al. 2025, arXiv:2509.21302 (QuantVGGT), whose dense random Hadamard matrix is a fast transform here.
 */
import { blockFactors, hadamardFactors, orderOf, type HadamardFactors } from '../../numerics/hadamard';
import { randomSigns } from '../../numerics/orthogonal';
import type { AnyNetwork } from '../architecture';
import type { Block } from '../model';
import type { Edit } from './edits';
import { hadamardMap, onStretches, scaling } from './maps';
import { inputsOf } from './residual';
import type { OnlineOp, ViewChange } from './view';

/** Of a width without a Hadamard matrix: smaller ones side by side; null for odd widths, which have none but the identity. */
export function turnOf(width: number): HadamardFactors | null {
  const factors = hadamardFactors(width) ?? blockFactors(width);
  return orderOf(factors) === 1 ? null : { K: factors.K, power: factors.power };
}

/** Before every stage of the block whose width has a Hadamard matrix, with signs of its own. */
export function turnedInputs<N extends AnyNetwork>({ index, stages }: Block, seed: number): ViewChange<N> {
  const edits = new Map<string, readonly Edit[]>();
  const online = stages.flatMap(({ linears }, stage): OnlineOp[] => {
    const { cols } = linears[0];
    const factors = turnOf(cols);
    if (!factors) return [];
    const signs = Float32Array.from(randomSigns(cols, seed + stages.length * index + stage));
    const transform = onStretches(hadamardMap(factors), cols, 0, cols / orderOf(factors));
    for (const linear of linears) {
      const { tensor, axis } = inputsOf(linear);
      edits.set(tensor, [
        { kind: 'map', axis, map: scaling(signs) },
        { kind: 'map', axis, map: transform },
      ]);
    }
    const at = { place: 'tap', block: index, stage } as const;
    return [
      { ...at, kind: 'scale', values: signs },
      { ...at, kind: 'hadamard', factors },
    ];
  });
  return { key: `inputs of block ${index} turned by ${seed}`, edits, online };
}

/** x ← x / s before some stages, by their numbers; weights take exactly what the network divides by, 1 / fl(1 / s). */
export function dividedInputs<N extends AnyNetwork>(
  { index, stages }: Block,
  scales: ReadonlyMap<number, ArrayLike<number>>,
  key: string,
): ViewChange<N> {
  const edits = new Map<string, readonly Edit[]>();
  const online = [...scales].map(([stage, own]): OnlineOp => {
    const values = Float32Array.from(own, (s) => 1 / s);
    const back = Float64Array.from(values, (value) => 1 / value);
    for (const linear of stages[stage].linears) {
      const { tensor, axis } = inputsOf(linear);
      edits.set(tensor, [{ kind: 'map', axis, map: scaling(back) }]);
    }
    return { place: 'tap', block: index, stage, kind: 'scale', values };
  });
  return { key, edits, online };
}
