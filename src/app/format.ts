/**
 * Numbers, sizes, times and dates as the studio writes them: the digits of the page's language, a fixed number of figures, one unit. What is
 * smaller than a thousandth is written with a power of ten, in one way everywhere: 3.14e-4.
 */
import { language, locale } from './language/language';
import { LANGUAGES } from './language/languages';

const spoken = LANGUAGES[language];

const figures = (digits: number) =>
  new Intl.NumberFormat(locale, { minimumSignificantDigits: digits, maximumSignificantDigits: digits });
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const three = figures(3);
const two = figures(2);
const one = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const upTo2 = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
const fixed2 = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const fixed3 = new Intl.NumberFormat(locale, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
const powers = (digits: number, least = digits) => {
  const form = new Intl.NumberFormat(locale, {
    notation: 'scientific',
    minimumFractionDigits: least,
    maximumFractionDigits: digits,
  });
  return { format: (value: number) => form.format(value).toLowerCase() };
};
const scientific = powers(2);
const scientific1 = powers(1);
/** Below it a number is written with a power of ten. */
const SMALL = 0.001;
const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });

/** What stands where there is no value. */
export const NOTHING = '–';
/** What stands where a value was measured and did not come to a number. */
export const NOT_AVAILABLE = 'n/a';

export function integer(value: number): string {
  return whole.format(value);
}

/** A relative error: 0.0314, 2.10e-5. */
export function error(value: number | null): string {
  if (value === null) return NOTHING;
  if (!Number.isFinite(value)) return NOT_AVAILABLE;
  if (value === 0) return '0';
  return Math.abs(value) < SMALL ? scientific.format(value) : three.format(value);
}

/** A ratio to the baseline: 0.73. */
export function ratio(value: number): string {
  return fixed2.format(value);
}

export function bits(value: number): string {
  return fixed2.format(value);
}

/** '3.13', or '3.13–3.17' where rows of one size differ a little. */
export function bitsRange([low, high]: readonly [number, number]): string {
  const [from, to] = [bits(low), bits(high)];
  return from === to ? from : `${from}–${to}`;
}

/** A row's label with what it stores: 'k-means VQ K256 d4 · 4.53 bits', which stay on one line. */
export function withBits(label: string, stored: number): string {
  return `${label} ·\u00a0${bits(stored)}\u00a0${spoken.bits}`;
}

/** Bits per weight of one part, which may be a hundredth. */
export function fineBits(value: number): string {
  return value >= 0.0005 || value === 0 ? fixed3.format(value) : scientific.format(value);
}

export function perplexity(value: number | null): string {
  if (value === null) return NOTHING;
  if (!Number.isFinite(value)) return NOT_AVAILABLE;
  // A broken model's perplexity may be astronomical.
  return value < 1e5 ? fixed2.format(value) : scientific.format(value);
}

export function nats(value: number | null): string {
  if (value === null) return NOTHING;
  if (!Number.isFinite(value)) return NOT_AVAILABLE;
  return Math.abs(value) < 0.0005 && value !== 0 ? scientific.format(value) : fixed3.format(value);
}

export function share(value: number): string {
  return percent.format(value);
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export function bytes(value: number): string {
  let unit = 0;
  let rest = value;
  while (rest >= 999.5 && unit < UNITS.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${unit === 0 || rest >= 100 ? integer(rest) : three.format(rest)} ${UNITS[unit]}`;
}

/** 'parameters' in short: 1.05 M. */
export function count(value: number): string {
  if (value < 1e4) return integer(value);
  if (value < 1e6) return `${three.format(value / 1e3)} k`;
  return value < 1e9 ? `${three.format(value / 1e6)} M` : `${three.format(value / 1e9)} B`;
}

/** A measured time: '840 ms', '12.4 s', '3 min 05 s'. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1) return `${upTo2.format(milliseconds)} ms`;
  if (milliseconds < 1000) return `${integer(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 99.95) return `${one.format(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** An estimated time, coarse on purpose: '40 s', '3 min', '2 h'. */
export function roughly(seconds: number): string {
  if (seconds < 10) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 90) return `${Math.round(seconds / 5) * 5} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${two.format(seconds / 3600)} h`;
}

/** '40–70 s' for an estimate's range. */
export function roughRange([low, high]: readonly [number, number]): string {
  const [from, to] = [roughly(low), roughly(high)];
  if (from === to) return from;
  const [fromNumber, fromUnit] = from.split(' ');
  return fromUnit === to.split(' ')[1] ? `${fromNumber}–${to}` : `${from} – ${to}`;
}

const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });

export function date(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : day.format(at);
}

export function dateTime(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : moment.format(at);
}

/** A list in words: 'a', 'a and b', 'a, b and c'. */
export function list(items: readonly string[]): string {
  return new Intl.ListFormat(spoken.lists, { type: 'conjunction' }).format(items);
}

/** A sentence, of words that do not end in a stop. */
export function sentence(text: string): string {
  return text + spoken.marks.stop;
}

/** Whole sentences one after the other. */
export function sentences(items: readonly string[]): string {
  return items.join(spoken.marks.gap);
}

/** Clauses of one sentence. */
export function clauses(items: readonly string[]): string {
  return items.join(spoken.marks.semicolon);
}

/** What is told one after the other, without an 'and'. */
export function row(items: readonly string[]): string {
  return items.join(spoken.marks.comma);
}

const plain = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3, useGrouping: false });
const powerOfTen = powers(1, 0);

/** A number on an axis: as short as it can be. */
export function tick(value: number): string {
  return value !== 0 && (Math.abs(value) < SMALL || Math.abs(value) >= 1e5)
    ? powerOfTen.format(value)
    : plain.format(value);
}

/** A relative error where there is little room: two figures. */
export function shortError(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) < SMALL ? scientific1.format(value) : two.format(value);
}

const fine = new Intl.NumberFormat(locale, { style: 'percent', maximumSignificantDigits: 2 });

/** A share that may be tiny: '0.0012 %'. */
export function smallShare(value: number): string {
  return fine.format(value);
}

const fineShares = new Intl.NumberFormat(locale, {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** A share to a tenth of a percent: '41.3 %'. */
export function fineShare(value: number): string {
  return fineShares.format(value);
}

/** A value of any size and sign: '0.0314', '-1.20', '2.10e-5'. */
export function value(number: number): string {
  return number === 0 || Math.abs(number) >= SMALL ? three.format(number) : scientific.format(number);
}

const signed3 = new Intl.NumberFormat(locale, {
  minimumSignificantDigits: 3,
  maximumSignificantDigits: 3,
  signDisplay: 'always',
});

/** A difference: '+0.0314', '-2.10', '0'. */
export function signed(number: number): string {
  return number === 0 ? '0' : signed3.format(number);
}

/** A difference of relative errors, as small as they come: '+0.0314', '-2.10e-5', '0'. */
export function signedError(number: number): string {
  return number > 0 ? `+${error(number)}` : error(number);
}

/** A distance between features, of any size: 0.031, 12.4, 1,240. */
export function distance(number: number | null): string {
  if (number === null) return NOTHING;
  if (!Number.isFinite(number)) return NOT_AVAILABLE;
  return number >= 100 ? integer(number) : value(number);
}

const six = new Intl.NumberFormat(locale, { maximumSignificantDigits: 6 });

/** A figure with all the digits that a link keeps of it. */
export function linkFigure(number: number): string {
  return six.format(number);
}
