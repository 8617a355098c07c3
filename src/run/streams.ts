/**
 * The numbers of a run's activation streams: first the full-precision stream of each view, by the view's number, then each row's own. With
 * one view, the checkpoint itself, full precision is stream 0 and row r is stream r + 1.
 */
import type { RunRow } from '../recipe/rows';

export class Streams {
  constructor(
    readonly views: number,
    readonly rows: readonly RunRow[],
  ) {}

  /** A row's own. */
  of({ row }: Pick<RunRow, 'row'>): number {
    return this.views + row;
  }

  /** That which a row is measured against. */
  reference({ view }: Pick<RunRow, 'view'>): number {
    return view;
  }

  /** All rows of a view. */
  rowsOf(view: number): RunRow[] {
    return this.rows.filter((row) => row.view === view);
  }

  /** All streams of a view, its full-precision one first. */
  inView(view: number): number[] {
    return [view, ...this.rowsOf(view).map((row) => this.of(row))];
  }

  /** Of a stream's number. */
  viewOf(stream: number): number {
    return stream < this.views ? stream : this.rows[stream - this.views].view;
  }

  get count(): number {
    return this.views + this.rows.length;
  }
}

/** Views are numbered without gaps. */
export function streamsOf(rows: readonly RunRow[]): Streams {
  return new Streams(1 + Math.max(0, ...rows.map(({ view }) => view)), rows);
}
