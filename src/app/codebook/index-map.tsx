/** Which codeword stands where: a corner of the weight with one cell a sub-vector, coloured like the codewords. */
import { useCallback, useMemo, useState } from 'react';
import type { CodebookView } from '../../worker/protocol';
import * as format from '../format';
import chart from '../chart/chart.module.css';
import { Cells, type Rgb } from './cells';
import { shadeRgb } from './shade';
import styles from './codebook.module.css';
import { codebookWords } from './words';

const say = codebookWords;
/** Of the table. */
const CORNER = 16;
/** How much of a cell's colour is left while another codeword is at hand. */
const FADED = 0.22;

interface IndexMapProps {
  view: CodebookView;
  /** The codeword at hand, by its index. */
  chosen: number | null;
}

export function IndexMap({ view, chosen }: IndexMapProps) {
  const { map, shades, codewords, dim } = view;
  const colors = useMemo(() => Array.from(shades, shadeRgb), [shades]);
  const paint = useCallback(
    (pixels: Uint8ClampedArray, _ink: Rgb, ground: Rgb) => {
      map.values.forEach((index, i) => {
        const own = chosen === null || chosen === index;
        const mix = (channel: number) =>
          own ? colors[index][channel] : FADED * colors[index][channel] + (1 - FADED) * ground[channel];
        pixels.set([mix(0), mix(1), mix(2), 255], 4 * i);
      });
    },
    [map, colors, chosen],
  );
  // A sub-vector is d inputs wide: its cell is too, where that makes the picture no wider than high.
  const wide = Math.min(dim, Math.max(1, map.rows / map.cols));
  const used = useMemo(() => new Set(map.values).size, [map]);
  const summary = say.mapSummary(format.integer(used), format.integer(codewords), format.integer(map.values.length));
  return (
    <figure className={styles.picture}>
      <figcaption className={styles.caption}>
        <strong>{say.map}</strong>
        <span>{say.mapHelp(format.integer(map.rows), format.integer(map.cols))}</span>
      </figcaption>
      <Cells rows={map.rows} cols={map.cols} wide={wide} paint={paint} label={`${say.map}. ${summary}`} />
      <p className={styles.sentence}>{summary}</p>
      <Corner map={map} />
    </figure>
  );
}

function Corner({ map }: { map: CodebookView['map'] }) {
  const [open, setOpen] = useState(false);
  const [rows, cols] = [Math.min(CORNER, map.rows), Math.min(CORNER, map.cols)];
  const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);
  return (
    <details className={chart.details} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{say.mapTable}</summary>
      {open && (
        // A scroller of its own needs the keyboard.
        <div className={chart.tableFrame} tabIndex={0} role="region" aria-label={say.mapTable}>
          <table>
            <caption className="visually-hidden">{say.mapCorner}</caption>
            <thead>
              <tr>
                <td />
                {numbers(cols).map((col) => (
                  <th key={col} scope="col">
                    {col}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {numbers(rows).map((row) => (
                <tr key={row}>
                  <th scope="row">{row}</th>
                  {numbers(cols).map((col) => (
                    <td key={col}>{map.values[row * map.cols + col]}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
