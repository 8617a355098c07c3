/** Form fields: a label above, the control, and beneath it what is wrong with its value. */
import { useId, useState, type ReactNode } from 'react';
import styles from './field.module.css';

interface FieldProps {
  label: string;
  help?: string;
  error?: string | null;
}

interface FrameProps extends FieldProps {
  children: (attributes: { id: string; className: string; title?: string } & Described) => ReactNode;
}

interface Described {
  'aria-invalid': boolean;
  'aria-describedby': string | undefined;
}

function Frame({ label, help, error, children }: FrameProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      {children({
        id,
        className: styles.input,
        title: help,
        'aria-invalid': Boolean(error),
        'aria-describedby': error ? `${id}-error` : undefined,
      })}
      {error && (
        <p id={`${id}-error`} className={styles.error}>
          {error}
        </p>
      )}
    </div>
  );
}

interface NumberFieldProps extends FieldProps {
  /** NaN while what was typed is no number. */
  value: number | null;
  min: number;
  max: number;
  whole: boolean;
  /** What an empty field means; without it an empty field is NaN, a fault. */
  emptyMeans?: string;
  onChange: (value: number | null) => void;
}

export function NumberField({ value, min, max, whole, emptyMeans, onChange, ...frame }: NumberFieldProps) {
  const [text, setText] = useState(show(value));
  const parse = (typed: string): number | null => {
    if (typed.trim() === '') return emptyMeans === undefined ? NaN : null;
    return Number(typed);
  };
  // What was typed stays as it is ('0.10') as long as it means the value; a value from elsewhere replaces it.
  const shown = Object.is(parse(text), value) ? text : show(value);
  return (
    <Frame {...frame}>
      {(attributes) => (
        <input
          {...attributes}
          type="number"
          inputMode={whole ? 'numeric' : 'decimal'}
          min={min}
          max={max}
          step={whole ? 1 : 'any'}
          placeholder={emptyMeans}
          value={shown}
          onChange={(event) => {
            setText(event.target.value);
            onChange(parse(event.target.value));
          }}
        />
      )}
    </Frame>
  );
}

function show(value: number | null): string {
  return value === null || Number.isNaN(value) ? '' : String(value);
}

interface TextFieldProps extends FieldProps {
  value: string;
  /** The id of a datalist of what may be meant. */
  list?: string;
  onChange: (value: string) => void;
}

export function TextField({ value, list, onChange, ...frame }: TextFieldProps) {
  return (
    <Frame {...frame}>
      {(attributes) => (
        <input
          {...attributes}
          type="text"
          list={list}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Frame>
  );
}

interface SelectFieldProps extends FieldProps {
  value: string;
  choices: readonly { readonly value: string; readonly text: string }[];
  onChange: (value: string) => void;
  disabled?: boolean;
}

export function SelectField({ value, choices, onChange, disabled, ...frame }: SelectFieldProps) {
  return (
    <Frame {...frame}>
      {(attributes) => (
        <select {...attributes} value={value} disabled={disabled} onChange={(event) => onChange(event.target.value)}>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.text}
            </option>
          ))}
        </select>
      )}
    </Frame>
  );
}

interface CheckFieldProps {
  label: string;
  help?: string;
  value: boolean;
  disabled?: boolean;
  onChange: (value: boolean) => void;
}

export function CheckField({ label, help, value, disabled, onChange }: CheckFieldProps) {
  return (
    <label className={styles.check} title={help}>
      <input type="checkbox" checked={value} disabled={disabled} onChange={(event) => onChange(event.target.checked)} />
      <span>{label}</span>
    </label>
  );
}
