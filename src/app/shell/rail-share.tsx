/** Shares what is in front: a run's figures on the screens that show one, else the recipe on the bench. */
import { lazy, Suspense } from 'react';
import { Panel } from '../parts/dialog';
import { Icon } from '../parts/icon';
import { words } from '../words';

const ShareAtHand = lazy(async () => ({ default: (await import('../share/share-at-hand')).ShareAtHand }));

export function RailShare({ className }: { className: string }) {
  const { share } = words.shell;
  return (
    <Panel
      as="dialog"
      title={share}
      trigger={
        <button type="button" className={className}>
          <Icon name="link" size={18} />
          <span>{share}</span>
        </button>
      }
    >
      <Suspense fallback={<p role="status">{words.place.loading}</p>}>
        <ShareAtHand />
      </Suspense>
    </Panel>
  );
}
