/** The error as calibration windows grow, as lines of the chart: places are the sizes that were tried. */
import type { Point } from '../../report/series';
import type { CalibrationReport } from '../../worker/protocol';
import type { ChartLine, ChartModel } from '../chart/model';
import * as format from '../format';
import { METHOD_STYLES } from '../../report/palette';
import { calibrationWords as say } from './calibration-words';

/** Null where nothing was measured. */
export function curveChart({ curve }: CalibrationReport): { model: ChartModel; summary: string } | null {
  const { bits, baseline, points } = curve;
  if (points.every(({ error }) => error === null)) return null;
  const name = (x: number) => say.curvePlace(points[x].windows, points[x].tokens);
  const line = (
    row: number,
    label: string,
    style: ChartLine['style'],
    values: readonly (number | null)[],
  ): ChartLine => ({
    ...{ row, label, short: label.split(',')[0], baseline: row === 0, style },
    points: values.flatMap((y, x): Point[] =>
      y === null || !Number.isFinite(y) ? [] : [{ x, name: name(x), y, status: 'done' }],
    ),
  });
  return {
    model: {
      lines: [
        line(
          0,
          say.curveBaseline(bits),
          METHOD_STYLES.rtn,
          points.map(() => baseline),
        ),
        line(
          1,
          say.curveMethod(bits),
          METHOD_STYLES.gptq,
          points.map(({ error }) => error),
        ),
      ],
      places: points.length,
      starts: [],
      ticks: points.map(({ windows }, at) => ({ at, name: format.integer(windows) })),
      ...{ xLabel: say.curveAxis, unit: say.curveAxis, yLabel: say.curveY, yShort: say.curveY, log: false },
      ...{ fitted: true, current: null },
      format: format.error,
      placeName: name,
    },
    summary: summaryOf(points),
  };
}

function summaryOf(points: CalibrationReport['curve']['points']): string {
  const [before, last] = points.slice(-2);
  if (!last || before.error === null || last.error === null || before.error === 0) return say.curveShort;
  return say.curveSummary(format.integer(before.windows), format.integer(last.windows), last.error / before.error - 1);
}
