/** Other runs in the same chart and table: which there are, which are chosen, and in what they differ from the one that is shown. */
import type { Difference, LaidOver, NamedResult } from '../../report/laid-over';
import * as format from '../format';
import { laidOverWords as say } from './view-words';
import panel from '../parts/panel.module.css';
import styles from './compare.module.css';

export interface Offered extends NamedResult {
  readonly id: string;
}

interface LayOverProps {
  offered: readonly Offered[];
  chosen: ReadonlySet<string>;
  onChoose: (chosen: ReadonlySet<string>) => void;
  differences: LaidOver['differences'];
  /** When the list is first looked at. */
  onOpen: () => void;
}

/** Beside the first; more lines than this nobody tells apart. */
const MOST = 4;

export function LayOver({ offered, chosen, onChoose, differences, onOpen }: LayOverProps) {
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChoose(next);
  };
  return (
    <details className={`${panel.panel} ${styles.layOver}`} onToggle={(event) => event.currentTarget.open && onOpen()}>
      <summary>{chosen.size === 0 ? say.title : say.chosen(chosen.size)}</summary>
      <fieldset>
        <legend className="visually-hidden">{say.title}</legend>
        {offered.length === 0 && <p>{say.none}</p>}
        {offered.map(({ id, name }) => (
          <label key={id} className={styles.run}>
            <input
              type="checkbox"
              checked={chosen.has(id)}
              disabled={!chosen.has(id) && chosen.size >= MOST}
              onChange={() => toggle(id)}
            />
            {name}
          </label>
        ))}
      </fieldset>
      {differences.map(({ name, of }) => (
        <p key={name} className={of.some((one) => GRAVE.has(one)) ? styles.grave : undefined}>
          {of.length === 0 ? say.same(name) : say.differs(name, format.clauses(of.map((one) => say.differences[one])))}
        </p>
      ))}
    </details>
  );
}

/** Figures of other networks, or of other text, are no comparison of methods. */
const GRAVE: ReadonlySet<Difference> = new Set(['model', 'task', 'held-out']);
