/**
 * The address of what stands inside another page: '#/e/' + a link's payload, then '?theme=dark&m=weight&r=1' where wanted (r=d: differences),
 * is a chart; '#/e/lesson/' + a lesson's place ('residuals?c=3&s=7') is a step of it, with '&theme=dark' where wanted.
 */
import type { Scale } from '../../report/scales';
import { METRICS, type Metric } from '../../report/series';

const THEMES = ['light', 'dark'] as const;

interface Wishes {
  /** Null: the reader's system. */
  readonly theme: (typeof THEMES)[number] | null;
}

export interface ChartPlace extends Wishes {
  readonly kind: 'chart';
  /** As after '#/c/'. */
  readonly payload: string;
  readonly metric: Metric | null;
  readonly scale: Scale;
}

export interface LessonPlace extends Wishes {
  readonly kind: 'lesson';
  /** As it stands in the address, whether or not there is such a lesson. */
  readonly id: string;
  /** Where in the lesson, read by the lesson itself. */
  readonly query: string;
}

export type EmbedPlace = ChartPlace | LessonPlace;

/** 1 came first, and is in papers. */
const SCALE_OF: Readonly<Partial<Record<string, Scale>>> = { 1: 'ratio', d: 'difference' };

const BEGIN = '#/e/';
const LESSON = 'lesson/';
/** Letters of a name and of a query that are looked at: the lesson reads fewer. */
const LONGEST_ID = 60;
const LONGEST_QUERY = 600;

/** Null where the address is not of anything embedded. */
export function embedPlace(hash: string): EmbedPlace | null {
  if (!hash.startsWith(BEGIN)) return null;
  const rest = hash.slice(BEGIN.length);
  const mark = rest.indexOf('?');
  const [path, text] = mark === -1 ? [rest, ''] : [rest.slice(0, mark), rest.slice(mark + 1)];
  const query = new URLSearchParams(text);
  const theme = THEMES.find((one) => one === query.get('theme')) ?? null;
  if (path.startsWith(LESSON)) {
    // Of the lesson's own words each is told that it cannot read; this one is not the lesson's.
    const own = text.split('&').filter((part) => !/^theme(=|$)/.test(part));
    const id = path.slice(LESSON.length, LESSON.length + LONGEST_ID);
    return { kind: 'lesson', id, query: own.join('&').slice(0, LONGEST_QUERY), theme };
  }
  return {
    kind: 'chart',
    payload: path,
    theme,
    metric: METRICS.find((metric) => metric === query.get('m')) ?? null,
    scale: SCALE_OF[query.get('r') ?? ''] ?? 'absolute',
  };
}
