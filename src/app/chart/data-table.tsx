/** The chart's numbers as a table, built only once it is opened: it can have thousands of cells. */
import { useState, type Ref } from 'react';
import { words } from '../words';
import type { ChartModel } from './model';
import * as format from '../format';
import styles from './chart.module.css';

export function DataTable({ model, ref }: { model: ChartModel; ref: Ref<HTMLDetailsElement> }) {
  const [open, setOpen] = useState(false);
  return (
    <details ref={ref} className={styles.details} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.chart.table}</summary>
      {open && <Numbers model={model} />}
    </details>
  );
}

function Numbers({ model }: { model: ChartModel }) {
  const columns = model.lines.map((line) => new Map(line.points.map((point) => [point.x, point.y])));
  const places = Array.from({ length: model.places }, (_, x) => x).filter((x) =>
    columns.some((column) => column.has(x)),
  );
  return (
    // A scroller of its own needs the keyboard.
    <div className={styles.tableFrame} tabIndex={0} role="region" aria-label={words.chart.table}>
      <table>
        <caption className="visually-hidden">{words.chart.tableCaption(model.yLabel)}</caption>
        <thead>
          <tr>
            <th scope="col">{model.unit}</th>
            {model.lines.map((line) => (
              <th key={line.row} scope="col">
                {line.legend ?? line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {places.map((x) => (
            <tr key={x}>
              <th scope="row">{model.placeName(x)}</th>
              {columns.map((column, i) => {
                const y = column.get(x);
                return <td key={model.lines[i].row}>{y === undefined ? format.NOTHING : model.format(y)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
