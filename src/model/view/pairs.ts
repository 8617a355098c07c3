/**
 * Diagonal pairs: where one tensor's outputs meet another's inputs and nothing but what a scale passes through stands between, channels may
 * be divided on one side and multiplied on the other, x/s · (W diag(s))ᵀ, and the function stays. SmoothQuant (arXiv:2211.10438), AWQ
 * (arXiv:2306.00978), cross-layer equalization (Nagel et al. 2019), Outlier Suppression+ and RepQ-ViT differ in how they choose s alone.
 *
 *   norm → the layers that read it     γ, β ÷ s
 *   up → down                          where the activation between is a gate's product, or a ReLU, which positive scales pass through
 *   v → o                              values are averaged and nothing else; heads that share values share scales
 *   adaLN's modulation → its readers   shift ÷ s; 1 + scale ÷ s, so that the bias of the scale becomes (1 + b)/s − 1
 */
import type { AnyNetwork } from '../architecture';
import type { Block, Linear } from '../model';
import type { Edit } from './edits';
import { scaling } from './maps';
import { inputsOf, outputsOf, valueHeadsOf, type Site } from './residual';
import type { ViewChange } from './view';

/** A tensor on one side of a pair: which scale each place along the axis takes, −1 for none. */
export interface PairSite extends Site {
  readonly places: Int32Array;
  /** What is divided is the tensor plus one. */
  readonly plusOne?: boolean;
}

/** What stands on the divided side. */
export type PairKind = 'norm' | 'modulation' | 'v' | 'up';

export interface DiagonalPair {
  readonly kind: PairKind;
  /** 'model.layers.0: norm → q_proj': unique in a network. */
  readonly id: string;
  readonly block: number;
  /** The stage whose inputs are divided. */
  readonly stage: number;
  /** Scales there are to choose. */
  readonly width: number;
  /** Divided. */
  readonly producers: readonly PairSite[];
  /** Multiplied. */
  readonly consumers: readonly PairSite[];
  /** A bias that moves the channels and nothing else (shifts.ts); null where there is none. */
  readonly offset: PairSite | null;
}

/** All pairs of a network, block by block in the order of their stages. */
export function diagonalPairs({ blocks }: Pick<AnyNetwork, 'blocks'>): DiagonalPair[] {
  return blocks.flatMap((block) => [...normPairs(block), ...valuePairs(block), ...upPairs(block)]).sort(inOrder);
}

/** Divides the producers and multiplies the consumers of every pair that has scales, by its id; all positive. */
export function divided<N extends AnyNetwork>(
  pairs: readonly DiagonalPair[],
  scales: ReadonlyMap<string, Float64Array>,
  key: string,
): ViewChange<N> {
  const edits = new Map<string, Edit[]>();
  const edit = (tensor: string, one: Edit) => edits.set(tensor, [...(edits.get(tensor) ?? []), one]);
  for (const { id, width, producers, consumers } of pairs) {
    const s = scales.get(id);
    if (!s) continue;
    if (s.length !== width || !s.every((scale) => scale > 0 && Number.isFinite(scale))) {
      throw new Error(`bug: ${s.length} scales for ${id}, which takes ${width} positive ones`);
    }
    for (const { tensor, axis, places, plusOne } of producers) {
      const inverse = Float64Array.from(places, (place) => (place < 0 ? 1 : 1 / s[place]));
      edit(tensor, { kind: 'map', axis, map: scaling(inverse) });
      // (1 + b)/s − 1 = b/s + (1/s − 1)
      if (plusOne) edit(tensor, { kind: 'add', values: inverse.map((scale) => scale - 1) });
    }
    for (const { tensor, axis, places } of consumers) {
      edit(tensor, { kind: 'map', axis, map: scaling(Float64Array.from(places, (at) => (at < 0 ? 1 : s[at]))) });
    }
  }
  return { key, edits };
}

function inOrder(a: DiagonalPair, b: DiagonalPair): number {
  return a.block - b.block || a.stage - b.stage;
}

/** Scale i at place i, from `first` on among `size` places. */
function straight(width: number, size = width, first = 0): Int32Array {
  return Int32Array.from({ length: size }, (_, i) => (i >= first && i < first + width ? i - first : -1));
}

