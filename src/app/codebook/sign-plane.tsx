/** The signs that are stored apart: a corner of the weight with one cell a weight. */
import { useCallback } from 'react';
import type { CodebookView } from '../../worker/protocol';
import * as format from '../format';
import { Cells, type Rgb } from './cells';
import styles from './codebook.module.css';
import { codebookWords } from './words';

const say = codebookWords;

export function SignPlane({ signs }: { signs: NonNullable<CodebookView['signs']> }) {
  const { rows, cols, values, minus } = signs;
  const paint = useCallback(
    (pixels: Uint8ClampedArray, ink: Rgb, ground: Rgb) => {
      // Minus is the darker one in both themes.
      const [dark, bright] = ink[0] < ground[0] ? [ink, ground] : [ground, ink];
      values.forEach((bit, i) => pixels.set([...(bit ? dark : bright), 255], 4 * i));
    },
    [values],
  );
  const summary = say.signsSummary(format.fineShare(minus));
  return (
    <figure className={styles.picture}>
      <figcaption className={styles.caption}>
        <strong>{say.signsTitle}</strong>
        <span>{say.signsHelp(format.integer(rows), format.integer(cols))}</span>
      </figcaption>
      <Cells rows={rows} cols={cols} paint={paint} label={`${say.signsTitle}. ${summary}`} />
      <p className={styles.sentence}>{summary}</p>
    </figure>
  );
}
