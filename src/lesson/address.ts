/**
 * A lesson's state as the words of an address ('s=12&m=gptaq&b=3') and back. An address is from a stranger: it is bounded, what is not known is
 * left out, numbers are clamped, and what was left out or clamped is told, so that the page can say it.
 */
export type Field =
  | { readonly kind: 'whole'; readonly min: number; readonly max: number; readonly start: number }
  /** In hundredths. */
  | { readonly kind: 'share'; readonly start: number }
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly start: string }
  /** Any number of names, in the order of the table. */
  | { readonly kind: 'some'; readonly choices: readonly string[]; readonly start?: readonly string[] }
  | { readonly kind: 'flag' };

export type Fields = Readonly<Record<string, Field>>;

export type ValueOf<F extends Field> = F extends { kind: 'whole' | 'share' }
  ? number
  : F extends { kind: 'choice'; choices: readonly (infer C)[] }
    ? C
    : F extends { kind: 'some'; choices: readonly (infer C)[] }
      ? readonly C[]
      : boolean;

export type Values<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };
type AnyValue = number | string | boolean | readonly string[];

export interface ReadAddress<F extends Fields> {
  readonly values: Values<F>;
  /** What in the address could not be taken as it stands, each as it was written, cut where it is long. */
  readonly ignored: readonly string[];
}

/** The most of an address that is read. */
export const LONGEST_QUERY = 500;
const LONGEST_SHOWN = 40;

export function readAddress<F extends Fields>(fields: F, query: string): ReadAddress<F> {
  const ignored: string[] = [];
  const values: Record<string, AnyValue> = startValues(fields);
  if (query.length > LONGEST_QUERY) ignored.push(shown(query.slice(LONGEST_QUERY)));
  const seen = new Set<string>();
  for (const part of query.slice(0, LONGEST_QUERY).split('&')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const [key, text] = at === -1 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
    const field = Object.hasOwn(fields, key) && !seen.has(key) ? fields[key] : undefined;
    const read = field && readValue(field, decoded(text));
    if (!read) {
      ignored.push(shown(part));
      continue;
    }
    seen.add(key);
    values[key] = read.value;
    if (!read.whole) ignored.push(shown(part));
  }
  return { values: values as Values<F>, ignored };
}

/** Only what differs from the fields' own start; the same values always give the same words. */
export function writeAddress<F extends Fields>(fields: F, values: Values<F>): string {
  const parts: string[] = [];
  for (const [key, field] of Object.entries(fields)) {
    const text = writeValue(field, values[key]);
    if (text !== writeValue(field, startOf(field))) parts.push(`${key}=${text}`);
  }
  return parts.join('&');
}

export function startValues<F extends Fields>(fields: F): Values<F> & Record<string, AnyValue> {
  return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, startOf(field)])) as Values<F> &
    Record<string, AnyValue>;
}

function startOf(field: Field): AnyValue {
  if (field.kind === 'some') return field.start ?? [];
  return field.kind === 'flag' ? false : field.start;
}

/** The value, and whether it is what was written; null where nothing can be made of it. */
function readValue(field: Field, text: string): { value: AnyValue; whole: boolean } | null {
  switch (field.kind) {
    case 'whole':
      return /^-?\d{1,9}$/.test(text) ? clamped(Number(text), field.min, field.max) : null;
    case 'share':
      return /^-?\d{1,4}$/.test(text) ? scaled(clamped(Number(text), 0, 100)) : null;
    case 'choice':
      return field.choices.includes(text) ? { value: text, whole: true } : null;
    case 'some': {
      const names = text.split(',').filter((name) => name !== '');
      const value = field.choices.filter((choice) => names.includes(choice));
      return { value, whole: names.every((name) => value.includes(name)) };
    }
    case 'flag':
      return text === '1' || text === '0' ? { value: text === '1', whole: true } : null;
  }
}

function clamped(given: number, min: number, max: number) {
  const value = Math.min(Math.max(given, min), max);
  return { value, whole: value === given };
}

const scaled = ({ value, whole }: { value: number; whole: boolean }) => ({ value: value / 100, whole });

function writeValue(field: Field, value: AnyValue): string {
  if (field.kind === 'flag') return value === true ? '1' : '0';
  if (field.kind === 'some') return (value as readonly string[]).join(',');
  return String(field.kind === 'share' ? Math.round(100 * (value as number)) : value);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function shown(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
