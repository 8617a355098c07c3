/** Work that tells of itself while it is waited for: each sentence is out as an event before the work goes on. */
import type { Announce } from '../tensor/factor';

export async function* telling<T, E>(
  work: (announce: Announce) => Promise<T>,
  eventOf: (sentence: string) => E,
): AsyncGenerator<E, T> {
  const said: { readonly sentence: string; readonly heard: () => void }[] = [];
  let wake: () => void = () => undefined;
  let news = new Promise<void>((resolve) => (wake = resolve));
  const state = { over: false };
  const announce: Announce = (sentence) =>
    new Promise((heard) => {
      if (state.over) heard();
      said.push({ sentence, heard });
      wake();
    });
  const result = work(announce).finally(() => {
    state.over = true;
    wake();
  });
  result.catch(() => undefined); // it is thrown where it is awaited, below
  try {
    for (;;) {
      await news;
      news = new Promise((resolve) => (wake = resolve));
      while (said.length > 0) {
        const [next] = said;
        yield eventOf(next.sentence);
        said.shift();
        next.heard();
      }
      if (state.over) return await result;
    }
  } finally {
    // Who no longer listens does not hold the work up, and what it holds is given back after it.
    state.over = true;
    for (const { heard } of said) heard();
    await result.catch(() => undefined);
  }
}
