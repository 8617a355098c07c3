/**
 * A lesson's state, which the address holds: read when one comes or the address changes, written when the person pauses. A chapter is a step in
 * the history, what happens inside of it is not. Inside another page it is shown as for a projector, and without its settings.
 */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { readAddress, writeAddress, type Fields, type Values } from '../../lesson/address';
import { HIDEABLE } from '../../lesson/lessons';
import type { FrameValues } from './chapter';
import { NOT_EMBEDDED, useLessonHost } from './host';

/** Browsers count how often a page writes its address. */
const PAUSE_MS = 300;

export interface Addressed<V> {
  readonly values: V;
  /** What of the address could not be taken. */
  readonly ignored: readonly string[];
  change(patch: Partial<V>): void;
  /** The address of the lesson as it stands, with some of it otherwise. */
  hrefOf(patch: Partial<V>): string;
}

export function useAddress<F extends Fields>(fields: F): Addressed<Values<F>> {
  const host = useLessonHost();
  const { query, embedded } = host;
  const [state, setState] = useState(() => ({ ...readAddress(fields, query ?? ''), from: query }));
  const written = useRef(query);

  // An address from outside: another chapter's link, back and forward, one that was typed.
  if (query !== null && query !== state.from && query !== written.current) {
    written.current = query;
    setState({ ...readAddress(fields, query), from: query });
  }

  const { values } = state;
  useEffect(() => {
    const text = writeAddress(fields, values);
    if (text === written.current) return;
    const timer = setTimeout(() => {
      written.current = text;
      host.write(text);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [fields, host, values]);

  const change = useCallback((patch: Partial<Values<F>>) => {
    setState((now) => ({ ...now, values: { ...now.values, ...patch }, ignored: [] }));
  }, []);
  const hrefOf = (patch: Partial<Values<F>>) => host.hrefOf(writeAddress(fields, { ...values, ...patch }));
  const shown = useMemo(() => (embedded ? asFigure(values) : values), [embedded, values]);
  return { values: shown, ignored: state.ignored, change, hrefOf };
}

/** Every lesson has these two fields. */
function asFigure<V>(values: V): V {
  const { h } = values as V & Pick<FrameValues, 'h'>;
  return { ...values, p: true, h: HIDEABLE.filter((part) => h.includes(part) || NOT_EMBEDDED.includes(part)) };
}
