/** The address of an embedded chart: '#/e/' + a link's payload, then '?theme=dark&m=weight&r=1' where wanted (r=d: differences). */
import type { Scale } from '../../report/scales';
import { METRICS, type Metric } from '../../report/series';

const THEMES = ['light', 'dark'] as const;

export interface EmbedPlace {
  /** As after '#/c/'. */
  readonly payload: string;
  /** Null: the reader's system. */
  readonly theme: (typeof THEMES)[number] | null;
  readonly metric: Metric | null;
  readonly scale: Scale;
}

/** 1 came first, and is in papers. */
const SCALE_OF: Readonly<Partial<Record<string, Scale>>> = { 1: 'ratio', d: 'difference' };

const BEGIN = '#/e/';

/** Null where the address is not of an embedded chart. */
export function embedPlace(hash: string): EmbedPlace | null {
  if (!hash.startsWith(BEGIN)) return null;
  const rest = hash.slice(BEGIN.length);
  const mark = rest.indexOf('?');
  const query = new URLSearchParams(mark === -1 ? '' : rest.slice(mark + 1));
  return {
    payload: mark === -1 ? rest : rest.slice(0, mark),
    theme: THEMES.find((theme) => theme === query.get('theme')) ?? null,
    metric: METRICS.find((metric) => metric === query.get('m')) ?? null,
    scale: SCALE_OF[query.get('r') ?? ''] ?? 'absolute',
  };
}
