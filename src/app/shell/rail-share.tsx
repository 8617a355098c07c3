/** Shares what is in front: a run's figures on the screens that show one, else the recipe on the bench. */
import { lazy } from 'react';
import { Icon } from '../parts/icon';
import { SharePanel } from '../share/share-panel';
import { words } from '../words';

const ShareAtHand = lazy(async () => ({ default: (await import('../share/share-at-hand')).ShareAtHand }));

export function RailShare({ className }: { className: string }) {
  return (
    <SharePanel
      trigger={
        <button type="button" className={className}>
          <Icon name="link" size={18} />
          <span>{words.shell.share}</span>
        </button>
      }
    >
      <ShareAtHand />
    </SharePanel>
  );
}
