/** How far a long look is, with a button that stops it. */
import type { LookProgress } from '../../worker/protocol';
import * as format from '../format';
import { Button } from '../parts/button';
import { say } from './words';
import styles from './inspect.module.css';

interface LookingProps {
  progress: LookProgress | null;
  label: string;
  onStop: () => void;
}

export function Looking({ progress, label, onStop }: LookingProps) {
  const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
  return (
    <div className={styles.looking}>
      <progress className={styles.progress} value={share} max={1} aria-label={label} />
      <span className={styles.small}>{say.progress(format.share(share))}</span>
      <Button small icon="stop" onClick={onStop}>
        {say.stop}
      </Button>
    </div>
  );
}
