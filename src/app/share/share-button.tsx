/** Opens the dialog that shares a recipe, a run's figures, or both. The dialog itself comes when it is opened. */
import { lazy, Suspense } from 'react';
import type { Recipe } from '../../recipe/recipe';
import type { RunResult } from '../../run/events';
import { Button } from '../parts/button';
import { Panel } from '../parts/dialog';
import { words } from '../words';

const ShareDialog = lazy(async () => ({ default: (await import('./share-dialog')).ShareDialog }));

export interface Shared {
  /** Null where it cannot be run. */
  readonly recipe: Recipe | null;
  readonly result: RunResult | null;
  /** The bundled sample that they are of. */
  readonly sample: string | null;
  /** Whether the recipe has fields that cannot be run. */
  readonly faulty?: boolean;
}

export function ShareButton({ look, ...shared }: Shared & { look?: 'quiet' }) {
  const { share } = words.shell;
  return (
    <Panel
      as="dialog"
      title={share}
      trigger={
        <Button small icon="link" look={look}>
          {share}
        </Button>
      }
    >
      <Suspense fallback={<p role="status">{words.place.loading}</p>}>
        <ShareDialog {...shared} />
      </Suspense>
    </Panel>
  );
}
