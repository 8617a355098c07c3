/**
 * Changes of basis of a network. The residual stream h ↦ h·Q: writers and readers alike have their vectors in the stream sent through Q,
 * for a reader of h·Q is W·Q where one of h was W (QuaRot's and SpinQuant's R1). Each head's values v ↦ v·R, and the output projection's
 * inputs with them (R2), shared by all heads of a block.
 *
 * Q is orthogonal, and the norms have no gains left (fuse-norms.ts), unless it is diagonal. An RMSNorm allows any such Q. A LayerNorm
 * takes the mean out, so Q must keep the direction of the mean, 1ᵀQ ∝ 1ᵀ; then LN(h·Q) = LN(h)·Q, and the plan stays as it is.
 */
import { readsText, type AnyNetwork } from '../architecture';
import type { Block } from '../model';
import type { Edit } from './edits';
import { onStretches, type VectorMap } from './maps';
import { valueHeadsOf, type ResidualStream, type Site } from './residual';
import { changed, type NetworkView, type ViewChange } from './view';

/** Name of the head of a network whose head was its embedding. */
export const UNTIED_HEAD = 'lm_head.weight';

/** The view with a head of its own, where it is of a language model whose head is its embedding; else the view itself. */
export function untied(view: NetworkView): NetworkView {
  const network = separateHead(view.network);
  if (network === view.network || !readsText(network)) return view;
  return changed(view, {
    key: 'head untied',
    edits: new Map(),
    copies: new Map([[UNTIED_HEAD, network.ends.embedding]]),
    network: () => network,
  });
}

/** The plan of the same: the network itself where there is nothing to untie. */
export function separateHead(network: AnyNetwork): AnyNetwork {
  if (!readsText(network)) return network;
  const { head, embedding } = network.ends;
  if (head === null || head !== embedding) return network;
  return { ...network, ends: { ...network.ends, head: UNTIED_HEAD } };
}

export function rotateResidual<N extends AnyNetwork>(
  { writers, norms }: ResidualStream,
  map: VectorMap,
  key: string,
): ViewChange<N> {
  const biases = norms.flatMap(({ norm, readers }): Site[] =>
    norm.bias === null || readers.length === 0 ? [] : [{ tensor: norm.bias, axis: 'last' }],
  );
  const sites = [...writers, ...norms.flatMap(({ readers }) => readers), ...biases];
  return { key, edits: new Map(sites.map(({ tensor, axis }) => [tensor, [{ kind: 'map', axis, map }]])) };
}

/** `mapOf`: of vectors of a head's width; the same for all heads of a block. */
export function rotateValues<N extends AnyNetwork>(
  blocks: readonly Block[],
  mapOf: (dim: number, block: Block) => VectorMap,
  key: string,
): ViewChange<N> {
  const edits = new Map<string, readonly Edit[]>();
  for (const block of blocks) {
    const heads = valueHeadsOf(block);
    if (!heads) continue;
    const map = mapOf(heads.dim, block);
    for (const { tensor, axis, size, first, count } of heads.values) {
      edits.set(tensor, [{ kind: 'map', axis, map: onStretches(map, size, first, count) }]);
    }
    const { tensor, axis, size, count } = heads.output;
    edits.set(tensor, [{ kind: 'map', axis, map: onStretches(map, size, 0, count) }]);
  }
  return { key, edits };
}
