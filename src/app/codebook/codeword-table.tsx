/** The codewords by use as a table, built only once it is opened. */
import { useState } from 'react';
import type { CodebookView } from '../../worker/protocol';
import * as format from '../format';
import chart from '../chart/chart.module.css';
import { codebookWords } from './words';

const MOST = 256;
const say = codebookWords;

export function CodewordTable({ view }: { view: CodebookView }) {
  const [open, setOpen] = useState(false);
  return (
    <details className={chart.details} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{say.table}</summary>
      {open && <Numbers view={view} />}
    </details>
  );
}

function Numbers({ view: { words: codewords, usage, codewords: all, dim } }: { view: CodebookView }) {
  const shown = Math.min(MOST, codewords.index.length);
  return (
    <>
      {shown < all && <p>{say.more(format.integer(shown), format.integer(all))}</p>}
      {/* A scroller of its own needs the keyboard. */}
      <div className={chart.tableFrame} tabIndex={0} role="region" aria-label={say.table}>
        <table>
          <caption className="visually-hidden">{say.tableCaption}</caption>
          <thead>
            <tr>
              <th scope="col">{say.columns.index}</th>
              <th scope="col">{say.columns.first}</th>
              {dim > 1 && <th scope="col">{say.columns.second}</th>}
              <th scope="col">{say.columns.count}</th>
              <th scope="col">{say.columns.share}</th>
            </tr>
          </thead>
          <tbody>
            {Array.from(codewords.index.subarray(0, shown), (index, i) => (
              <tr key={index}>
                <th scope="row">{index}</th>
                <td>{format.value(codewords.first[i])}</td>
                {dim > 1 && <td>{format.value(codewords.second[i])}</td>}
                <td>{format.integer(codewords.count[i])}</td>
                <td>{format.fineShare(codewords.count[i] / usage.subVectors)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
