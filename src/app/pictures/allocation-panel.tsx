/** How a row's layers came to their bits: the Pareto front with the choice on it, rows with all layers alike beside it, and each layer's. */
import { useMemo, useState } from 'react';
import type { RowSummary, Task } from '../../run/events';
import type { ShownAllocation } from '../../store/allocations';
import { taskOf } from '../../report/compare';
import type { RunFigures } from '../../store/run-view';
import { ChartFigure } from '../chart/chart-figure';
import { stylesOf } from '../chart/model';
import * as format from '../format';
import { METHOD_STYLES } from '../../report/palette';
import { SelectField } from '../parts/field';
import panel from '../parts/panel.module.css';
import { ChoiceStrip } from './choice-strip';
import { frontChart } from './front-model';
import { pictureWords } from './words';
import styles from './pictures.module.css';

const say = pictureWords.allocation;

interface AllocationPanelProps {
  figures: RunFigures;
  allocations: readonly ShownAllocation[];
}

export function AllocationPanel({ figures, allocations }: AllocationPanelProps) {
  const [chosen, setRow] = useState<number | null>(null);
  const shown = allocations.find(({ row }) => row === chosen) ?? allocations[0];
  const look = useMemo(() => stylesOf(figures).get(shown.row) ?? METHOD_STYLES.gptq, [figures, shown.row]);
  const model = useMemo(() => frontChart(shown, look), [shown, look]);
  return (
    <section className={panel.section} aria-labelledby="allocation-title">
      <h2 id="allocation-title">{say.title}</h2>
      <div className={`${panel.panel} ${styles.panel}`}>
        {allocations.length > 1 && (
          <div className={styles.tools}>
            <SelectField
              label={say.row}
              value={String(shown.row)}
              choices={allocations.map(({ row, label }) => ({ value: String(row), text: label }))}
              onChange={(value) => setRow(Number(value))}
            />
          </div>
        )}
        <ChartFigure
          model={model}
          caption={<span>{allocations.length > 1 ? say.caption : `${say.caption}: ${shown.label}`}</span>}
          summary={summaryOf(shown)}
          height={340}
        />
        <Beside figures={figures} shown={shown} />
        <ChoiceStrip figures={figures} shown={shown} look={look} />
      </div>
    </section>
  );
}

function summaryOf({ allocation, weights, uniform }: ShownAllocation): string {
  const { bits, budget, error, exact } = allocation;
  const per = (size: number) => format.fineBits(size / weights);
  // What the run computes beside the row, else what is nearest in size.
  const rows = uniform.filter(({ row }) => row !== null);
  const nearest = uniform.toSorted((a, b) => Math.abs(a.bits - bits) - Math.abs(b.bits - bits)).slice(0, 1);
  return format.sentences([
    say.summary(per(bits), per(budget), format.error(error), exact),
    ...(rows.length > 0 ? rows : nearest).map((one) => say.against(one.name, per(one.bits), format.error(one.error))),
  ]);
}

/** How a task's rows are judged at their end. */
const ENDS: Readonly<Record<Task, { readonly head: string; of(summary: RowSummary): string }>> = {
  text: { head: say.columns.perplexity, of: ({ perplexity }) => format.perplexity(perplexity) },
  classification: {
    head: say.columns.accuracy,
    of: ({ images }) => (images?.accuracy ? format.fineShare(images.accuracy.share) : format.NOTHING),
  },
  diffusion: { head: say.columns.prediction, of: ({ images }) => format.error(images?.prediction ?? null) },
};

/** Predicted, and what came of it. */
function Beside({ figures, shown }: { figures: RunFigures; shown: ShownAllocation }) {
  const { allocation, weights, uniform, measured, label } = shown;
  const end = ENDS[taskOf(figures)];
  const rows = [
    { name: label, bits: allocation.bits, error: allocation.error, measured },
    ...uniform.map((one) => ({ ...one, name: say.uniformRow(one.name) })),
  ];
  return (
    // A scroller of its own needs the keyboard.
    <div className={panel.tableFrame} tabIndex={0} role="region" aria-label={say.nearest}>
      <table className={`${panel.table} ${panel.cards}`}>
        <caption className="visually-hidden">{say.nearest}</caption>
        <thead>
          <tr>
            <th scope="col">{say.columns.choice}</th>
            {[say.columns.bits, say.columns.predicted, say.columns.error, end.head].map((head) => (
              <th key={head} scope="col" className={panel.number}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              <td data-label={say.columns.bits} className={panel.number}>
                {format.fineBits(row.bits / weights)}
              </td>
              <td data-label={say.columns.predicted} className={panel.number}>
                {format.error(row.error)}
              </td>
              <td data-label={say.columns.error} className={panel.number}>
                {row.measured ? format.error(row.measured.meanError) : format.NOTHING}
              </td>
              <td data-label={end.head} className={panel.number}>
                {row.measured ? end.of(row.measured) : format.NOTHING}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
