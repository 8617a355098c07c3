/**
 * Scales between queries and keys: each channel of a head's keys divided and the same channel of the queries that meet it multiplied, so that
 * their products stay. Lin et al. 2024, arXiv:2405.04532 (QServe's SmoothAttention). Rotary positions turn channels i and i + d/2 into each
 * other, so that both have one scale; heads that share keys share scales, and where heads have a norm of their own its gain takes them, which
 * all heads share.
 */
import type { AnyNetwork } from '../architecture';
import { attends, type Block, type Linear } from '../model';
import type { Edit } from './edits';
import { scaling } from './maps';
import { outputsOf } from './residual';
import type { ViewChange } from './view';

/** Where a block's queries and keys are made. */
export interface KeyHeads {
  /** The stage whose linears make them. */
  readonly stage: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly dim: number;
  /** Columns of a head that rotary positions turn, its first ones; 0 without. */
  readonly turned: number;
  /** Whether all heads have one scale a channel. */
  readonly shared: boolean;
}

/** Null where a block has no attention. */
export function keyHeadsOf({ stages, plan }: Block): KeyHeads | null {
  if (!attends(plan)) return null;
  if (plan.kind === 'dit') {
    const dim = stages[2].linears[0].cols / plan.heads;
    return { stage: 1, heads: plan.heads, keyHeads: plan.heads, dim, turned: 0, shared: false };
  }
  const { heads, keyHeads, dim, rope, keyNorm } = plan.attention;
  return { stage: 0, heads, keyHeads, dim, turned: rope?.dim ?? 0, shared: keyNorm !== null };
}

/** One scale for channels that are turned into each other, and for all heads where they share theirs: the largest. keyHeads × dim. */
export function tiedScales({ keyHeads, dim, turned, shared }: KeyHeads, scales: ArrayLike<number>): Float64Array {
  const tied = Float64Array.from(scales);
  const tie = (...places: number[]) => {
    const most = Math.max(...places.map((place) => tied[place]));
    for (const place of places) tied[place] = most;
  };
  for (let head = 0; head < keyHeads; head++) {
    for (let i = 0; i < turned / 2; i++) tie(head * dim + i, head * dim + i + turned / 2);
  }
  if (shared) for (let i = 0; i < dim; i++) tie(...Array.from({ length: keyHeads }, (_, head) => head * dim + i));
  return tied;
}

/** Keys ÷ s, queries × s; `scales`: keyHeads × dim, tied. */
export function scaledKeys<N extends AnyNetwork>(block: Block, scales: Float64Array, key: string): ViewChange<N> {
  const own = keyHeadsOf(block);
  if (!own) return { key, edits: new Map() };
  const { stage, heads, keyHeads, dim } = own;
  const edits = new Map<string, Edit[]>();
  const edit = (tensor: string, one: Edit) => edits.set(tensor, [...(edits.get(tensor) ?? []), one]);
  const inverse = scales.map((s) => 1 / s);
  const { plan } = block;
  if (plan.kind === 'transformer' && plan.attention.keyNorm && plan.attention.queryNorm) {
    const { keyNorm, queryNorm } = plan.attention;
    edit(keyNorm.weight, { kind: 'map', axis: 'last', map: scaling(inverse.subarray(0, dim)) });
    edit(queryNorm.weight, { kind: 'map', axis: 'last', map: scaling(scales.subarray(0, dim)) });
    return { key, edits };
  }
  // Each query's head meets the keys of the head that it shares.
  const queries = Float64Array.from({ length: heads * dim }, (_, i) => {
    const head = Math.floor(Math.floor(i / dim) / (heads / keyHeads));
    return scales[head * dim + (i % dim)];
  });
  const { linears } = block.stages[stage];
  const placed = (linear: Linear, first: number, values: Float64Array) => {
    const all = new Float64Array(linear.rows).fill(1);
    all.set(values, first);
    for (const { tensor, axis } of outputsOf(linear)) edit(tensor, { kind: 'map', axis, map: scaling(all) });
  };
  const [fused] = linears;
  if (fused.role === 'qkv') {
    placed(fused, 0, queries);
    placed(fused, heads * dim, inverse);
    return { key, edits };
  }
  for (const [role, values] of [
    ['q', queries],
    ['k', inverse],
  ] as const) {
    const linear = linears.find((one) => one.role === role);
    if (!linear) throw new Error(`bug: ${block.name} attends without ${role}`);
    placed(linear, 0, values);
  }
  return { key, edits };
}
