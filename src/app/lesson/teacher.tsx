/** The link that a teacher gives to a class: this chapter, step and data, without what is ticked; and the same as a frame for another page. */
import { useState } from 'react';
import type { Hideable } from '../../lesson/lessons';
import { copyText } from '../clipboard';
import { Button } from '../parts/button';
import { CheckField } from '../parts/field';
import { frameOf } from '../share/snippets';
import type { FrameValues } from './chapter';
import { lessonWords } from './words';
import styles from './lesson.module.css';

const words = lessonWords.teacher;

/** Pixels of a step with its figure, as most of them come out at the width of a slide. */
const FRAME_HEIGHT = 720;

interface TeacherProps<V extends FrameValues> {
  /** What it is of, for people. */
  title: string;
  values: V;
  hideable: readonly Hideable[];
  hrefOf: (patch: Partial<V>) => string;
}

export function Teacher<V extends FrameValues>({ title, values, hideable, hrefOf }: TeacherProps<V>) {
  const [hidden, setHidden] = useState<readonly Hideable[]>(values.h);
  const [present, setPresent] = useState(false);
  const [said, setSaid] = useState<{ text: string; copied: boolean } | null>(null);
  const base = window.location.href.split('#')[0];
  const url = `${base}${hrefOf({ h: hidden, p: present } as Partial<V>)}`;
  const place = hrefOf({ h: hidden, p: false } as Partial<V>).slice('#/'.length);
  const frame = frameOf({ address: `${base}#/e/${place}`, title, height: FRAME_HEIGHT });
  // What was copied is said until something else is ticked.
  const now = said?.text === url || said?.text === frame ? said : null;
  const copy = (text: string) => void copyText(text).then((copied) => setSaid({ text, copied }));
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
        <Button icon="copy" onClick={() => copy(url)}>
          {words.copy}
        </Button>
        <Button icon="copy" onClick={() => copy(frame)}>
          {words.copyFrame}
        </Button>
        <span role="status">{now?.copied && words.copied(now.text.length)}</span>
      </div>
      <p className={styles.keys}>{words.frameText}</p>
      {now && !now.copied && (
        <label className={styles.link}>
          {words.failed}
          <textarea rows={3} readOnly value={now.text} onFocus={(event) => event.currentTarget.select()} />
        </label>
      )}
    </section>
  );
}
