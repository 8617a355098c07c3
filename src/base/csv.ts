/** Lines of comma-separated values (RFC 4180) that no spreadsheet runs: a cell that would be a formula is kept text. */

export type Cell = string | number | null;

/** Every line ends, the last one too. */
export function csvLines(lines: readonly (readonly Cell[])[]): string {
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\n`).join('');
}

/** Quoted where needed; empty where there is no value. */
export function csvCell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  // Spreadsheets look past blanks in front.
  const safe = /^\s*[=+\-@]|^[\t\r]/.test(value) && !isNumber(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function isNumber(text: string): boolean {
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text);
}
