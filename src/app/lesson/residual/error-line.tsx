/** The running output error, column by column, against RTN's: a small drawing, the same in words, and its figures as a table. */
import { useId } from 'react';
import type { LessonMethod } from '../../../lesson/residual/methods';
import { STEPS_A_COLUMN, type Trace } from '../../../lesson/residual/trace';
import { METHOD_STYLES, type LineStyle } from '../../../report/palette';
import { colorOf } from '../../chart/swatch';
import { useWidth } from '../../hooks';
import { spoken } from '../numbers';
import { Scroller } from '../scroller';
import { residualWords } from './words';
import styles from './residual.module.css';

const words = residualWords.chart;
const HEIGHT = 150;
const EDGE = { left: 44, right: 96, top: 10, bottom: 22 };

interface ErrorLineProps {
  trace: Trace;
  rtn: Trace;
  name: string;
  method: LessonMethod | null;
  step: number;
}

export function ErrorLine({ trace, rtn, name, method, step }: ErrorLineProps) {
  const caption = useId();
  const { width, measure } = useWidth(640);
  const last = trace.running.length - 1;
  const top = 1.08 * Math.max(...trace.running, ...rtn.running);
  const x = (at: number) => EDGE.left + (at / last) * (width - EDGE.left - EDGE.right);
  const y = (error: number) => EDGE.top + (1 - error / top) * (HEIGHT - EDGE.top - EDGE.bottom);
  const same = method === 'rtn';
  const style = method ? METHOD_STYLES[method] : METHOD_STYLES.gptq_r;
  const columns = trace.start.cols;
  // Labels at the ends keep apart.
  const ends = [y(trace.running[last]), y(rtn.running[last])];
  const gap = Math.abs(ends[0] - ends[1]) < 14 ? (14 - Math.abs(ends[0] - ends[1])) / 2 : 0;
  const down = ends[0] > ends[1] ? 1 : -1;

  return (
    <figure className={styles.figure} aria-labelledby={caption}>
      <figcaption id={caption}>
        <strong>{words.caption}</strong> <span className={styles.hint}>{words.hint}</span>
      </figcaption>
      <div ref={measure}>
        <svg width={width} height={HEIGHT} aria-hidden="true" focusable="false" className={styles.drawing}>
          {[0, top / 1.08 / 2, top / 1.08].map((error) => (
            <g key={error}>
              <line x1={EDGE.left} x2={width - EDGE.right} y1={y(error)} y2={y(error)} className={styles.rule} />
              <text x={EDGE.left - 6} y={y(error) + 4} textAnchor="end">
                {spoken(Number(error.toPrecision(2)))}
              </text>
            </g>
          ))}
          {Array.from({ length: columns }, (_, c) => (
            <text key={c} x={x(STEPS_A_COLUMN * c + 2)} y={HEIGHT - 6} textAnchor="middle">
              {c % 2 === 0 || width > 560 ? c + 1 : ''}
            </text>
          ))}
          <line x1={x(step)} x2={x(step)} y1={EDGE.top} y2={HEIGHT - EDGE.bottom} className={styles.cursor} />
          <Line running={rtn.running} x={x} y={y} style={METHOD_STYLES.rtn} />
          {!same && <Line running={trace.running} x={x} y={y} style={style} />}
          <circle cx={x(step)} cy={y(trace.running[step])} r={4} style={{ fill: colorOf(style) }} />
          <text x={x(last) + 6} y={ends[1] + 4 - (same ? 0 : down * gap)}>
            {residualWords.methods.rtn}
          </text>
          {!same && (
            <text x={x(last) + 6} y={ends[0] + 4 + down * gap} className={styles.endLabel}>
              {name}
            </text>
          )}
        </svg>
      </div>
      <p>
        {same
          ? words.endRtn(spoken(rtn.final.calibration), spoken(rtn.final.heldOut))
          : words.end(
              name,
              spoken(trace.final.calibration),
              spoken(trace.final.heldOut),
              spoken(rtn.final.calibration),
              spoken(rtn.final.heldOut),
            )}
      </p>
      <details>
        <summary>{words.table}</summary>
        <Scroller label={words.table}>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.columns.column}</th>
                <th scope="col">{name}</th>
                {!same && <th scope="col">{words.columns.rtn}</th>}
              </tr>
            </thead>
            <tbody>
              {Array.from({ length: columns + 1 }, (_, c) => (
                <tr key={c}>
                  <th scope="row">{c === 0 ? words.before : c}</th>
                  <td>{spoken(trace.running[STEPS_A_COLUMN * c])}</td>
                  {!same && <td>{spoken(rtn.running[STEPS_A_COLUMN * c])}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroller>
      </details>
    </figure>
  );
}

interface LineProps {
  running: readonly number[];
  x: (at: number) => number;
  y: (error: number) => number;
  style: LineStyle;
}

function Line({ running, x, y, style }: LineProps) {
  const path = running.map((error, at) => `${x(at).toFixed(1)} ${y(error).toFixed(1)}`).join('L');
  return (
    <path
      d={`M${path}`}
      fill="none"
      strokeLinejoin="round"
      strokeDasharray={style.dash.join(' ') || undefined}
      style={{ stroke: colorOf(style), strokeWidth: style.width }}
    />
  );
}
