/** How often codewords are used, most used first, beside what each would be used if all were alike. */
import type { CodebookView } from '../../worker/protocol';
import * as format from '../format';
import styles from './codebook.module.css';
import { codebookWords } from './words';

const say = codebookWords;
const HEIGHT = 40;

export function UsageBars({ view: { usage, codewords } }: { view: CodebookView }) {
  const even = usage.subVectors / codewords;
  const highest = Math.max(even, ...usage.bars);
  const sentence = say.usageSentence(format.ratio(usage.entropy), format.value(even));
  return (
    <figure className={styles.usage}>
      <figcaption className={styles.caption}>
        <strong>{say.usage}</strong>
      </figcaption>
      <svg
        className={styles.usageDrawing}
        viewBox={`0 0 ${usage.bars.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={sentence}
        focusable="false"
      >
        {Array.from(usage.bars, (count, i) => {
          const height = (HEIGHT * count) / highest;
          return (
            <rect key={i} className={styles.usageBar} x={i + 0.1} y={HEIGHT - height} width="0.8" height={height} />
          );
        })}
        <line
          className={styles.even}
          x1="0"
          x2={usage.bars.length}
          y1={HEIGHT - (HEIGHT * even) / highest}
          y2={HEIGHT - (HEIGHT * even) / highest}
        />
      </svg>
      <p className={styles.sentence}>{sentence}</p>
    </figure>
  );
}
