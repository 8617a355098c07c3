/** The models that come with the studio, each with where it is from. */
import { useStore } from '../../store/react';
import { SAMPLES } from '../../store/samples';
import { useStudio } from '../context';
import { Button } from '../parts/button';
import { Tag } from '../parts/tag';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import styles from './library.module.css';

export function SampleCards() {
  const { models, routes } = useStudio();
  const importing = useStore(models, (state) => state.importing);
  return SAMPLES.map((sample) => (
    <section key={sample.id} className={`${panel.panel} ${styles.sample}`} aria-labelledby={`sample-${sample.id}`}>
      <div className={styles.sampleHead}>
        <h2 id={`sample-${sample.id}`}>{sample.title}</h2>
        <Tag>{words.library.sampleTag}</Tag>
      </div>
      <p>{sample.provenance}</p>
      <p>{sample.shows}</p>
      <p className={styles.fine}>{words.library.sampleLicence(sample.licence)}</p>
      <div className={styles.buttons}>
        <Button
          disabled={importing !== null}
          onClick={async () => {
            const model = await models.getState().importSample(sample.id);
            if (model) routes.getState().go({ screen: 'recipe' });
          }}
        >
          {words.library.openSample}
          <span className="visually-hidden"> {sample.title}</span>
        </Button>
      </div>
    </section>
  ));
}
