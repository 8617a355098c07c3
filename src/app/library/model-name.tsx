/** A model's name, which can be changed in its place, and what tells it from others of the same name: where and when it came, its fingerprint. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { StoredModel } from '../../worker/protocol';
import { useStudio } from '../context';
import * as format from '../format';
import { Button, IconButton } from '../parts/button';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import styles from './library.module.css';

/** As the worker keeps it. */
const LONGEST_NAME = 80;
/** Digits of a fingerprint that tell models apart at a glance. */
const SHORT_PRINT = 8;

export function ModelName({ model, children }: { model: StoredModel; children: ReactNode }) {
  const [editing, setEditing] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  useEffect(() => {
    if (wasEditing.current && !editing) button.current?.focus();
    wasEditing.current = editing;
  }, [editing]);
  return (
    <>
      {editing ? (
        <NameForm model={model} onDone={() => setEditing(false)} />
      ) : (
        <span className={panel.nameCell}>
          {model.name}
          {!model.sample && (
            <IconButton
              ref={button}
              icon="edit"
              label={words.library.rename(model.name)}
              onClick={() => setEditing(true)}
            />
          )}
          {children}
        </span>
      )}
      <span className={panel.second}>{originOf(model)}</span>
    </>
  );
}

/** 'model.safetensors dropped loose' and the like: folder, files, fingerprint, date. */
function originOf({ key, origin, sample, added }: StoredModel): string {
  const say = words.library.origin;
  if (sample) return say.added(format.date(added));
  const parts = [
    origin?.folder ? say.folder(origin.folder) : say.loose(origin?.files ?? 1),
    key.slice(0, SHORT_PRINT),
    say.added(format.date(added)),
  ];
  return parts.join(' · ');
}

interface NameFormProps {
  model: StoredModel;
  /** Told when the name is kept or changed; without it the form stays as long as it is shown. */
  onDone?: () => void;
  /** Told when the new name is stored. */
  onSaved?: () => void;
}

export function NameForm({ model, onDone, onSaved }: NameFormProps) {
  const { models } = useStudio();
  const [name, setName] = useState(model.name);
  const input = useRef<HTMLInputElement>(null);
  // Where a person has asked for it, the form takes the focus.
  const asked = onDone !== undefined;
  useEffect(() => {
    if (asked) input.current?.select();
  }, [asked]);
  return (
    <form
      className={styles.nameForm}
      onSubmit={(event) => {
        event.preventDefault();
        void models.getState().rename(model.key, name).then(onSaved);
        onDone?.();
      }}
      onKeyDown={(event) => event.key === 'Escape' && onDone?.()}
    >
      <input
        ref={input}
        className={styles.nameInput}
        value={name}
        maxLength={LONGEST_NAME}
        aria-label={words.library.nameOf(model.name)}
        onChange={(event) => setName(event.target.value)}
      />
      <Button small type="submit" disabled={name.trim() === ''}>
        {words.library.saveName}
      </Button>
      {onDone && (
        <Button small look="quiet" onClick={onDone}>
          {words.library.keepName}
        </Button>
      )}
    </form>
  );
}
