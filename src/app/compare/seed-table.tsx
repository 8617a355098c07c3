/** Rows over several seeds, where runs that are laid over each other differ in nothing else. */
import { SEED_FIGURES, type SeedFigure, type SeedRow } from '../../report/seeds';
import * as format from '../format';
import panel from '../parts/panel.module.css';
import { seedWords as say } from './view-words';

const WRITTEN: Readonly<Record<SeedFigure['of'], (value: number) => string>> = {
  ...{ meanError: format.error, worstError: format.error, perplexity: format.perplexity, kl: format.nats },
  ...{ klMedian: format.nats, klTail: format.nats, sameTop: format.fineShare },
  ...{ accuracy: format.fineShare, trajectory: format.error, frechet: format.distance },
  ...{ psnr: format.distance, ssim: format.distance },
};

export function SeedTable({ rows }: { rows: readonly SeedRow[] }) {
  if (rows.length === 0) return null;
  const columns = SEED_FIGURES.filter((one) => rows.some(({ figures }) => figures.some(({ of }) => of === one)));
  return (
    <section className={panel.section} aria-labelledby="seeds-title">
      <h2 id="seeds-title">{say.title}</h2>
      <p className={panel.muted}>{say.hint(rows[0].seeds.join(', '))}</p>
      {/* A scroller of its own needs the keyboard. */}
      <div className={panel.tableFrame} tabIndex={0} role="region" aria-label={say.title}>
        <table className={`${panel.table} ${panel.cards}`}>
          <caption className="visually-hidden">{say.title}</caption>
          <thead>
            <tr>
              <th scope="col">{say.method}</th>
              {columns.map((column) => (
                <th key={column} scope="col" className={panel.number}>
                  {say.figures[column]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ label, figures }) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                {columns.map((column) => (
                  <td key={column} data-label={say.figures[column]} className={panel.number}>
                    <Spread figure={figures.find(({ of }) => of === column)} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Spread({ figure }: { figure: SeedFigure | undefined }) {
  if (!figure) return format.NOTHING;
  const write = WRITTEN[figure.of];
  return figure.deviation === null ? write(figure.mean) : say.spread(write(figure.mean), write(figure.deviation));
}
