/**
 * A toolbar of choices: one stop of the Tab key, arrow keys move inside, Home and End go to its ends, Enter and Space choose. The ARIA
 * practices' toolbar with radio groups, in as many lines as it takes.
 */
import { useLayoutEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';

interface ToolbarProps {
  label: string;
  className: string;
  children: ReactNode;
}

const STEPS: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at + count - 1) % count,
  ArrowUp: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

const choicesIn = (bar: HTMLElement) => [...bar.querySelectorAll<HTMLButtonElement>('[role=radio]:enabled')];

export function Toolbar({ label, className, children }: ToolbarProps) {
  const bar = useRef<HTMLDivElement>(null);
  const last = useRef<HTMLElement | null>(null);
  // The one stop: where the focus was last, else what is chosen. After every render, since choices come, go and are disabled.
  const stopAt = () => {
    const choices = bar.current ? choicesIn(bar.current) : [];
    const stop =
      choices.find((one) => one === last.current) ?? choices.find((one) => one.ariaChecked === 'true') ?? choices.at(0);
    for (const one of choices) one.tabIndex = one === stop ? 0 : -1;
  };
  useLayoutEffect(stopAt);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = Object.hasOwn(STEPS, event.key) && !event.ctrlKey && !event.metaKey && !event.altKey;
    const choices = choicesIn(event.currentTarget);
    const at = choices.findIndex((one) => one === event.target);
    if (!step || at < 0) return;
    event.preventDefault();
    choices[STEPS[event.key](at, choices.length)].focus();
  };
  return (
    <div
      ref={bar}
      role="toolbar"
      aria-label={label}
      className={className}
      onKeyDown={onKeyDown}
      onFocus={({ target }) => {
        last.current = target;
        stopAt();
      }}
    >
      {children}
    </div>
  );
}

interface ChoicesProps<Value extends string> {
  label: string;
  /** Of the group, and of each choice. */
  className: string;
  choiceClassName: string;
  value: Value;
  choices: readonly { readonly value: Value; readonly text: string; readonly disabled?: boolean }[];
  onChange: (value: Value) => void;
}

/** One of several, inside a toolbar. */
export function Choices<Value extends string>(props: ChoicesProps<Value>) {
  const { label, className, choiceClassName, value, choices, onChange } = props;
  return (
    <div role="radiogroup" aria-label={label} className={className}>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          role="radio"
          aria-checked={choice.value === value}
          data-state={choice.value === value ? 'on' : 'off'}
          className={choiceClassName}
          disabled={choice.disabled}
          onClick={() => onChange(choice.value)}
        >
          {choice.text}
        </button>
      ))}
    </div>
  );
}
