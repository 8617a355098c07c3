/** How screens reach the studio's stores. */
import { createContext, useContext, useSyncExternalStore } from 'react';
import { useStore } from '../store/react';
import type { Studio } from '../store/studio';

export const StudioContext = createContext<Studio | null>(null);

export function useStudio(): Studio {
  const studio = useContext(StudioContext);
  if (!studio) throw new Error('bug: no studio around this component');
  return studio;
}

const darkQuery = () => window.matchMedia('(prefers-color-scheme: dark)');

function subscribeToScheme(listener: () => void): () => void {
  const query = darkQuery();
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}

/** True while the dark theme is shown: chosen, or the system's. CSS needs no such question; Plotly does. */
export function useDark(): boolean {
  const theme = useStore(useStudio().settings, (state) => state.theme);
  const system = useSyncExternalStore(subscribeToScheme, () => darkQuery().matches);
  return theme === 'system' ? system : theme === 'dark';
}

/** A media query as a value. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const list = window.matchMedia(query);
      list.addEventListener('change', listener);
      return () => list.removeEventListener('change', listener);
    },
    () => window.matchMedia(query).matches,
  );
}
