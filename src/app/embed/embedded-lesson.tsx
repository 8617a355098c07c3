/**
 * One step of a lesson, for a slide or a course's page: its figure and its sentence, steppable; no engine, no storage of any kind, no GPU, and a way
 * back to the studio. Where one has stepped to stays here: the page around it keeps its history to itself.
 */
import { useMemo } from 'react';
import { isLesson } from '../../lesson/lessons';
import { formatRoute } from '../../store/route';
import { LessonHostContext, type LessonHost } from '../lesson/host';
import { LESSON_SCREENS } from '../lesson/lessons';
import { lessonWords } from '../lesson/words';
import type { LessonPlace } from './place';
import { showEmbedded } from './show';
import styles from './embed.module.css';

export function showLesson(root: HTMLElement, place: LessonPlace): void {
  showEmbedded(root, place, <EmbeddedLesson place={place} />);
}

function EmbeddedLesson({ place: { id, query } }: { place: LessonPlace }) {
  const host = useMemo<LessonHost>(
    () => ({
      embedded: true,
      query,
      write: () => undefined,
      hrefOf: (text) => formatRoute({ screen: 'lesson', id, query: text }),
    }),
    [id, query],
  );
  if (!isLesson(id)) {
    return (
      <main className={styles.frame}>
        <p role="alert">{lessonWords.unknown(id)}</p>
        <p className={styles.foot}>
          <a href="#/lesson" target="_blank" rel="noopener noreferrer">
            {lessonWords.all}
          </a>
        </p>
      </main>
    );
  }
  const { screen: Screen } = LESSON_SCREENS[id];
  return (
    <main className={styles.frame}>
      <LessonHostContext value={host}>
        <Screen />
      </LessonHostContext>
    </main>
  );
}
