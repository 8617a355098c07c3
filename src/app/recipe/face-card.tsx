/** A card in a drawer: what a step does, how, what it needs, how far it is from the paper, and where the paper is. */
import { useState } from 'react';
import type { Fidelity } from '../../method/face';
import type { Parameters } from '../../method/parameters';
import { chapterOn } from '../../lesson/lessons';
import type { Citation } from '../../step/face';
import { copyText } from '../clipboard';
import { said } from '../language/faces';
import { Button, IconButton, LinkButton } from '../parts/button';
import { Panel } from '../parts/dialog';
import { Tag } from '../parts/tag';
import styles from './method-card.module.css';
import { recipeWords } from './recipe-screen-words';

const { card } = recipeWords;

interface Carded {
  readonly id: string;
  readonly title: string;
  readonly idea: string;
  readonly formula: string;
  readonly citation: Citation;
  readonly fidelity: { readonly label: Fidelity; readonly why: string };
  readonly parameters: Parameters;
}

/** `stores`: null where it stores nothing that has to be said. */
export function FaceCard({ face, needs, stores }: { face: Carded; needs: string; stores: string | null }) {
  const { fidelity, citation } = face;
  const chapter = chapterOn(face.id);
  return (
    <Panel title={face.title} trigger={<IconButton icon="info" label={recipeWords.about(face.title)} />}>
      <div className={styles.card}>
        <p className={styles.idea}>{said(face.idea)}</p>
        {chapter !== null && (
          <p>
            <LinkButton small icon="lesson" href={chapter}>
              {card.lesson}
            </LinkButton>
          </p>
        )}
        {face.formula !== '' && (
          <section>
            <h3>{card.formula}</h3>
            <p className={styles.formula} tabIndex={0} role="math" aria-label={face.formula}>
              {face.formula}
            </p>
          </section>
        )}
        <section>
          <h3>{card.needs}</h3>
          <p>{needs}</p>
        </section>
        {stores !== null && (
          <section>
            <h3>{card.stores}</h3>
            <p>{stores}</p>
          </section>
        )}
        <section>
          <h3>
            <Tag tone={fidelity.label === 'faithful' ? 'ok' : undefined}>{card.fidelity[fidelity.label]}</Tag>
          </h3>
          <p>{said(fidelity.why)}</p>
        </section>
        <section>
          <h3>{card.reference}</h3>
          <CitationText citation={citation} />
        </section>
        {Object.keys(face.parameters).length > 0 && (
          <section>
            <h3>{card.parameters}</h3>
            <dl className={styles.parameters}>
              {Object.entries(face.parameters).map(([name, { label, help }]) => (
                <div key={name}>
                  <dt>{said(label)}</dt>
                  <dd>{said(help)}</dd>
                </div>
              ))}
            </dl>
          </section>
        )}
      </div>
    </Panel>
  );
}

export function CitationText({ citation }: { citation: Citation }) {
  return (
    <>
      <p>{citation.text}</p>
      <div className={styles.buttons}>
        {citation.url !== null && (
          <LinkButton small href={citation.url} target="_blank" rel="noreferrer noopener">
            {card.paper}
          </LinkButton>
        )}
        {citation.bibtex !== '' && <CopyBibtex bibtex={citation.bibtex} />}
      </div>
    </>
  );
}

function CopyBibtex({ bibtex }: { bibtex: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <Button small icon={copied ? 'check' : 'copy'} onClick={async () => setCopied(await copyText(bibtex))}>
      {copied ? card.copied : card.bibtex}
    </Button>
  );
}
