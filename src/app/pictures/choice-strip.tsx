/** The choice for each layer: a bar a layer, as high as what it got stands among the candidates; the same as a table with all losses. */
import { useState } from 'react';
import type { RunFigures } from '../../store/run-view';
import type { ShownAllocation } from '../../store/allocations';
import { colorOf } from '../chart/swatch';
import * as format from '../format';
import type { LineStyle } from '../../report/palette';
import chart from '../chart/chart.module.css';
import { pictureWords } from './words';
import styles from './pictures.module.css';

const say = pictureWords.allocation;

interface ChoiceProps {
  figures: RunFigures;
  shown: ShownAllocation;
  look: LineStyle;
}

export function ChoiceStrip({ figures, shown, look }: ChoiceProps) {
  const { candidates, layers } = shown.allocation;
  const planned = figures.plan?.layers ?? [];
  const counts = candidates
    .map((name, place) => [name, layers.filter(({ pick }) => pick === place).length] as const)
    .filter(([, count]) => count > 0);
  const pinned = planned.length - layers.length;
  const sentence = format.sentences([say.counts(counts), ...(pinned > 0 ? [say.pinned(pinned)] : [])]);
  const blocks = layers.flatMap(({ layer }, i) =>
    i > 0 && planned[layer].block !== planned[layers[i - 1].layer].block ? [i] : [],
  );
  return (
    <figure className={styles.choice}>
      <figcaption>
        <strong>{say.choice}</strong>
      </figcaption>
      <div className={styles.strip}>
        <ol className={styles.levels} aria-hidden="true">
          {candidates.toReversed().map((name) => (
            <li key={name}>{name}</li>
          ))}
        </ol>
        <svg
          className={styles.bars}
          viewBox={`0 0 ${layers.length} ${candidates.length}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${say.choice}: ${sentence}`}
          focusable="false"
          style={{ height: `${Math.max(72, 22 * candidates.length)}px` }}
        >
          {candidates.map((name, place) => (
            <line key={name} className={styles.level} x1="0" x2={layers.length} y1={place} y2={place} />
          ))}
          {layers.map(({ layer, pick }, i) => (
            <rect
              key={layer}
              x={i + 0.1}
              y={candidates.length - pick - 1}
              width="0.8"
              height={pick + 1}
              style={{ fill: colorOf(look) }}
            >
              <title>{`${planned[layer].name}: ${candidates[pick]}`}</title>
            </rect>
          ))}
          {blocks.map((i) => (
            <line key={i} className={styles.block} x1={i} x2={i} y1="0" y2={candidates.length} />
          ))}
        </svg>
      </div>
      <p className={styles.sentence}>{sentence}</p>
      <LayersTable figures={figures} shown={shown} />
    </figure>
  );
}

/** Built only once it is opened. */
function LayersTable({ figures, shown }: Omit<ChoiceProps, 'look'>) {
  const [open, setOpen] = useState(false);
  return (
    <details className={chart.details} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{say.layers}</summary>
      {open && <Numbers figures={figures} shown={shown} />}
    </details>
  );
}

function Numbers({ figures: { plan }, shown: { allocation } }: Omit<ChoiceProps, 'look'>) {
  const { candidates, layers } = allocation;
  return (
    // A scroller of its own needs the keyboard.
    <div className={chart.tableFrame} tabIndex={0} role="region" aria-label={say.layers}>
      <table>
        <caption className="visually-hidden">{say.choice}</caption>
        <thead>
          <tr>
            <th scope="col">{say.layer}</th>
            <th scope="col">{say.chosenColumn}</th>
            {candidates.map((name) => (
              <th key={name} scope="col">
                {say.lossAt(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {layers.map(({ layer, pick, errors }) => (
            <tr key={layer}>
              <th scope="row">{plan?.layers[layer]?.name ?? layer}</th>
              <td>{candidates[pick]}</td>
              {errors.map((error, place) => (
                <td key={candidates[place]} className={place === pick ? styles.picked : undefined}>
                  {format.error(error)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
