/** Pairs of weights in the plane, codewords among them, a line from each pair to its codeword; and the codewords as a table. */
import { useId } from 'react';
import type { Clustering } from '../../../lesson/codebook/clusters';
import { useWidth } from '../../hooks';
import { short, spoken } from '../numbers';
import { Scroller } from '../scroller';
import { codebookWords } from './words';
import styles from '../residual/residual.module.css';
import own from './codebook.module.css';
import { ColumnHeads } from '../column-heads';

const words = codebookWords.plane;
const EDGE = 30;
const TALLEST = 420;

interface PlaneProps {
  points: Float64Array;
  clustering: Clustering | null;
  /** Where the codewords were a step before. */
  before: Clustering | null;
  caption: string;
  /** From zero on: magnitudes. */
  positive?: boolean;
}

export function Plane({ points, clustering, before, caption, positive = false }: PlaneProps) {
  const id = useId();
  const { width, measure } = useWidth(560);
  const size = Math.min(width, TALLEST);
  const most = points.reduce((max, value) => Math.max(max, Math.abs(value)), 0) * 1.05;
  const least = positive ? 0 : -most;
  const at = (value: number) => EDGE + ((value - least) / (most - least)) * (size - 2 * EDGE);
  const x = (value: number) => at(value).toFixed(1);
  const y = (value: number) => (size - at(value)).toFixed(1);
  const pairs = Array.from({ length: points.length / 2 }, (_, i) => [points[2 * i], points[2 * i + 1]] as const);
  const codewords = clustering ? clustering.codebook.length / 2 : 0;
  const word = (k: number, of = clustering) => (of ? ([of.codebook[2 * k], of.codebook[2 * k + 1]] as const) : null);

  return (
    <figure className={styles.figure} aria-labelledby={id}>
      <figcaption id={id}>
        <strong>{caption}</strong> {clustering && <span className={styles.hint}>{words.spokes}</span>}
      </figcaption>
      <div ref={measure}>
        <svg width={size} height={size} aria-hidden="true" focusable="false" className={styles.drawing}>
          <path
            d={`M${x(least)} ${y(0)}H${x(most)}M${x(0)} ${y(least)}V${y(most)}`}
            className={styles.rule}
            fill="none"
          />
          <text x={Number(x(most))} y={Number(y(0)) + 14} textAnchor="end">
            {short(most, most)}
          </text>
          {clustering && (
            <path
              d={pairs
                .map(([a, b], i) => {
                  const to = word(clustering.codes[i]);
                  return to ? `M${x(a)} ${y(b)}L${x(to[0])} ${y(to[1])}` : '';
                })
                .join('')}
              className={own.spokes}
            />
          )}
          <path d={pairs.map(([a, b]) => `M${x(a)} ${y(b)}h.01`).join('')} className={own.points} />
          {before && clustering && (
            <path
              d={Array.from({ length: codewords }, (_, k) => {
                const [from, to] = [word(k, before), word(k)];
                return from && to ? `M${x(from[0])} ${y(from[1])}L${x(to[0])} ${y(to[1])}` : '';
              }).join('')}
              className={own.trail}
            />
          )}
          {Array.from({ length: codewords }, (_, k) => {
            const [a, b] = word(k) ?? [0, 0];
            return (
              <g key={k} transform={`translate(${x(a)} ${y(b)})`}>
                <circle r={9} className={own.word} />
                <text y={4} textAnchor="middle" className={own.number}>
                  {k + 1}
                </text>
              </g>
            );
          })}
        </svg>
      </div>
      {clustering && (
        <details>
          <summary>{words.table}</summary>
          <Scroller label={words.table}>
            <table>
              <ColumnHeads names={words.columns} />
              <tbody>
                {Array.from({ length: codewords }, (_, k) => (
                  <tr key={k}>
                    <th scope="row">{k + 1}</th>
                    <td>{spoken(clustering.codebook[2 * k])}</td>
                    <td>{spoken(clustering.codebook[2 * k + 1])}</td>
                    <td>{clustering.codes.filter((code) => code === k).length}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroller>
        </details>
      )}
    </figure>
  );
}
