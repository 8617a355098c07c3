/** The models that come with the studio, each with where it is from and what it shows. */
import { useStore } from '../../store/react';
import { SAMPLES, type Sample } from '../../store/samples';
import { useStudio } from '../context';
import * as format from '../format';
import { said } from '../language/first';
import { Button } from '../parts/button';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import styles from './library.module.css';

const { sampleColumns } = words.library;

export function SamplesTable() {
  return (
    <section className={panel.section} aria-labelledby="samples-title">
      <div className={panel.sectionHead}>
        <h2 id="samples-title">{words.library.samples}</h2>
        <p className={panel.muted}>{words.library.samplesHint}</p>
      </div>
      <div className={panel.tableFrame}>
        <table className={`${panel.table} ${panel.cards}`}>
          <caption className="visually-hidden">{words.library.samplesTable}</caption>
          <thead>
            <tr>
              <th scope="col">{sampleColumns.sample}</th>
              <th scope="col">{sampleColumns.about}</th>
              <th scope="col" className={panel.number}>
                {sampleColumns.size}
              </th>
              <th scope="col" className={panel.actions}>
                <span className="visually-hidden">{sampleColumns.actions}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {SAMPLES.map((sample) => (
              <SampleRow key={sample.id} sample={sample} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function SampleRow({ sample }: { sample: Sample }) {
  const { models, routes } = useStudio();
  const importing = useStore(models, (state) => state.importing);
  return (
    <tr>
      <th scope="row" className={styles.sampleName}>
        {sample.title}
      </th>
      <td className={styles.sampleAbout}>{format.sentences([said(sample.provenance), said(sample.shows)])}</td>
      <td data-label={sampleColumns.size} className={panel.number}>
        {format.bytes(sample.bytes)}
      </td>
      <td className={panel.actions}>
        <Button
          small
          disabled={importing !== null}
          onClick={async () => {
            const model = await models.getState().importSample(sample.id);
            if (model) routes.getState().go({ screen: 'recipe' });
          }}
        >
          {words.library.openSample}
          <span className="visually-hidden"> {sample.title}</span>
        </Button>
      </td>
    </tr>
  );
}
