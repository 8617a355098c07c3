/** What steps ask of a network before they are offered: plain data, which crosses to the page. Made by src/step/facts-of.ts. */
import type { BlockPlan, Task } from '../model/architecture';
import type { PairKind } from '../model/view/pairs';
import type { Activation } from '../tensor/activation';

export interface NetworkFacts {
  readonly task: Task;
  /** Of its blocks, each kind once. */
  readonly blocks: readonly BlockPlan['kind'][];
  /** Width of the residual stream. */
  readonly hidden: number;
  /** Heads of attention and their width; null without attention. */
  readonly attention: {
    readonly heads: number;
    readonly keyHeads: number;
    readonly dim: number;
    readonly rope: boolean;
  } | null;
  /** Whether it has an output head: without one there is nothing to compare but layers. */
  readonly head: boolean;
  /** Whether tokens see only what is before them. */
  readonly causal: boolean;
  /** Inputs of what projects an MLP, or a mixer, back into the stream. */
  readonly inner: number;
  /** Of its MLPs, each once; none where it has no MLPs. */
  readonly activations: readonly ('silu_gate' | Activation)[];
  /** Why the residual stream cannot be rotated; null where it can. */
  readonly noRotation: string | null;
  /** Whether its norms take means out (LayerNorm). */
  readonly means: boolean;
  /** What diagonal pairs there are, each kind once. */
  readonly pairs: readonly PairKind[];
  /** Those whose channels biases can move, on either side. */
  readonly shifts: readonly PairKind[];
}
