/** What attention is given (attend.ts): rows of heads, and how they look at each other. */
import type { RowOptions } from './row-lanes';
import { Tensor } from './tensor';

export interface AttendOptions extends RowOptions {
  readonly heads: number;
  /** Heads of k and v; divides `heads`. */
  readonly keyHeads: number;
  readonly mask: 'causal' | 'full';
  /** Keys a query sees, itself included; null for all. Of the causal mask only. */
  readonly slidingWindow?: number | null;
  /** Keys of a window where they are not its queries' tokens: of cross-attention, which the full mask has. */
  readonly keyLength?: number;
  /** Default 1/√dim. */
  readonly scale?: number;
  /** Most bytes of probabilities to keep. */
  readonly keptBytes?: number;
}

/** q: (windows · heads · blockRows) × dim; k and v the same with keyHeads and, where it is said, blocks of keyLength. */
export interface HeadInputs {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
}
