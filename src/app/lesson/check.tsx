/** A chapter's question. Whatever is answered is explained; a class may be left to find out by itself. */
import { useId, useState } from 'react';
import type { ChapterWords } from './chapter';
import { Rich } from './rich';
import { lessonWords as words } from './words';
import styles from './lesson.module.css';

export function Check({ chapter, answered }: { chapter: ChapterWords; answered: boolean }) {
  const [chosen, setChosen] = useState<number | null>(null);
  const name = useId();
  return (
    <fieldset className={styles.check}>
      <legend>
        <span className={styles.count}>{words.check}</span> {chapter.question}
      </legend>
      {chapter.answers.map(({ text }, i) => (
        <label key={text} className={styles.answer}>
          <input type="radio" name={name} checked={chosen === i} onChange={() => setChosen(i)} />
          <span>{text}</span>
        </label>
      ))}
      <p role="status" className={styles.why}>
        {answered && chosen !== null && (
          <>
            <strong data-right={chosen === chapter.right || undefined}>
              {chosen === chapter.right ? words.right : words.wrong}
            </strong>{' '}
            <Rich text={chapter.answers[chosen].why} />
          </>
        )}
      </p>
    </fieldset>
  );
}
