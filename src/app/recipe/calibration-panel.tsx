/** Whether the recipe's calibration data are good, on demand: what they are, the Hessians they make, and the error as windows grow. */
import { useMemo } from 'react';
import { createCalibration, dataOf } from '../../store/calibration';
import { useStore } from '../../store/react';
import type { CalibrationReport } from '../../worker/protocol';
import { ChartFigure } from '../chart/chart-figure';
import { useStudio } from '../context';
import * as format from '../format';
import { Button } from '../parts/button';
import { FailureAlert } from '../parts/failure';
import facts from '../parts/facts.module.css';
import panel from '../parts/panel.module.css';
import { curveChart } from './calibration-chart';
import { calibrationWords as say } from './calibration-words';
import styles from './calibration.module.css';

export function CalibrationPanel() {
  const studio = useStudio();
  const store = studio.part(createCalibration);
  const { state, of, progress, report, failure, ask, leave } = useStore(store);
  const { recipe, model, faults } = useStore(studio.recipes);
  if (model === null || model.limitation !== null) return null;
  const outdated = of !== null && of !== dataOf(model.key, recipe);
  const askNow = () => void ask(model.key, recipe);
  const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
  return (
    <section className={panel.section} aria-labelledby="calibration-report-title">
      <h2 id="calibration-report-title">{say.title}</h2>
      <div className={`${panel.panel} ${styles.panel}`}>
        {state === 'busy' ? (
          <div className={styles.tools}>
            <progress className={styles.progress} value={share} max={1} aria-label={say.busy} />
            <span className={panel.muted}>{say.progress(format.share(share))}</span>
            <Button small icon="stop" onClick={leave}>
              {say.stop}
            </Button>
          </div>
        ) : (
          <>
            {report === null && <p className={panel.muted}>{say.text}</p>}
            <div className={styles.tools}>
              <Button small disabled={Object.keys(faults).length > 0} onClick={askNow}>
                {of === null ? say.ask : say.again}
              </Button>
              <p role="status" className={panel.muted}>
                {state === 'left' ? say.left : outdated ? say.outdated : ''}
              </p>
            </div>
          </>
        )}
        {failure && <FailureAlert failure={failure} compact deeds={{ retry: askNow }} />}
        {state === 'ready' && (report === null ? <p>{say.none}</p> : <Report report={report} />)}
      </div>
    </section>
  );
}

function Report({ report }: { report: CalibrationReport }) {
  const { vocabulary, stages } = report;
  const chart = useMemo(() => curveChart(report), [report]);
  const looked = stages.filter(({ rank }) => rank !== null);
  const full = looked.filter(({ rank, columns }) => rank === columns);
  const few = stages.filter(({ columns, tokens }) => tokens < columns);
  const dead = stages.filter((stage) => stage.dead > 0);
  const inputs = dead.reduce((sum, stage) => sum + stage.dead, 0);
  return (
    <>
      <dl className={facts.facts}>
        <dt>{say.facts.data}</dt>
        <dd>{report.label}</dd>
        <dt>{say.facts.heldOut}</dt>
        <dd>{report.heldOutLabel}</dd>
        <dt>{say.facts.tokens[report.task]}</dt>
        <dd>{`${format.integer(report.tokens)} (${say.windows(report.windows, report.length)})`}</dd>
        {vocabulary && (
          <>
            <dt>{say.facts.vocabulary}</dt>
            <dd>
              {say.vocabulary(
                format.integer(vocabulary.distinct),
                format.integer(vocabulary.size),
                vocabulary.size > 0 ? format.fineShare(vocabulary.distinct / vocabulary.size) : format.NOTHING,
              )}
            </dd>
            <dt>{say.facts.known}</dt>
            <dd>{format.fineShare(vocabulary.heldOutKnown)}</dd>
          </>
        )}
      </dl>
      <ul className={styles.verdicts}>
        {looked.length > 0 && <li>{say.rank(full.length, looked.length)}</li>}
        {few.length > 0 && <li>{say.few(few.length)}</li>}
        {inputs > 0 && <li>{say.dead(inputs, dead.length)}</li>}
        {looked.length < stages.length && <li>{say.notLooked(stages.length - looked.length)}</li>}
        {report.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
      {chart && (
        <ChartFigure model={chart.model} caption={<span>{say.curve}</span>} summary={chart.summary} height={260} />
      )}
      <Stages report={report} />
    </>
  );
}

function Stages({ report: { stages } }: { report: CalibrationReport }) {
  const { columns } = say;
  const condition = (value: number | null, rank: number | null) =>
    rank === null ? format.NOTHING : value === null ? say.singular : format.value(value);
  return (
    <details className={styles.stages}>
      <summary>{say.stages}</summary>
      <div className={`${panel.tableFrame} ${styles.frame}`} tabIndex={0} role="region" aria-label={say.stagesTable}>
        <table className={panel.table}>
          <caption className="visually-hidden">{say.stagesTable}</caption>
          <thead>
            <tr>
              <th scope="col">{columns.stage}</th>
              {[columns.inputs, columns.tokens, columns.rank, columns.condition, columns.damped, columns.dead].map(
                (name) => (
                  <th key={name} scope="col" className={panel.number}>
                    {name}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>
            {stages.map((stage) => (
              <tr key={`${stage.block} ${stage.stage}`}>
                <th scope="row">{stageName(stage.layers)}</th>
                <td className={panel.number}>{format.integer(stage.columns)}</td>
                <td className={panel.number}>{format.integer(stage.tokens)}</td>
                <td className={panel.number}>{stage.rank === null ? format.NOTHING : format.integer(stage.rank)}</td>
                <td className={panel.number}>{condition(stage.condition, stage.rank)}</td>
                <td className={panel.number}>{condition(stage.damped, stage.rank)}</td>
                <td className={panel.number}>{format.integer(stage.dead)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className={panel.muted}>{say.conditionHelp}</p>
    </details>
  );
}

/** 'model.layers.0.self_attn.q_proj, k_proj, v_proj'. */
function stageName([first, ...others]: readonly string[]): string {
  return [first, ...others.map((name) => name.split('.').at(-1) ?? name)].join(', ');
}
