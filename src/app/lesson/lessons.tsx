/** The list of lessons, and each lesson by its name in the address. */
import type { ComponentType } from 'react';
import { isLesson, LESSONS, type LessonId } from '../../lesson/lessons';
import { LinkButton } from '../parts/button';
import { CodebookLesson } from './codebook/codebook';
import { codebookWords } from './codebook/words';
import { ResidualLesson } from './residual/residual';
import { residualWords } from './residual/words';
import { RotationLesson } from './rotation/rotation';
import { rotationWords } from './rotation/words';
import { lessonWords as words } from './words';
import panel from '../parts/panel.module.css';
import styles from './lesson.module.css';

interface LessonEntry {
  readonly screen: ComponentType;
  readonly chapters: number;
}

const SCREENS: Readonly<Record<LessonId, LessonEntry>> = {
  residuals: { screen: ResidualLesson, chapters: residualWords.chapters.length },
  codebooks: { screen: CodebookLesson, chapters: codebookWords.chapters.length },
  rotation: { screen: RotationLesson, chapters: rotationWords.chapters.length },
};

export function Lessons({ id }: { id: string | null }) {
  if (isLesson(id)) {
    const { screen: Screen } = SCREENS[id];
    return <Screen />;
  }
  return (
    <div className={panel.screen}>
      <div className={styles.titles}>
        <h1 tabIndex={-1}>{words.title}</h1>
        <p className={panel.lead}>{id === null ? words.lead : words.unknown(id.slice(0, 60))}</p>
      </div>
      <ul className={styles.list}>
        {LESSONS.map((one) => (
          <li key={one} className={panel.panel}>
            <h2>{words.list[one].title}</h2>
            <p>{words.list[one].about}</p>
            <p className={styles.source}>{words.chaptersIn(SCREENS[one].chapters)}</p>
            <p>
              <LinkButton
                look="primary"
                href={`#/lesson/${one}`}
                aria-label={`${words.begin}: ${words.list[one].title}`}
              >
                {words.begin}
              </LinkButton>
            </p>
          </li>
        ))}
      </ul>
    </div>
  );
}
