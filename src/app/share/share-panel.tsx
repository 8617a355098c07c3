/** The window in which something is shared, behind a button of any look. What is in it comes when it is opened. */
import { Suspense, type ComponentProps, type ReactNode } from 'react';
import { Panel } from '../parts/dialog';
import { words } from '../words';

export function SharePanel({
  trigger,
  children,
}: {
  trigger: ComponentProps<typeof Panel>['trigger'];
  children: ReactNode;
}) {
  return (
    <Panel as="dialog" title={words.shell.share} trigger={trigger}>
      <Suspense fallback={<p role="status">{words.place.loading}</p>}>{children}</Suspense>
    </Panel>
  );
}