function readers(linears: readonly Linear[]): PairSite[] {
  return linears.map((linear) => ({ ...inputsOf(linear), places: straight(linear.cols) }));
}

function normPairs({ index, name, stages, plan }: Block): DiagonalPair[] {
  const pair = (
    stage: number,
    kind: 'norm' | 'modulation',
    producers: readonly PairSite[],
    offset: PairSite | null,
  ): DiagonalPair => {
    const { linears } = stages[stage];
    const id = `${name}: ${kind} → ${linears.map(({ role }) => role).join(', ')}`;
    return { kind, id, block: index, stage, width: linears[0].cols, producers, consumers: readers(linears), offset };
  };
  const vectors = (names: readonly (string | null)[], width: number) =>
    names.flatMap((tensor): PairSite[] => (tensor === null ? [] : [{ tensor, axis: 'last', places: straight(width) }]));
  const behind = (stage: number, norm: { readonly weight: string; readonly bias: string | null }) => {
    const [gain, bias = null] = vectors([norm.weight, norm.bias], stages[stage].linears[0].cols);
    return pair(stage, 'norm', bias ? [gain, bias] : [gain], bias);
  };
  switch (plan.kind) {
    case 'transformer':
      return [behind(0, plan.inputNorm), behind(2, plan.outputNorm)];
    case 'mamba':
      return [behind(0, plan.norm)];
    case 'convolution':
    case 'unet-convolution':
    case 'unet-residual':
    case 'unet-attention':
    case 'unet-transformer':
      return [];
    case 'dit': {
      const [modulation] = stages[0].linears;
      // Without a bias there is nothing that a scale's 1 could be moved into.
      if (modulation.bias === null) return [];
      const width = modulation.cols;
      /** `part`: the sixth of the modulation that holds the shift; the scale is behind it. */
      const modulated = (stage: number, part: number) => {
        const sites = [part, part + 1].flatMap((at) =>
          outputsOf(modulation).map((site) => ({
            ...site,
            places: straight(width, modulation.rows, at * width),
            ...(at === part + 1 && site.tensor === modulation.bias ? { plusOne: true } : {}),
          })),
        );
        const shift = { tensor: modulation.bias as string, axis: 'last' as const };
        return pair(stage, 'modulation', sites, { ...shift, places: straight(width, modulation.rows, part * width) });
      };
      return [modulated(1, 0), modulated(3, 3)];
    }
  }
}

function valuePairs(block: Block): DiagonalPair[] {
  const heads = valueHeadsOf(block);
  if (!heads) return [];
  const { dim, values, output, stage } = heads;
  const [{ count }] = values;
  const shared = output.count / count;
  const consumers = Int32Array.from({ length: output.size }, (_, i) => {
    return Math.floor(Math.floor(i / dim) / shared) * dim + (i % dim);
  });
  const [matrix, bias = null] = values.map(({ tensor, axis, size, first }): PairSite => ({
    tensor,
    axis,
    places: straight(count * dim, size, first),
  }));
  return [
    {
      kind: 'v',
      id: `${block.name}: v → o`,
      block: block.index,
      stage,
      width: count * dim,
      producers: bias ? [matrix, bias] : [matrix],
      consumers: [{ tensor: output.tensor, axis: output.axis, places: consumers }],
      // Attention's weights sum to 1: what moves every value moves their mean.
      offset: bias,
    },
  ];
}

function upPairs({ index, name, stages, plan }: Block): DiagonalPair[] {
  if (plan.kind !== 'transformer' || (plan.activation !== 'silu_gate' && plan.activation !== 'relu')) return [];
  const up = stages[2].linears.find(({ role }) => role === 'up' || role === 'fc');
  const [down] = stages[3].linears;
  if (!up) throw new Error(`bug: ${name} has nothing that goes up`);
  return [
    {
      kind: 'up',
      id: `${name}: ${up.role} → down`,
      block: index,
      stage: 3,
      width: up.rows,
      producers: outputsOf(up).map((site) => ({ ...site, places: straight(up.rows) })),
      consumers: readers([down]),
      offset: null,
    },
  ];
}
