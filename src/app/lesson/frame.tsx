/**
 * What every lesson looks like: chapters, one idea each with its question, beside the stage; a link for a class; a presentation; inside another
 * page the stage alone. The lesson itself gives its words, what each chapter sets, and the stage.
 */
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { Hideable, LessonId } from '../../lesson/lessons';
import { Button, LinkButton } from '../parts/button';
import type { ChapterWords, FrameValues } from './chapter';
import { Check } from './check';
import { useLessonHost } from './host';
import { Rich } from './rich';
import { Teacher } from './teacher';
import type { Addressed } from './use-address';
import { lessonWords as words } from './words';
import styles from './lesson.module.css';

interface FrameProps<V extends FrameValues> {
  id: LessonId;
  title: string;
  source: string;
  chapters: readonly ChapterWords[];
  /** What a chapter begins with. */
  sets: readonly Partial<V>[];
  address: Addressed<V>;
  /** What may be left out of this lesson. */
  hideable: readonly Hideable[];
  /** Steps there are in this chapter; the last one's number. */
  last: number;
  onPlaying: (change: (playing: boolean) => boolean) => void;
  /** Further keys of the stage: '1', '2', … */
  keys?: Readonly<Record<string, () => void>>;
  children: ReactNode;
}

/** Where keys already mean something. */
const OWN_KEYS = 'input, select, textarea, [role=grid], [role=toolbar], summary';

export function Frame<V extends FrameValues>(props: FrameProps<V>) {
  const { id, title, source, chapters, sets, address, hideable, last, onPlaying, keys = {}, children } = props;
  const { values, change, hrefOf, ignored } = address;
  const { embedded } = useLessonHost();
  const [asked, setAsked] = useState(false);
  const { c, s, h, p } = values;
  const chapter = chapters[c - 1];
  const hrefOfChapter = (n: number) => hrefOf({ ...sets[n - 1], c: n });
  const heading = useRef<HTMLHeadingElement>(null);
  const seen = useRef(c);
  useEffect(() => {
    if (seen.current === c) return;
    seen.current = c;
    heading.current?.focus({ preventScroll: true });
    heading.current?.scrollIntoView({ block: 'nearest' });
  }, [c]);

  const toChapter = (n: number) => {
    if (n >= 1 && n <= chapters.length) window.location.hash = hrefOfChapter(n);
  };
  const moves: Readonly<Record<string, () => void>> = {
    ArrowRight: () => change({ s: Math.min(s + 1, last) } as Partial<V>),
    ArrowLeft: () => change({ s: Math.max(s - 1, 0) } as Partial<V>),
    Home: () => change({ s: 0 } as Partial<V>),
    End: () => change({ s: last } as Partial<V>),
    ' ': () => onPlaying((playing) => !playing),
    // Inside another page there is but this chapter.
    ...(embedded ? {} : { PageDown: () => toChapter(c + 1), PageUp: () => toChapter(c - 1) }),
    ...(p && !embedded ? { Escape: () => (window.location.hash = hrefOf({ p: false } as Partial<V>)) } : {}),
    ...keys,
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !Object.hasOwn(moves, event.key)) return;
    if (target.closest(OWN_KEYS)) {
      // The range has its own arrows; what it does not know is the stage's.
      const range = target instanceof HTMLInputElement && target.type === 'range';
      if (!range || event.key.startsWith('Arrow') || event.key === 'Home' || event.key === 'End') return;
    }
    if (event.key === ' ' && target.closest('button, a')) return;
    event.preventDefault();
    moves[event.key]();
  };

  const notice = ignored.length > 0 && (
    <p className={styles.notice} role="status">
      {words.ignored(ignored.join(', '))}
    </p>
  );
  if (embedded) {
    return (
      <article className={`${styles.lesson} ${styles.embedded}`} onKeyDown={onKeyDown}>
        <h1>
          {title} <span>{chapter.title}</span>
        </h1>
        {notice}
        <section className={styles.stage} aria-label={words.stage}>
          {children}
        </section>
        <p className={styles.foot}>
          <a href={hrefOf({})} target="_blank" rel="noopener noreferrer">
            {words.openInStudio}
          </a>
        </p>
      </article>
    );
  }
  return (
    // Keys act while the focus is in the lesson, which is where a change of screen puts it.
    <article className={p ? `${styles.lesson} ${styles.presented}` : styles.lesson} onKeyDown={onKeyDown}>
      <header className={styles.head}>
        <div className={styles.titles}>
          <h1 tabIndex={-1}>{title}</h1>
          {!p && <p className={styles.source}>{source}</p>}
        </div>
        <div className={styles.buttons}>
          {!p && (
            <Button small icon="link" aria-expanded={asked} onClick={() => setAsked(!asked)}>
              {words.teacher.title}
            </Button>
          )}
          <LinkButton small href={hrefOf({ p: !p } as Partial<V>)}>
            {p ? words.leavePresent : words.present}
          </LinkButton>
        </div>
      </header>

      {notice}
      {h.length > 0 && !p && <p className={styles.notice}>{words.hiddenHere}</p>}
      {asked && !p && (
        <Teacher title={`${title} ${chapter.title}`} values={values} hideable={hideable} hrefOf={hrefOf} />
      )}

      <nav className={styles.chapters} aria-label={words.chapters}>
        <ol>
          {chapters.map((one, i) => (
            <li key={one.title}>
              <a
                href={hrefOfChapter(i + 1)}
                aria-current={i + 1 === c ? 'step' : undefined}
                aria-label={words.chapterLink(i + 1, one.title)}
                title={one.title}
              >
                {i + 1}
              </a>
            </li>
          ))}
        </ol>
      </nav>

      <div className={styles.columns}>
        <section className={styles.text} aria-labelledby={`${id}-chapter`}>
          <p className={styles.count}>{words.chapter(c, chapters.length)}</p>
          <h2 id={`${id}-chapter`} ref={heading} tabIndex={-1}>
            {chapter.title}
          </h2>
          {chapter.text.map((paragraph) => (
            <p key={paragraph}>
              <Rich text={paragraph} />
            </p>
          ))}
        </section>
        <section className={styles.stage} aria-label={words.stage}>
          {children}
        </section>
        <div className={styles.after}>
          <Check key={c} chapter={chapter} answered={!h.includes('answers')} />
          <p className={styles.buttons}>
            {c > 1 && <LinkButton href={hrefOfChapter(c - 1)}>{words.previous}</LinkButton>}
            {c < chapters.length ? (
              <LinkButton look="primary" href={hrefOfChapter(c + 1)}>
                {words.next(chapters[c].title)}
              </LinkButton>
            ) : (
              <LinkButton look="primary" href="#/lesson">
                {words.finish}
              </LinkButton>
            )}
          </p>
          <p className={styles.keys}>
            {words.keys} {Object.keys(keys).length > 0 && words.keysTerms(Object.keys(keys).length)}
          </p>
        </div>
      </div>
    </article>
  );
}
