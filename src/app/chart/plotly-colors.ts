/** The colours that a chart takes from the page. */
import type { LineStyle } from '../../report/palette';

export interface PlotlyColors {
  readonly text: string;
  readonly axis: string;
  readonly grid: string;
  /** A line's colour in the theme at hand. */
  readonly line: (style: LineStyle) => string;
}
