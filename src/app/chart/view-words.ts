/** The words of what is in view of a chart. */
import { inLanguage } from '../language/in-language';

export const viewWords = {
  legend: 'Lines: press a name to see it alone, press more to add them',
  /** What a dash, and a marker of a method's rows, means. */
  dash: 'Dash:',
  marker: (method: string) => `Marker, ${method}:`,
  plain: 'nothing more',
  all: 'Show all lines',
  only: (n: string, of: string) => `${n} of ${of} lines shown`,
  zoom: 'Zoom',
  from: 'From',
  to: 'To',
  whole: 'Whole network',
  stretch: (first: string, last: string) => `${first} to ${last}`,
  hint: 'Or drag across the chart.',
  zoomed: (first: string, last: string) => `In view: ${first} to ${last}`,
};

await inLanguage({ viewWords }, { 'zh-CN': () => import('./view-words.zh-CN') });
