/**
 * The one way a failure is shown: what happened, the engine's own sentence, why it is likely, and verbs as buttons. The details that
 * can be copied hold the code, the browser and numbers, but no names and no contents.
 */
import { useState } from 'react';
import { asSentence } from '../../base/errors';
import type { Failure } from '../../store/failure';
import { FAILURE_WORDS, type Verb } from '../failure-words';
import { copyText } from '../clipboard';
import { VERSION } from '../version';
import { words } from '../words';
import { Button } from './button';
import { Icon } from './icon';
import styles from './failure.module.css';

interface FailureAlertProps {
  failure: Failure;
  /** In place of the code's own words, where the code says too little of what was tried. */
  said?: { readonly title: string; readonly text: string };
  /** What this screen can do about it; verbs without a deed are not offered. */
  deeds?: Partial<Record<Verb, () => void>>;
  onDismiss?: () => void;
  /** For what is a limit of the machine rather than a mishap: no alarm. */
  quiet?: boolean;
  /** Takes little room: what it says is not about what was just done. */
  compact?: boolean;
}

/** The engine's sentence would only repeat the title. */
const SAID_BY_TITLE: readonly Failure['code'][] = ['QS-GPU-01', 'QS-GPU-02'];

export function FailureAlert({
  failure,
  said,
  deeds = {},
  onDismiss,
  quiet = false,
  compact = false,
}: FailureAlertProps) {
  const [copied, setCopied] = useState(false);
  const known = FAILURE_WORDS[failure.code] ?? FAILURE_WORDS['QS-APP-01'];
  const { title, text } = said ?? known;
  return (
    <div
      className={[styles.failure, quiet ? styles.quiet : '', compact ? styles.compact : ''].join(' ').trim()}
      role={quiet ? 'status' : 'alert'}
    >
      <span className={styles.sign}>
        <Icon name="warning" size={20} />
      </span>
      <p className={styles.title}>{title}</p>
      <p className={styles.text}>
        {!SAID_BY_TITLE.includes(failure.code) && (
          <span className={styles.detail}>{asSentence(failure.sentence)} </span>
        )}
        {text}
      </p>
      <div className={styles.actions}>
        {known.verbs.map((verb) => {
          const deed = deeds[verb];
          return (
            deed && (
              <Button key={verb} small onClick={deed}>
                {words.failure.verbs[verb]}
              </Button>
            )
          );
        })}
        <Button small look="quiet" onClick={async () => setCopied(await copyText(detailsOf(failure)))}>
          {copied ? words.failure.copied : words.failure.details}
        </Button>
        {onDismiss && (
          <Button small look="quiet" onClick={onDismiss}>
            {words.failure.dismiss}
          </Button>
        )}
        <span className={styles.code}>{failure.code}</span>
      </div>
    </div>
  );
}

/** What a report needs and nothing that names a file: numbers and switches among the facts, no sentence and no text. */
export function detailsOf({ code, facts }: Failure): string {
  const numbers = Object.entries(facts).filter(([, value]) => typeof value !== 'string');
  return [
    `${code} · ${FAILURE_WORDS[code]?.title ?? ''}`,
    `Quantelier ${VERSION}`,
    typeof navigator === 'undefined' ? '' : navigator.userAgent,
    ...numbers.map(([name, value]) => `${name}: ${value}`),
  ]
    .filter(Boolean)
    .join('\n');
}
