/** What can be shared of what is in front. */
import type { Recipe } from '../../recipe/recipe';
import type { RunResult } from '../../run/events';

export interface Shared {
  /** Null where it cannot be run. */
  readonly recipe: Recipe | null;
  readonly result: RunResult | null;
  /** The bundled sample that they are of. */
  readonly sample: string | null;
  /** Whether the recipe has fields that cannot be run. */
  readonly faulty?: boolean;
}
