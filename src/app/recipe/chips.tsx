/**
 * A row's steps as chips in their order: one stop of the Tab key, arrow keys walk, Enter opens a step's options below the line, Delete
 * removes it, Alt with an arrow moves it within its slot. Whoever edits names the chip that is to have the focus then.
 */
import { Fragment, useId, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { RecipeRow } from '../../recipe/row';
import { STEP_FACES } from '../../step/faces';
import { useStore } from '../../store/react';
import type { Faults } from '../../store/validate';
import { useStudio } from '../context';
import { Icon } from '../parts/icon';
import { faultText } from './fault-words';
import { StepPanel } from './step-panel';
import { stepWords as say } from './step-words';
import styles from './steps.module.css';

interface ChipsProps {
  index: number;
  row: RecipeRow;
  /** The menu that adds a step: the last stop of the line. */
  children: ReactNode;
  /** Told which chip is to have the focus once the row has changed. */
  onFocusWish: (at: number) => void;
}

export function Chips({ index, row, children, onFocusWish }: ChipsProps) {
  const { recipes } = useStudio();
  const faults = useStore(recipes, (state) => state.faults);
  const [open, setOpen] = useState<number | null>(null);
  const [stop, setStop] = useState(0);
  const [said, setSaid] = useState('');
  const id = useId();
  const { steps } = row;
  const titleOf = (at: number) => STEP_FACES[steps[at].step].title;
  const path = (at: number) => `rows.${index}.steps.${at}`;

  const remove = (at: number) => {
    setSaid(say.removed(titleOf(at), index + 1));
    setOpen(null);
    const next = Math.max(0, Math.min(at, steps.length - 2));
    setStop(next);
    onFocusWish(next);
    recipes.getState().removeStep(index, at);
  };
  const move = (at: number, by: -1 | 1) => {
    const to = recipes.getState().moveStep(index, at, by);
    if (to === at) return;
    setSaid(say.moved(titleOf(at), to + 1, steps.length));
    setOpen(open === at ? to : open === to ? at : open);
    setStop(to);
    onFocusWish(to);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-stop]')];
    const at = stops.findIndex((one) => one === event.target);
    if (at < 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key] as -1 | 1 | undefined;
    const chip = at < steps.length;
    if (event.altKey) {
      if (by === undefined || !chip) return;
      event.preventDefault();
      move(at, by);
      return;
    }
    const to = by !== undefined ? at + by : event.key === 'Home' ? 0 : event.key === 'End' ? stops.length - 1 : null;
    if (to !== null) {
      event.preventDefault();
      stops.at(to % stops.length)?.focus();
    } else if (chip && (event.key === 'Delete' || event.key === 'Backspace') && steps.length > 1) {
      event.preventDefault();
      remove(at);
    }
  };

  return (
    <div className={styles.pipeline}>
      <p id={`${id}-keys`} hidden>
        {say.keys}
      </p>
      <div
        role="toolbar"
        aria-label={say.steps(index + 1)}
        aria-describedby={`${id}-keys`}
        className={styles.chips}
        onKeyDown={onKeyDown}
        onFocus={({ target, currentTarget }) => {
          const at = [...currentTarget.querySelectorAll('[data-stop]')].indexOf(target);
          if (at >= 0) setStop(at);
        }}
      >
        {steps.map(({ step, options }, at) => {
          const face = STEP_FACES[step];
          const text = face.words(options).join(' ');
          const faulty = isFaulty(faults, path(at));
          const shown = open === at || hasOptionFault(faults, path(at));
          return (
            <Fragment key={at}>
              {at > 0 && (
                <span className={styles.arrow}>
                  <Icon name="right" size={12} />
                </span>
              )}
              <button
                type="button"
                data-stop=""
                data-chip={at}
                className={`${styles.chip} ${shown ? styles.open : ''} ${faulty ? styles.faulty : ''}`}
                tabIndex={Math.min(stop, steps.length - 1) === at ? 0 : -1}
                aria-label={say.chip(say.slots[face.slot], text, faulty)}
                aria-expanded={shown}
                aria-controls={shown ? `${id}-${at}` : undefined}
                title={say.slots[face.slot]}
                onClick={() => setOpen(open === at ? null : at)}
              >
                {text}
              </button>
            </Fragment>
          );
        })}
        {children}
      </div>
      {steps.map((_, at) => {
        const why = faultText(faults[path(at)]);
        return why === null ? null : (
          <p key={at} className={styles.why}>
            {why}
          </p>
        );
      })}
      {steps.map((_, at) =>
        open === at || hasOptionFault(faults, path(at)) ? (
          <StepPanel key={at} id={`${id}-${at}`} {...{ index, at, row }} onMove={move} onRemove={remove} />
        ) : null,
      )}
      <p className="visually-hidden" role="status">
        {said}
      </p>
    </div>
  );
}

function hasOptionFault(faults: Faults, path: string): boolean {
  return Object.keys(faults).some((key) => key.startsWith(`${path}.`));
}

function isFaulty(faults: Faults, path: string): boolean {
  return faults[path] !== undefined || hasOptionFault(faults, path);
}
