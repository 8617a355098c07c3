/** Opens the dialog that shares a recipe, a run's figures, or both. The dialog itself comes when it is opened. */
import { lazy, Suspense } from 'react';
import { Button } from '../parts/button';
import { Panel } from '../parts/dialog';
import { words } from '../words';
import type { Shared } from './shared-parts';

const ShareDialog = lazy(async () => ({ default: (await import('./share-dialog')).ShareDialog }));

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
