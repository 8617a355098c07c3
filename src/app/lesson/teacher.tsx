/** The link that a teacher gives to a class: this chapter, step and data, without what is ticked. */
import { useState } from 'react';
import type { Hideable } from '../../lesson/lessons';
import { copyText } from '../clipboard';
import { Button } from '../parts/button';
import { CheckField } from '../parts/field';
import type { FrameValues } from './chapter';
import { lessonWords } from './words';
import styles from './lesson.module.css';

const words = lessonWords.teacher;

interface TeacherProps<V extends FrameValues> {
  values: V;
  hideable: readonly Hideable[];
  hrefOf: (patch: Partial<V>) => string;
}

export function Teacher<V extends FrameValues>({ values, hideable, hrefOf }: TeacherProps<V>) {
  const [hidden, setHidden] = useState<readonly Hideable[]>(values.h);
  const [present, setPresent] = useState(false);
  const [said, setSaid] = useState<{ url: string; copied: boolean } | null>(null);
  const patch = { h: hidden, p: present } as Partial<V>;
  const url = `${window.location.href.split('#')[0]}${hrefOf(patch)}`;
  const toggle = (part: Hideable, on: boolean) =>
    setHidden(hideable.filter((one) => (one === part ? on : hidden.includes(one))));

  return (
    <section className={styles.teacher} aria-label={words.title}>
      <p>{words.text}</p>
      <fieldset className={styles.parts}>
        <legend>{words.hide}</legend>
        {hideable.map((part) => (
          <CheckField
            key={part}
            label={words.parts[part]}
            value={hidden.includes(part)}
            onChange={(on) => toggle(part, on)}
          />
        ))}
      </fieldset>
      <CheckField label={words.present} value={present} onChange={setPresent} />
      <div className={styles.buttons}>
        <Button icon="copy" onClick={() => void copyText(url).then((copied) => setSaid({ url, copied }))}>
          {words.copy}
        </Button>
        <span role="status">{said?.url === url && said.copied && words.copied(url.length)}</span>
      </div>
      {said?.url === url && !said.copied && (
        <label className={styles.link}>
          {words.failed}
          <input readOnly value={url} onFocus={(event) => event.currentTarget.select()} />
        </label>
      )}
    </section>
  );
}
