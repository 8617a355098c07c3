/** A step of the trace as bands of the grid: texts, names, tints, and which terms of the formula each cell belongs to. */
import { largest, type Matrix } from '../../../lesson/matrix';
import type { ResidualValues } from '../../../lesson/residual/fields';
import { TERMS, type Term } from '../../../lesson/residual/methods';
import type { Problem } from '../../../lesson/residual/problem';
import { placeOf, residualOf, type Trace } from '../../../lesson/residual/trace';
import { short, spoken } from '../numbers';
import type { GridBand, GridCell } from '../value-grid';
import { residualWords as words } from './words';

export interface BandsOf {
  readonly problem: Problem;
  readonly trace: Trace;
  readonly step: number;
  readonly shown: ResidualValues['v'];
  /** The term that is looked at by itself. */
  readonly lit: Term | null;
}

export interface Bands {
  readonly bands: readonly GridBand[];
  /** The strongest change in this step; 0 where nothing changes. */
  readonly strongest: number;
}

export function bandsOf(given: BandsOf): Bands {
  const { problem, trace, step, shown } = given;
  const { phase } = placeOf(step);
  const strongest = strongestChange(trace, step);
  const bands: GridBand[] = [weightsBand(given, strongest)];
  if (shown.includes('vectors') && phase !== 'start') bands.push(...vectorBands(problem, trace, step));
  if (shown.includes('update')) bands.push(updateBand(given, strongest));
  if (shown.includes('q')) bands.push(doneBand(trace, step, 'q', largest(trace.q.data), () => 0));
  if (shown.includes('error')) {
    const most = Math.max(...trace.columns.map(({ w, q }) => largest(w.map((value, r) => value - q[r]))));
    bands.push(doneBand(trace, step, 'error', most, (value) => value / most));
  }
  return { bands, strongest };
}

/** The weights as they stand after a step. */
export function weightsAt(trace: Trace, step: number): Matrix {
  const { column, phase } = placeOf(step);
  if (phase === 'start') return trace.start;
  return phase === 'spread' ? trace.columns[column].after : trace.columns[column].rounded;
}

function strongestChange({ columns, shift }: Trace, step: number): number {
  const { column, phase } = placeOf(step);
  if (phase === 'round') return 0;
  const change = phase === 'start' ? shift : columns[column].update;
  return change ? largest(change.data) : 0;
}

function weightsBand({ trace, step, lit }: BandsOf, strongest: number): GridBand {
  const { column, phase } = placeOf(step);
  const weights = weightsAt(trace, step);
  const change = phase === 'spread' ? trace.columns[column].update : phase === 'start' ? trace.shift : null;
  const most = largest(trace.start.data);
  const marks = phase === 'spread' ? onTerms(trace) : '';
  const { rows, cols } = weights;
  return {
    id: 'w',
    label: words.bands.w,
    rows: rowsOf(rows, (r) =>
      cellsOf(cols, (c): GridCell => {
        const value = weights.data[r * cols + c];
        const by = change?.data[r * cols + c] ?? 0;
        const done = phase !== 'start' && c <= column;
        const plain = words.cell('W', r + 1, c + 1, spoken(value));
        return {
          text: short(value, most),
          says: by !== 0 ? words.changed(plain, spoken(by)) : done ? words.rounded(plain) : plain,
          tint: by === 0 || lit !== null ? 0 : by / strongest,
          state: phase !== 'start' && c === column ? 'now' : done ? 'done' : 'later',
          ...(c > column && marks !== '' ? { marks } : {}),
        };
      }),
    ),
  };
}

function onTerms({ settings }: Trace): string {
  return TERMS.filter((term) => settings.terms[term]).join(' ');
}

