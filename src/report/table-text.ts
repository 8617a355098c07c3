/** A result's table as Markdown, as a person reads it, and as CSV, as a program does: figures in full, intervals and marks in columns of their own. */
import { csvLines, type Cell } from '../base/csv';
import { markdown } from './escape';
import { full } from './numbers';
import type { PaperCell, PaperTable } from './table';

export function tableMarkdown({ caption, columns, rows, notes }: PaperTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    markdown(caption),
    '',
    line(['Method', ...columns.map(({ head }) => markdown(head))]),
    line([':--', ...columns.map(() => '--:')]),
    ...rows.map(({ label, cells }) => line([markdown(label), ...cells.map(cellMarkdown)])),
    '',
    notes.map(markdown).join(' '),
    '',
  ].join('\n');
}

function cellMarkdown({ text, interval, best }: PaperCell): string {
  if (text === null) return '–';
  const value = best ? `**${markdown(text)}**` : markdown(text);
  return interval ? `${value} (${interval.text.map(markdown).join(' – ')})` : value;
}

/** One line a row. A figure with an interval in some row has two more columns, one that may be called best another. */
export function tableCsv({ model, columns, rows }: PaperTable): string {
  const has = (i: number, what: (cell: PaperCell) => boolean) => rows.some(({ cells }) => what(cells[i]));
  const kept = columns.map(({ id }, i) => ({
    ...{ id, i, interval: has(i, (cell) => cell.interval !== null), best: has(i, (cell) => cell.best) },
  }));
  const head = kept.flatMap(({ id, interval, best }) => [
    id,
    ...(interval ? [`${id}_low`, `${id}_high`] : []),
    ...(best ? [`${id}_best`] : []),
  ]);
  const lines = rows.map(({ method, label, baseline, cells }): Cell[] => [
    ...[model, method, label, String(baseline)],
    ...kept.flatMap(({ i, interval, best }) => {
      const { value, interval: own, best: isBest } = cells[i];
      return [
        full(value),
        ...(interval ? [full(own?.of[0]), full(own?.of[1])] : []),
        ...(best ? [String(isBest)] : []),
      ];
    }),
  ]);
  return csvLines([['model', 'method', 'label', 'baseline', ...head], ...lines]);
}
