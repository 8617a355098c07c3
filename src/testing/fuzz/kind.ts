/** One kind of damaged input. */
import type { Random } from '../../base/random';

export interface FuzzKind {
  readonly name: string;
  /** Its cases among a thousand. */
  readonly share: number;
  /** A case: what it does is an answer, or throws a StudioError. */
  make(random: Random): () => unknown;
}
