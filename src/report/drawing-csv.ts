/** Exactly what a chart draws as CSV: a line a point, its value as shown and in full. */
import { csvLines, type Cell } from '../base/csv';
import type { Drawing } from './drawing';
import { full } from './numbers';

export function drawingCsv({ lines, write, yLabel }: Drawing): string {
  const points = lines.flatMap(({ row, method, label, bits, points: own }) =>
    own.map(({ x, name, y, status }): Cell[] => [
      ...[row, method, label, full(bits), Number.isInteger(x) ? x : full(x), name, yLabel, write(y), full(y), status],
    ]),
  );
  const head = ['row', 'method', 'label', 'bits_per_weight', 'x', 'place', 'quantity', 'shown', 'value', 'status'];
  return csvLines([head, ...points]);
}
