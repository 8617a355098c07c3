/** What rows that train tell while they do: their course as lines, and how each one stands. */
import { useEffect, useMemo, useState } from 'react';
import { stepOf, type TrainingCurve } from '../../run/training-curve';
import { useStore } from '../../store/react';
import { isActive, type RunFigures } from '../../store/run-view';
import { trainedRows, MEASURES, type Measure } from '../../store/training';
import { ChartFigure } from '../chart/chart-figure';
import { stylesOf } from '../chart/model';
import { Swatch } from '../chart/swatch';
import { MovingCodewords } from '../codebook/moving-codewords';
import { useStudio } from '../context';
import * as format from '../format';
import type { LineStyle } from '../../report/palette';
import { SelectField } from '../parts/field';
import { Choices, Toolbar } from '../parts/toolbar';
import { Icon } from '../parts/icon';
import type { RunSource } from '../run-source';
import { words } from '../words';
import chart from '../chart/chart.module.css';
import facts from '../parts/facts.module.css';
import panel from '../parts/panel.module.css';
import { RatioHistogram } from './ratio-histogram';
import { newestCurves, trainingChart, trainingSummary } from './training-chart';
import styles from './training.module.css';

const ALL = 'all';
const NONE: readonly TrainingCurve[] = [];

export function TrainingPanel({ source }: { source: RunSource }) {
  const curves = useCurves(source);
  const { live, recipe, figures } = source;
  const expected = useMemo(() => trainedRows(recipe).length > 0, [recipe]);
  const waiting = expected && live !== null && isActive(live.phase);
  if (figures.plan === null || (curves.length === 0 && !waiting)) return null;
  return (
    <section className={panel.panel} aria-labelledby="training-title">
      <Course figures={figures} curves={curves} />
    </section>
  );
}

/** Of the live run as they grow; of a stored one as they were kept. */
function useCurves({ kind, id, live }: RunSource): readonly TrainingCurve[] {
  const { trainings } = useStudio();
  const stored = useStore(trainings, (state) => state.byRun[id]);
  useEffect(() => {
    if (kind === 'stored') void trainings.getState().load(id);
  }, [trainings, kind, id]);
  return live ? live.training : (stored ?? NONE);
}

function Course({ figures, curves }: { figures: RunFigures; curves: readonly TrainingCurve[] }) {
  const [measure, setMeasure] = useState<Measure>('loss');
  const [chosen, setBlock] = useState(ALL);
  const blocks = [...new Set(curves.map((curve) => curve.block))].sort((a, b) => a - b);
  const block = chosen !== ALL && blocks.includes(Number(chosen)) ? Number(chosen) : null;
  const model = useMemo(() => trainingChart(figures, curves, { measure, block }), [figures, curves, measure, block]);
  const summary = useMemo(() => trainingSummary(figures, curves, block), [figures, curves, block]);
  const looks = useMemo(() => stylesOf(figures), [figures]);
  const labels = new Map(figures.plan?.rows.map(({ row, label }) => [row, label]));
  return (
    <div className={styles.course}>
      <ChartFigure
        model={model}
        caption={<span id="training-title">{words.training.caption}</span>}
        summary={summary}
        showSummary={false}
        waiting={words.training.waiting}
        height={260}
        toolbar={
          <div className={styles.tools}>
            <MeasureBar measure={measure} onMeasure={setMeasure} />
            {blocks.length > 0 && (
              <SelectField
                label={words.training.block}
                value={block === null ? ALL : String(block)}
                choices={[
                  { value: ALL, text: words.training.allBlocks },
                  ...blocks.map((one) => ({ value: String(one), text: words.run.block(String(one)) })),
                ]}
                onChange={setBlock}
              />
            )}
          </div>
        }
      />
      <ul className={styles.rows}>
        {newestCurves(curves, block).map((curve) => (
          <li key={curve.row}>
            <Standing curve={curve} label={labels.get(curve.row) ?? ''} look={looks.get(curve.row)} />
          </li>
        ))}
      </ul>
    </div>
  );
}

interface MeasureBarProps {
  measure: Measure;
  onMeasure: (measure: Measure) => void;
}

function MeasureBar({ measure, onMeasure }: MeasureBarProps) {
  return (
    <Toolbar className={chart.toolbar} label={words.training.measure}>
      <Choices
        label={words.training.measure}
        className={chart.group}
        choiceClassName={chart.choice}
        value={measure}
        choices={MEASURES.map((one) => ({ value: one, text: words.training.measures[one].name }))}
        onChange={onMeasure}
      />
    </Toolbar>
  );
}

interface StandingProps {
  curve: TrainingCurve;
  label: string;
  look: LineStyle | undefined;
}

/** How one row's training stands. */
function Standing({ curve, label, look }: StandingProps) {
  const { block, steps, lossName, settledName, firstRatios, ratios, notes, firstSnapshot, snapshot, memory } = curve;
  const last = curve.points.at(-1);
  return (
    <article className={styles.standing}>
      <p className={styles.name}>
        {look && <Swatch style={look} />}
        {label}
      </p>
      <p className={styles.step}>
        {words.training.now(String(block), format.integer(stepOf(curve)), format.integer(steps))}
      </p>
      <div className={styles.parts}>
        {last && (
          <dl className={facts.facts}>
            <dt>{words.training.lossNow(lossName)}</dt>
            <dd>{format.error(last.loss)}</dd>
            <dt>{words.training.settledNow(settledName)}</dt>
            <dd>{format.fineShare(last.settled)}</dd>
            {last.usageEntropy !== null && (
              <>
                <dt title={words.training.usageHelp}>{words.training.usageNow}</dt>
                <dd>{format.ratio(last.usageEntropy)}</dd>
              </>
            )}
            {memory && (
              <>
                <dt title={words.training.memoryHelp}>{words.training.memory}</dt>
                <dd>{words.training.memoryValue(format.bytes(memory.tapeBytes), memory.windows)}</dd>
              </>
            )}
          </dl>
        )}
        {ratios && <RatioHistogram first={firstRatios} now={ratios} />}
        {snapshot && <MovingCodewords first={firstSnapshot} now={snapshot} />}
      </div>
      {notes.length > 0 && (
        <section aria-label={words.training.notes}>
          <ul className={styles.notes}>
            {notes.map(({ step, sentence }, i) => (
              <li key={`${step} ${i}`}>
                <Icon name="warning" size={12} /> {sentence}
              </li>
            ))}
          </ul>
        </section>
      )}
    </article>
  );
}
