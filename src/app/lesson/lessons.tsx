/** The list of lessons, and each lesson by its name in the address. */
import { useMemo, type ComponentType } from 'react';
import { isLesson, LESSONS, type LessonId } from '../../lesson/lessons';
import { useStore } from '../../store/react';
import { formatRoute } from '../../store/route';
import { useStudio } from '../context';
import { LinkButton } from '../parts/button';
import { CodebookLesson } from './codebook/codebook';
import { codebookWords } from './codebook/words';
import { LessonHostContext, type LessonHost } from './host';
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

export const LESSON_SCREENS: Readonly<Record<LessonId, LessonEntry>> = {
  residuals: { screen: ResidualLesson, chapters: residualWords.chapters.length },
  codebooks: { screen: CodebookLesson, chapters: codebookWords.chapters.length },
  rotation: { screen: RotationLesson, chapters: rotationWords.chapters.length },
};

export function Lessons({ id }: { id: string | null }) {
  if (isLesson(id)) return <InStudio id={id} />;
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
            <p className={styles.source}>{words.chaptersIn(LESSON_SCREENS[one].chapters)}</p>
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

/** The studio's address holds where one is in the lesson. */
function InStudio({ id }: { id: LessonId }) {
  const { routes } = useStudio();
  const query = useStore(routes, ({ route }) => (route.screen === 'lesson' && route.id === id ? route.query : null));
  const host = useMemo<LessonHost>(
    () => ({
      embedded: false,
      query,
      write: (text) => {
        if (routes.getState().route.screen === 'lesson')
          routes.getState().replace({ screen: 'lesson', id, query: text });
      },
      hrefOf: (text) => formatRoute({ screen: 'lesson', id, query: text }),
    }),
    [id, query, routes],
  );
  const { screen: Screen } = LESSON_SCREENS[id];
  return (
    <LessonHostContext value={host}>
      <Screen />
    </LessonHostContext>
  );
}
