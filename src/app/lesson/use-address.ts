/**
 * A lesson's state, which the address holds: read when one comes or the address changes, written when the person pauses. A chapter is a step in
 * the history, what happens inside of it is not.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import { readAddress, writeAddress, type Fields, type Values } from '../../lesson/address';
import type { LessonId } from '../../lesson/lessons';
import { useStore } from '../../store/react';
import { formatRoute } from '../../store/route';
import { useStudio } from '../context';

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

export function useAddress<F extends Fields>(id: LessonId, fields: F): Addressed<Values<F>> {
  const { routes } = useStudio();
  const query = useStore(routes, ({ route }) => (route.screen === 'lesson' && route.id === id ? route.query : null));
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
      if (routes.getState().route.screen === 'lesson') routes.getState().replace({ screen: 'lesson', id, query: text });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [fields, id, routes, values]);

  const change = useCallback((patch: Partial<Values<F>>) => {
    setState((now) => ({ ...now, values: { ...now.values, ...patch }, ignored: [] }));
  }, []);
  const hrefOf = (patch: Partial<Values<F>>) =>
    formatRoute({ screen: 'lesson', id, query: writeAddress(fields, { ...values, ...patch }) });
  return { values, ignored: state.ignored, change, hrefOf };
}
