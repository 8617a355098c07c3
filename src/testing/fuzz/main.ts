/**
 * The work of scripts/fuzz.mjs, in a process of its own: one kind's cases, told to the parent as they go, so that one that hangs or brings
 * the process down is known. Arguments: kind, seed, first case, number of cases, milliseconds of processor time an answer may take.
 */
import { casesOf, fuzzKinds } from './kinds';
import { runKind } from './run';

/** Cases between two words to the parent. */
const TELL_EVERY = 64;

const [wanted, ...numbers] = process.argv.slice(2);
const kinds = await fuzzKinds();

if (wanted === 'list') {
  const [cases] = numbers.map(Number);
  process.send?.({ kinds: kinds.map((kind) => ({ name: kind.name, cases: casesOf(kinds, kind, cases) })) });
} else {
  const kind = kinds.find(({ name }) => name === wanted);
  if (!kind) throw new Error(`There is no kind "${wanted}": choose ${kinds.map(({ name }) => name).join(', ')}.`);
  const [seed, first, cases, slow] = numbers.map(Number);
  const tell = (index: number) => {
    if (index % TELL_EVERY === 0) process.send?.({ at: index });
  };
  const count = await runKind(kind, { seed, first, cases, slow, onCase: tell });
  const { rss } = process.resourceUsage ? { rss: process.resourceUsage().maxRSS * 1024 } : process.memoryUsage();
  process.send?.({ count, rss });
}
process.disconnect?.();
