/** The codewords of a layer while it trains: where they are, and a trail from where they began. */
import { useMemo } from 'react';
import type { TrainingSnapshot } from '../../method/training';
import { scatterGeometry } from '../chart/scatter';
import { ScatterPlot } from '../chart/scatter-plot';
import * as format from '../format';
import { useWidth } from '../hooks';
import { words } from '../words';
import { movingScatter } from './scatter-model';
import styles from './codebook.module.css';

interface MovingCodewordsProps {
  first: TrainingSnapshot | null;
  now: TrainingSnapshot;
}

export function MovingCodewords({ first, now }: MovingCodewordsProps) {
  const { width, measure } = useWidth(280);
  const scatter = useMemo(() => movingScatter(first?.codewords ?? null, now.codewords), [first, now]);
  const geometry = useMemo(() => scatterGeometry(scatter, width, Math.min(width, 230)), [scatter, width]);
  return (
    <figure className={styles.moving}>
      <figcaption>{words.training.moving(now.layer)}</figcaption>
      <div ref={measure}>
        <ScatterPlot scatter={scatter} geometry={geometry} />
      </div>
      {first && (
        <p className={styles.sentence}>{words.training.movingSentence(format.fineShare(movement(first, now)))}</p>
      )}
    </figure>
  );
}

/** How far the codewords have moved on average (RMS), against how far they lie from their middle. */
function movement({ codewords: from }: TrainingSnapshot, { codewords: to }: TrainingSnapshot): number {
  if (from.length !== to.length || to.length === 0) return 0;
  const middle = [0, 1].map(
    (at) => (2 * to.reduce((sum, value, i) => (i % 2 === at ? sum + value : sum), 0)) / to.length,
  );
  let [moved, spread] = [0, 0];
  to.forEach((value, i) => {
    moved += (value - from[i]) ** 2;
    spread += (value - middle[i % 2]) ** 2;
  });
  return spread > 0 ? Math.sqrt(moved / spread) : 0;
}
