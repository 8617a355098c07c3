/** How wide what a block's stages read, carry and make is: the words of block-bytes.ts. */
import type { Block, BlockPlan } from '../model/architecture';

/** Matrices by width; a row a token, or a row a window. */
export interface Widths {
  readonly token: readonly number[];
  readonly window?: readonly number[];
  /** Split by heads (src/tensor/heads.ts): how many, and columns each; and rows, where they are not the window's. */
  readonly heads?: readonly (readonly [count: number, dim: number, rows?: number])[];
  /** Images of channels, so many pixels a window. */
  readonly images?: readonly (readonly [pixels: number, channels: number])[];
}

export interface StageWidths {
  /** The stage's input. */
  readonly tap: Widths;
  /** Carried beside the residual while the stage waits. */
  readonly carry: Widths;
  /** Made on the way through, the next input and what is then carried among them; not the linears' outputs. */
  readonly made: Widths;
  /** Heads whose scores are laid out, and their columns; queries and keys where they are not the window's; null where the stage does not attend. */
  readonly attention: AttentionWidths | null;
  /** All that rests of a window beside tap and carry, where the network's residual does not say it: the block's own, and skips. */
  readonly rests?: readonly (readonly [rows: number, cols: number])[];
  /** Rows of a window that the linears read and give, where they are neither its tokens nor one. */
  readonly rows?: number;
}

export interface AttentionWidths {
  readonly heads: number;
  readonly dim: number;
  readonly queries?: number;
  readonly keys?: number;
}

export type Kind = BlockPlan['kind'];
type PlanOf<K extends Kind> = Extract<BlockPlan, { kind: K }>;
export type WidthsOf<K extends Kind> = (block: Block, plan: PlanOf<K>, hidden: number) => StageWidths[];
