/**
 * What full precision and every row continue one prompt by. The first token that is not full precision's is framed, named in a sentence with
 * both probabilities, and what follows it is paler: from there on the two have read different texts.
 */
import type { Continuations as Found, DifferingToken } from '../../run/events';
import type { RunFigures } from '../../store/run-view';
import { stylesOf } from '../chart/model';
import { Swatch } from '../chart/swatch';
import * as format from '../format';
import panel from '../parts/panel.module.css';
import { continuationWords as say } from './continuation-words';
import styles from './continuations.module.css';

interface ContinuationsProps {
  figures: RunFigures;
  found: Found;
}

export function Continuations({ figures, found }: ContinuationsProps) {
  const { plan } = figures;
  if (!plan) return null;
  const looks = stylesOf(figures);
  return (
    <section className={panel.section} aria-labelledby="continuations-title">
      <h2 id="continuations-title">{say.title}</h2>
      <p className={panel.muted}>{say.hint(format.integer(found.tokens))}</p>
      <div className={panel.panel}>
        <p className={styles.prompt}>
          <span className={styles.name}>{say.prompt}</span>
          <q className={styles.text}>{found.prompt}</q>
        </p>
        <dl className={styles.list}>
          <dt className={styles.name}>{say.full}</dt>
          <dd className={styles.text}>{found.full.join('')}</dd>
          {found.rows.map(({ row, pieces, differs }) => {
            const planned = plan.rows.find((one) => one.row === row);
            const style = looks.get(row);
            if (!planned) return null;
            return (
              <div key={row} className={styles.row}>
                <dt className={styles.name}>
                  {style && <Swatch style={style} />}
                  {planned.label}
                </dt>
                <dd>
                  <p className={styles.text}>
                    {differs ? <Marked pieces={pieces} at={differs.at} /> : pieces.join('')}
                  </p>
                  <p className={panel.muted}>{differs ? sentenceOf(differs) : say.same}</p>
                </dd>
              </div>
            );
          })}
        </dl>
      </div>
    </section>
  );
}

/** A row may end where full precision goes on: then the mark stands for the end of the text. */
function Marked({ pieces, at }: { pieces: readonly string[]; at: number }) {
  return (
    <>
      {pieces.slice(0, at).join('')}
      <mark className={styles.differs}>{pieces.at(at) ?? say.end}</mark>
      <span className={styles.after}>{pieces.slice(at + 1).join('')}</span>
    </>
  );
}

function sentenceOf({ at, full, own }: DifferingToken): string {
  const share = format.fineShare;
  return say.differs(
    format.integer(at + 1),
    { text: own.piece, byRow: share(own.byRow), byFull: share(own.byFull) },
    { text: full.piece, byRow: share(full.byRow), byFull: share(full.byFull) },
  );
}
