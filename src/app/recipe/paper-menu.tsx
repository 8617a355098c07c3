/** The systems of papers as rows: searched by name, kind of step or network, each with its citation, how far it is from it, and its steps. */
import { useId, useState } from 'react';
import { RECIPE_LIMITS } from '../../recipe/recipe';
import { refusalOf, rowOfPaper, type Paper } from '../../recipe/papers/paper';
import { PAPERS } from '../../recipe/papers/table';
import { STEP_FACES } from '../../step/faces';
import type { NetworkFacts } from '../../step/network-facts';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import { said } from '../language/faces';
import { Button } from '../parts/button';
import { Panel } from '../parts/dialog';
import { CheckField, SelectField } from '../parts/field';
import { Icon } from '../parts/icon';
import panel from '../parts/panel.module.css';
import { Tag } from '../parts/tag';
import { CitationText } from './face-card';
import { paperWords as say, stepWords } from './step-words';
import styles from './papers.module.css';
import steps from './steps.module.css';
import { recipeWords } from './recipe-screen-words';

export function PaperMenu() {
  return (
    <Panel title={say.title} trigger={<Button small>{say.open}</Button>}>
      <PaperList />
    </Panel>
  );
}

const NEW_ROW = 'new';

function PaperList() {
  const { recipes, acts } = useStudio();
  const { recipe, facts, model } = useStore(recipes);
  const full = recipe.rows.length >= RECIPE_LIMITS.rows.max;
  const [search, setSearch] = useState('');
  const [only, setOnly] = useState(false);
  const [chosen, setTarget] = useState(NEW_ROW);
  const target = full && chosen === NEW_ROW ? '0' : chosen;
  const found = PAPERS.filter((paper) => matches(paper, facts, search)).map((paper) => ({
    paper,
    why: model?.limitation ?? (facts === null ? null : refusalOf(paper, facts)),
  }));
  const shown = only ? found.filter(({ why }) => why === null) : found;
  const id = useId();
  return (
    <div className={styles.list}>
      <p className={panel.muted}>{say.lead}</p>
      <div className={styles.filters}>
        <label className={styles.search}>
          <span>{say.search}</span>
          <input type="search" value={search} onChange={({ target: input }) => setSearch(input.value)} />
        </label>
        <SelectField
          label={say.where}
          value={target}
          choices={[
            ...(full ? [] : [{ value: NEW_ROW, text: say.newRow }]),
            ...recipe.rows.map((_, i) => ({ value: String(i), text: say.inPlaceOf(i + 1) })),
          ]}
          onChange={setTarget}
        />
        {facts !== null && <CheckField label={say.only(model?.name ?? '')} value={only} onChange={setOnly} />}
      </div>
      <p className={panel.muted} role="status">
        {say.found(shown.length)}
      </p>
      <ul className={styles.papers}>
        {shown.map(({ paper, why }) => (
          <PaperEntry
            key={paper.id}
            headingId={`${id}-${paper.id}`}
            {...{ paper, facts, why }}
            action={target === NEW_ROW ? say.add(paper.title) : say.set(paper.title, Number(target) + 1)}
            onUse={() => acts.putRow(rowOfPaper(paper, facts), paper.title, target === NEW_ROW ? null : Number(target))}
          />
        ))}
      </ul>
    </div>
  );
}

interface EntryProps {
  paper: Paper;
  facts: NetworkFacts | null;
  /** Why the network cannot have it. */
  why: string | null;
  action: string;
  headingId: string;
  onUse: () => void;
}

function PaperEntry({ paper, facts, why, action, headingId, onUse }: EntryProps) {
  const { fidelity } = paper;
  return (
    <li className={styles.paper} aria-labelledby={headingId}>
      <div className={styles.head}>
        <h3 id={headingId}>{paper.title}</h3>
        <Tag tone={fidelity.label === 'faithful' ? 'ok' : undefined}>{recipeWords.card.fidelity[fidelity.label]}</Tag>
        <Button
          small
          disabled={why !== null}
          aria-label={action}
          onClick={({ currentTarget }) => {
            onUse();
            // The browser gives the focus back to the button that opened the list.
            currentTarget.closest('dialog')?.close();
          }}
        >
          {say.use}
        </Button>
      </div>
      {why !== null && <p className={styles.refusal}>{why}</p>}
      <p>{said(paper.why)}</p>
      <p className={styles.steps}>
        {rowOfPaper(paper, facts).steps.map(({ step, options }, i) => (
          <span key={i} className={styles.step}>
            {i > 0 && <Icon name="right" size={12} />}
            <span className={steps.still}>{STEP_FACES[step].words(options).join(' ')}</span>
          </span>
        ))}
      </p>
      <p className={panel.muted}>{said(fidelity.why)}</p>
      <details className={styles.citation}>
        <summary>{recipeWords.card.reference}</summary>
        <CitationText citation={paper.citation} />
      </details>
    </li>
  );
}

/** Whether each word of a search is somewhere in what is said of a paper: its name, its authors, its steps and their kinds. */
function matches(paper: Paper, facts: NetworkFacts | null, search: string): boolean {
  const faces = rowOfPaper(paper, facts).steps.map(({ step }) => STEP_FACES[step]);
  const all = [
    ...[paper.id, paper.title, paper.citation.text, paper.why, said(paper.why)],
    ...faces.flatMap(({ title, slot }) => [title, slot, stepWords.slots[slot]]),
  ]
    .join(' ')
    .toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
