/**
 * Hooks: what is done to activations on their way through a block, beside what its plan says. A view's online operations are exact ones
 * (view/online.ts); activation and cache quantizers approximate. They act on a tape, so that what a network is trained through, sampled
 * with and measured by is the same. Without hooks a block runs as ever, to the bit.
 */
import { attendHeads } from '../gradient/attention';
import type { Tape, Variable } from '../gradient/tape';
import type { AttendOptions } from '../tensor/attend-inputs';
import type { Geometry } from './model';

/**
 * tap: the input of a stage's linears, tokens × width (of what steers a DiT's block: windows × width). rounded tap: the same behind that, as
 * weights see it; a branch beside a weight sees the tap before. The others lie within attention, a head
 * below the other as heads.ts lays them out: query, key and value as attention takes them; plain key: before rotary positions.
 */
export type Place = 'tap' | 'rounded tap' | 'query' | 'plain key' | 'key' | 'value';

export interface At {
  readonly place: Place;
  readonly block: number;
  readonly stage: number;
  /** Heads in x, within attention; 1 at a tap. */
  readonly heads: number;
}

export interface Attention {
  readonly query: Variable;
  readonly key: Variable;
  readonly value: Variable;
  /** Keys before rotary positions. */
  readonly plain: Variable;
  /** `key` from `plain`: rotary positions, then what hooks do to keys. For who keeps keys of before. */
  turned(plain: Variable): Variable;
}

export interface Hooks {
  /** What the network goes on with in the place of x: x itself where there is nothing to do. */
  on(tape: Tape, at: At, x: Variable, g: Geometry): Variable;
  /** Attention's output in the place of the plain one; null, or no such function: the plain one. */
  attend?(tape: Tape, block: number, inputs: Attention, g: Geometry, options: AttendOptions): Variable | null;
  /** Gives back what it holds on the GPU. */
  release?(): void;
}

/** One after another, in their order; of several that would attend the first does. */
export function inTurn(...hooks: readonly (Hooks | null)[]): Hooks | null {
  const all = hooks.filter((one) => one !== null);
  if (all.length < 2) return all[0] ?? null;
  return {
    on: (tape, at, x, g) => all.reduce((y, one) => one.on(tape, at, y, g), x),
    attend: (...given) => all.reduce<Variable | null>((made, one) => made ?? one.attend?.(...given) ?? null, null),
    release: () => all.forEach((one) => one.release?.()),
  };
}

/** A stage's input as branches beside its linears get it, and as its linears do. */
export function hookedTap(hooks: Hooks | null, tape: Tape, block: number, stage: number, x: Variable, g: Geometry) {
  if (!hooks) return { tap: x, rounded: x };
  const tap = hooks.on(tape, { place: 'tap', block, stage, heads: 1 }, x, g);
  return { tap, rounded: hooks.on(tape, { place: 'rounded tap', block, stage, heads: 1 }, tap, g) };
}

/** What a block knows of the attention it is about to do. */
export interface AttentionPlace {
  readonly block: number;
  /** The stage whose outputs query, key and value are. */
  readonly stage: number;
  readonly options: AttendOptions;
}

/** One of attention's inputs as its hooks give it. */
export function hookedInput(
  hooks: Hooks | null,
  tape: Tape,
  place: Exclude<Place, 'tap' | 'rounded tap'>,
  { block, stage, options: { heads, keyHeads } }: AttentionPlace,
  x: Variable,
  g: Geometry,
): Variable {
  return hooks ? hooks.on(tape, { place, block, stage, heads: place === 'query' ? heads : keyHeads }, x, g) : x;
}

/** What a block brings to its attention. */
export interface AttentionInputs {
  readonly query: Variable;
  /** Before rotary positions. */
  readonly plain: Variable;
  readonly value: Variable;
  /** Rotary positions of keys; x itself where there are none. */
  turn(x: Variable): Variable;
}

/** Attention through its hooks: heads of query (after rotary positions), key (before) and value in, heads of the mixture out. */
export function hookedAttention(
  hooks: Hooks | null,
  tape: Tape,
  at: AttentionPlace,
  inputs: AttentionInputs,
  g: Geometry,
): Variable {
  const keys = { ...g, length: at.options.keyLength ?? g.length };
  const turned = (x: Variable) => hookedInput(hooks, tape, 'key', at, inputs.turn(x), keys);
  const plain = hookedInput(hooks, tape, 'plain key', at, inputs.plain, keys);
  const query = hookedInput(hooks, tape, 'query', at, inputs.query, g);
  const key = turned(plain);
  const value = hookedInput(hooks, tape, 'value', at, inputs.value, keys);
  return (
    hooks?.attend?.(tape, at.block, { query, key, value, plain, turned }, g, at.options) ??
    attendHeads(tape, query, key, value, g, at.options)
  );
}
