/** A result's table as LaTeX: booktabs, one column a figure, intervals in small brackets; it needs the packages that its first lines name. */
import { tex, texComment, unicodeNote } from './escape';
import type { PaperCell, PaperTable } from './table';

/** Columns that fit beside each other; more are made smaller until they do. */
const FITTING = 7;

export function tableLatex(table: PaperTable): string {
  const { columns, rows } = table;
  const wide = columns.length > FITTING;
  const last = rows.findLastIndex((row) => row.method !== '');
  const lines = rows.map(({ label, cells }, i) => {
    const line = `${[tex(label), ...cells.map(cellTex)].join(' & ')} \\\\`;
    // Full precision is no row of the comparison.
    return i === last + 1 ? `\\midrule\n${line}` : line;
  });
  return [
    texComment(
      `${table.model}: \\usepackage{booktabs${wide ? ',graphicx' : ''}} in the preamble${wide ? '; columns that are left out make the others larger' : ''}.`,
    ),
    ...unicodeNote([table.caption, ...table.notes, ...rows.map(({ label }) => label)]),
    '\\begin{table}[t]',
    '\\centering',
    `\\caption{${[table.caption, ...table.notes].map(tex).join(' ')}}`,
    `\\label{tab:${slug(table.model)}}`,
    ...(wide ? ['\\setlength{\\tabcolsep}{3pt}'] : []),
    `${wide ? '\\resizebox{\\linewidth}{!}{' : ''}\\begin{tabular}{l${'r'.repeat(columns.length)}}`,
    '\\toprule',
    `${['Method', ...columns.map(({ head }) => tex(head))].join(' & ')} \\\\`,
    '\\midrule',
    ...lines,
    '\\bottomrule',
    `\\end{tabular}${wide ? '}' : ''}`,
    '\\end{table}',
    '',
  ].join('\n');
}

function cellTex({ text, interval, best }: PaperCell): string {
  if (text === null) return '--';
  const value = best ? `\\textbf{${numberTex(text)}}` : numberTex(text);
  return interval ? `${value} {\\scriptsize [${interval.text.map(numberTex).join(', ')}]}` : value;
}

/** '2.10e-5' as a power of ten, and a minus as one. */
function numberTex(text: string): string {
  const power = /^([+-]?[\d.]+)e([+-]?\d+)$/.exec(text);
  if (power) return `$${power[1]}\\times10^{${Number(power[2])}}$`;
  return /^[+-][\d.]+$/.test(text) ? `$${text}$` : tex(text);
}

/** What a label may hold. */
export function slug(text: string): string {
  return (
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 60) || 'result'
  );
}
