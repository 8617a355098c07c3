/** Opens the dialog that shares a recipe, a run's figures, or both. The dialog itself comes when it is opened. */
import { lazy } from 'react';
import { Button } from '../parts/button';
import { words } from '../words';
import { SharePanel } from './share-panel';
import type { Shared } from './shared-parts';

const ShareDialog = lazy(async () => ({ default: (await import('./share-dialog')).ShareDialog }));

export function ShareButton({ look, ...shared }: Shared & { look?: 'quiet' }) {
  return (
    <SharePanel
      trigger={
        <Button small icon="link" look={look}>
          {words.shell.share}
        </Button>
      }
    >
      <ShareDialog {...shared} />
    </SharePanel>
  );
}
