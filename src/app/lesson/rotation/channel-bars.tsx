/** The largest value of each channel, as it comes and as it stands: bars, and the figures as a table. */
import { useId } from 'react';
import { useWidth } from '../../hooks';
import { spoken } from '../numbers';
import { Scroller } from '../scroller';
import { rotationWords } from './words';
import styles from '../residual/residual.module.css';
import own from './rotation.module.css';

const words = rotationWords.channels;
const HEIGHT = 150;
const EDGE = { left: 40, bottom: 20, top: 6 };

export function ChannelBars({ before, after }: { before: Float64Array; after: Float64Array | null }) {
  const caption = useId();
  const { width, measure } = useWidth(640);
  const top = Math.max(...before, ...(after ?? []));
  const slot = (width - EDGE.left) / before.length;
  const y = (value: number) => EDGE.top + (1 - value / top) * (HEIGHT - EDGE.top - EDGE.bottom);
  const bar = (values: Float64Array, from: number, share: number) =>
    Array.from(values, (value, c) => {
      const x = EDGE.left + (c + from) * slot;
      return `M${x.toFixed(1)} ${y(0).toFixed(1)}V${y(value).toFixed(1)}h${(share * slot).toFixed(1)}V${y(0).toFixed(1)}z`;
    }).join('');
  return (
    <figure className={styles.figure} aria-labelledby={caption}>
      <figcaption id={caption}>
        <strong>{words.caption}</strong>{' '}
        <span className={styles.hint}>
          <span className={own.before} aria-hidden="true" /> {words.before}
          {after && (
            <>
              {' '}
              <span className={own.after} aria-hidden="true" /> {words.after}
            </>
          )}
        </span>
      </figcaption>
      <div ref={measure}>
        <svg width={width} height={HEIGHT} aria-hidden="true" focusable="false" className={styles.drawing}>
          {[0, top / 2, top].map((value) => (
            <g key={value}>
              <line x1={EDGE.left} x2={width} y1={y(value)} y2={y(value)} className={styles.rule} />
              <text x={EDGE.left - 6} y={y(value) + 4} textAnchor="end">
                {spoken(Number(value.toPrecision(2)))}
              </text>
            </g>
          ))}
          <path d={bar(before, after ? 0.08 : 0.2, after ? 0.4 : 0.6)} className={own.barBefore} />
          {after && <path d={bar(after, 0.52, 0.4)} className={own.barAfter} />}
          {Array.from(before, (_, c) =>
            c % 4 === 0 ? (
              <text key={c} x={EDGE.left + (c + 0.5) * slot} y={HEIGHT - 5} textAnchor="middle">
                {c + 1}
              </text>
            ) : null,
          )}
        </svg>
      </div>
      <details>
        <summary>{words.table}</summary>
        <Scroller label={words.table}>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.columns.channel}</th>
                <th scope="col">{words.columns.before}</th>
                {after && <th scope="col">{words.columns.after}</th>}
              </tr>
            </thead>
            <tbody>
              {Array.from(before, (value, c) => (
                <tr key={c}>
                  <th scope="row">{c + 1}</th>
                  <td>{spoken(value)}</td>
                  {after && <td>{spoken(after[c])}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroller>
      </details>
    </figure>
  );
}
