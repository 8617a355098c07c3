/** Keeps the studio for use without a network, and offers a new version when there is one: never while a run is at work, in this tab or another. */
import { useEffect, useState } from 'react';
import { useStore } from '../../store/react';
import { isActive } from '../../store/run-view';
import { useStudio } from '../context';
import { Button } from '../parts/button';
import { registerWorker, type Registered } from './register';
import { offline as say } from './words';
import styles from './update-offer.module.css';

export function UpdateOffer() {
  const { run, storedRuns } = useStudio();
  const active = useStore(run, (state) => state.run !== null && isActive(state.run.phase));
  const elsewhere = useStore(storedRuns, (state) => state.held.size > 0);
  const [waiting, setWaiting] = useState<Registered | null>(null);
  useEffect(() => {
    let wanted = true;
    void registerWorker().then((registered) => {
      registered?.onWaiting(() => wanted && setWaiting(registered));
    });
    return () => {
      wanted = false;
    };
  }, []);
  if (waiting === null || active || elsewhere) return null;
  return (
    <div className={styles.offer} role="status">
      <p>
        {say.ready} <span className={styles.hint}>{say.hint}</span>
      </p>
      <Button small look="primary" onClick={() => waiting.useWaiting()}>
        {say.use}
      </Button>
      <Button small look="quiet" onClick={() => setWaiting(null)}>
        {say.later}
      </Button>
    </div>
  );
}
