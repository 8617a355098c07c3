/** Pictures that some runs have and others have not: fetched where there is one to show. */
import { lazy, Suspense, useMemo } from 'react';
import { shownAllocations } from '../../store/allocations';
import type { RunSource } from '../run-source';

const AllocationPanel = lazy(async () => ({ default: (await import('./allocation-panel')).AllocationPanel }));
const ChannelsPanel = lazy(async () => ({ default: (await import('./channel-panel')).ChannelsPanel }));

export function Pictures({ source: { figures, recipe } }: { source: RunSource }) {
  const allocations = useMemo(() => shownAllocations(figures, recipe), [figures, recipe]);
  const { channels = [] } = figures;
  return (
    <>
      {allocations.length > 0 && (
        <Suspense>
          <AllocationPanel figures={figures} allocations={allocations} />
        </Suspense>
      )}
      {channels.length > 0 && channels[0].views.length > 1 && (
        <Suspense>
          <ChannelsPanel figures={figures} channels={channels} />
        </Suspense>
      )}
    </>
  );
}
