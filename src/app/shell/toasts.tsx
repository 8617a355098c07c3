/**
 * What is said in passing, at the bottom of the window wherever the person is: the failure of what was dropped or deleted, what is being
 * read, and the last deed with its way back. Ctrl+Z takes the deed back too, and on the recipe screen any change of the recipe.
 */
import { useEffect, useRef, type FocusEvent } from 'react';
import type { Failure } from '../../store/failure';
import { useStore } from '../../store/react';
import type { Toast } from '../../store/toasts';
import { useStudio } from '../context';
import { Button } from '../parts/button';
import { FailureAlert } from '../parts/failure';
import { words } from '../words';
import styles from './toasts.module.css';

/**
 * How long a deed is talked about; a deletion then stands. Pointing at it or standing on it stops the clock. A change of the recipe can
 * be taken back by Ctrl+Z afterwards as well.
 */
const SETTLE_AFTER_MS = 20_000;

export function Toasts() {
  const { toasts } = useStudio();
  const toast = useStore(toasts, (state) => state.toast);
  const importing = useStore(useStudio().models, (state) => state.importing);
  const { enter, leave } = useFocusBack();
  useUndoKey();
  useLeaving();
  return (
    <div className={styles.region} data-toasts onFocus={enter}>
      <Failures onGone={leave} />
      {/* Always there, so that what comes into it is spoken. */}
      <p className={styles.busy} role="status">
        {importing === null ? '' : words.library.importing(importing)}
      </p>
      <div className="visually-hidden" role="status">
        {toast && words.notes.deed(toast.deed)}
      </div>
      {toast && <Card key={toast.id} toast={toast} onGone={leave} />}
    </div>
  );
}

function Failures({ onGone }: { onGone: () => void }) {
  const studio = useStudio();
  const toasts = useStore(studio.toasts);
  const models = useStore(studio.models);
  const runs = useStore(studio.storedRuns);
  const all: readonly (readonly [Failure | null, () => void])[] = [
    [toasts.failure, toasts.dismissFailure],
    [models.failure, models.dismiss],
    [runs.failure, runs.dismiss],
  ];
  const { routes } = studio;
  return all.map(([failure, dismiss], i) => {
    if (failure === null) return null;
    const over = (then?: () => void) => () => {
      dismiss();
      if (then) then();
      else onGone();
    };
    return (
      <div key={`${i} ${failure.sentence}`} className={styles.failure}>
        <FailureAlert
          failure={failure}
          onDismiss={over()}
          deeds={{
            files: over(() => {
              const here = document.getElementById('choose-files');
              if (here) {
                here.focus();
                here.click();
                return;
              }
              routes.getState().go({ screen: 'library' });
              // Once the screen is there; a dialog must be opened by the press itself.
              requestAnimationFrame(() => document.getElementById('choose-files')?.focus());
            }),
            storage: over(() => {
              routes.getState().go({ screen: 'library' });
              requestAnimationFrame(() => document.getElementById('storage')?.scrollIntoView());
            }),
            ...(failure === models.failure && {
              inspect() {
                models.keepRefused();
                over(() => routes.getState().go({ screen: 'inspect', key: null, tensor: null }))();
              },
            }),
            recipe: over(() => routes.getState().go({ screen: 'recipe' })),
            library: over(() => routes.getState().go({ screen: 'library' })),
          }}
        />
      </div>
    );
  });
}

function Card({ toast, onGone }: { toast: Toast; onGone: () => void }) {
  const { undo, settle } = useStudio().toasts.getState();
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const timer = setInterval(() => {
      // Whoever points at it or stands on it is thinking about it.
      if (!card.current?.matches(':hover, :focus-within')) settle();
    }, SETTLE_AFTER_MS);
    return () => clearInterval(timer);
  }, [settle]);
  return (
    <div ref={card} className={styles.toast}>
      <p className={styles.text} aria-hidden="true">
        {words.notes.deed(toast.deed)}
      </p>
      <div className={styles.buttons}>
        <Button
          small
          aria-label={words.notes.undoOf(words.notes.deed(toast.deed))}
          onClick={() => {
            undo();
            onGone();
          }}
        >
          {words.notes.undo}
        </Button>
        <Button
          small
          look="quiet"
          onClick={() => {
            settle();
            onGone();
          }}
        >
          {words.failure.dismiss}
        </Button>
      </div>
    </div>
  );
}

/** What had the focus before it came here has it again once this is gone; the heading, where that is gone too. */
function useFocusBack() {
  const from = useRef<HTMLElement | null>(null);
  const enter = ({ relatedTarget, currentTarget }: FocusEvent<HTMLElement>) => {
    if (relatedTarget instanceof HTMLElement && !currentTarget.contains(relatedTarget)) from.current = relatedTarget;
  };
  const leave = () => {
    const target = from.current?.isConnected ? from.current : document.querySelector<HTMLElement>('main h1');
    from.current = null;
    target?.focus();
  };
  return { enter, leave };
}

/** Ctrl+Z, where it does not mean the text that is being typed. */
function useUndoKey() {
  const { toasts, recipes, routes } = useStudio();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const wanted = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key === 'z';
      if (!wanted || isTyping(event.target) || document.querySelector('dialog[open]')) return;
      const onRecipe = routes.getState().route.screen === 'recipe';
      if (toasts.getState().undo() || (onRecipe && recipes.getState().undo())) event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [toasts, recipes, routes]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLTextAreaElement ||
    (target instanceof HTMLInputElement && target.type !== 'checkbox' && !target.readOnly)
  );
}

/** Going to another screen lets a deed stand: its place is out of sight. Some are said on the way to one, and stay for one step. */
function useLeaving() {
  const { toasts, routes } = useStudio();
  useEffect(() => {
    let spared = 0;
    return routes.subscribe(({ route }, before) => {
      const { toast, settle } = toasts.getState();
      if (toast === null || route.screen === before.route.screen) return;
      const onTheWay = toast.deed.kind === 'data-added' || toast.deed.kind === 'recipe-replaced';
      if (onTheWay && spared !== toast.id) spared = toast.id;
      else settle();
    });
  }, [toasts, routes]);
}