/** The rows of U, P and R that the column's update goes along. */
function vectorBands(problem: Problem, trace: Trace, step: number): GridBand[] {
  const { column } = placeOf(step);
  const { settings } = trace;
  const along: readonly (readonly [Term, Matrix, string])[] = [
    ['compensation', problem.u, words.bands.u(column + 1)],
    ['drift', problem.p, words.bands.p(column + 1)],
    ['residual', residualOf(problem, settings), words.bands.r(column + 1)],
  ];
  return along
    .filter(([term]) => settings.terms[term])
    .map(([term, matrix, label]) => {
      const row = matrix.data.subarray(column * matrix.cols, (column + 1) * matrix.cols);
      const most = largest(row);
      const band = label;
      return {
        id: term,
        label,
        rows: [
          {
            header: words.row(column + 1),
            cells: cellsOf(matrix.cols, (c): GridCell => {
              const own = c === column && term === 'compensation';
              if (c < column || (c === column && !own)) {
                return { text: '', says: words.vectorCell(band, c + 1, words.nothing) };
              }
              return {
                text: short(row[c], most),
                says: words.vectorCell(band, c + 1, spoken(row[c])),
                marks: term,
                ...(own ? { state: 'now' } : {}),
              };
            }),
          },
        ],
      };
    });
}

function updateBand({ trace, step, lit }: BandsOf, strongest: number): GridBand {
  const { column, phase } = placeOf(step);
  const { settings } = trace;
  const { rows, cols } = trace.start;
  const atStart = phase === 'start';
  const now = atStart ? null : trace.columns[column];
  const alone = lit !== null && now?.terms[lit] ? now.terms[lit] : null;
  const moved = phase === 'error' || phase === 'spread' ? (alone ?? now?.update ?? null) : atStart ? trace.shift : null;
  const label = atStart && trace.shift ? words.bands.shift : words.bands.update;
  return {
    id: 'update',
    label: alone && lit ? words.bands.updateOf(words.formula.names[lit]) : label,
    rows: rowsOf(rows, (r) =>
      cellsOf(cols, (c): GridCell => {
        const value = moved?.data[r * cols + c] ?? 0;
        const somewhere = moved !== null && (atStart || c > column);
        if (!somewhere) return { text: '', says: words.empty(words.bands.update, r + 1, c + 1) };
        const plain = words.cell(words.bands.update, r + 1, c + 1, spoken(value));
        const parts = TERMS.filter((term) => now?.terms[term]).map((term) =>
          words.part(words.formula.names[term], spoken(now?.terms[term]?.data[r * cols + c] ?? 0)),
        );
        return {
          text: short(value, strongest),
          says: parts.length > 1 ? words.parts(plain, parts.join(', ')) : plain,
          tint: value === 0 ? 0 : value / strongest,
          ...(atStart ? {} : { marks: TERMS.filter((term) => settings.terms[term]).join(' ') }),
        };
      }),
    ),
  };
}

/** Q or the error, of the columns that are rounded. */
function doneBand(
  trace: Trace,
  step: number,
  id: 'q' | 'error',
  most: number,
  tint: (value: number) => number,
): GridBand {
  const { column, phase } = placeOf(step);
  const label = words.bands[id];
  return {
    id,
    label,
    rows: rowsOf(trace.start.rows, (r) =>
      cellsOf(trace.start.cols, (c): GridCell => {
        if (phase === 'start' || c > column) return { text: '', says: words.empty(label, r + 1, c + 1) };
        const { w, q } = trace.columns[c];
        const value = id === 'q' ? q[r] : w[r] - q[r];
        return {
          text: short(value, most),
          says: words.cell(label, r + 1, c + 1, spoken(value)),
          tint: tint(value),
          ...(c === column ? { state: 'now' } : {}),
          ...(id === 'error' && c === column ? { marks: 'compensation' } : {}),
        };
      }),
    ),
  };
}

function rowsOf(count: number, cells: (r: number) => readonly GridCell[]) {
  return Array.from({ length: count }, (_, r) => ({ header: words.row(r + 1), cells: cells(r) }));
}

function cellsOf(count: number, cell: (c: number) => GridCell): GridCell[] {
  return Array.from({ length: count }, (_, c) => cell(c));
}
