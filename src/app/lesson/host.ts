/** Where a lesson stands: in the studio, whose address holds its state; or alone inside another page, where it is a figure and no more. */
import { createContext, useContext } from 'react';
import type { Hideable } from '../../lesson/lessons';

export interface LessonHost {
  readonly embedded: boolean;
  /** Where in the lesson; null while the address is of something else. */
  readonly query: string | null;
  /** Puts it into the address, where there is one to put it into. */
  write(query: string): void;
  /** The address in the studio. */
  hrefOf(query: string): string;
}

export const LessonHostContext = createContext<LessonHost | null>(null);

export function useLessonHost(): LessonHost {
  const host = useContext(LessonHostContext);
  if (!host) throw new Error('bug: no host around this lesson');
  return host;
}

/** Inside another page there is no room for what changes the figure. */
export const NOT_EMBEDDED: readonly Hideable[] = ['sliders', 'grid', 'seed', 'answers'];
