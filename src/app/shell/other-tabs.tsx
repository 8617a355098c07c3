/** Keeps what is known of other tabs true: looks again while one of them works on a run, and when this tab comes back into view. */
import { useEffect } from 'react';
import { useStore } from '../../store/react';
import { useStudio } from '../context';

const LOOK_EVERY_MS = 2000;

export function OtherTabs() {
  const { storedRuns, run } = useStudio();
  const liveId = useStore(run, (state) => state.run?.id ?? null);
  const elsewhere = useStore(storedRuns, (state) => [...state.held].some((id) => id !== liveId));
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === 'visible') void storedRuns.getState().refresh();
    };
    document.addEventListener('visibilitychange', look);
    const timer = elsewhere ? setInterval(look, LOOK_EVERY_MS) : undefined;
    return () => {
      document.removeEventListener('visibilitychange', look);
      clearInterval(timer);
    };
  }, [storedRuns, elsewhere]);
  return null;
}
