/**
 * In what rows of one method differ, read from their labels, which say all that is not a default: the words that not all of them have. Sizes
 * ('3-bit', 'K256') stand apart from all else ('g64 act', 'Rotate'), so that a drawing can give each a channel of its own.
 */
export interface LabelledRow {
  readonly method: string;
  readonly label: string;
}

export interface Setting {
  readonly size: string;
  readonly rest: string;
}

const SIZE = /^(?:\d+(?:\.\d+)?-bit|\d+(?:\.\d+)?|b|K\d+)$/;

/** One a row; null where the method has no other row. */
export function settingsOf(rows: readonly LabelledRow[]): (Setting | null)[] {
  const words = rows.map(({ label }) => label.split(/[\s,→]+/u).filter((word) => word !== ''));
  const common = new Map<string, Set<string>>();
  rows.forEach(({ method }, i) => {
    const before = common.get(method);
    common.set(method, new Set(before ? words[i].filter((word) => before.has(word)) : words[i]));
  });
  return rows.map(({ method }, i) => {
    if (rows.filter((row) => row.method === method).length === 1) return null;
    const own = words[i].filter((word) => !common.get(method)?.has(word));
    const of = (size: boolean) => own.filter((word) => SIZE.test(word) === size).join(' ');
    return { size: of(true), rest: of(false) };
  });
}

// A fixed language: what a dash means must not hang on the reader's.
const order = new Intl.Collator('en', { numeric: true });

/** Each once, smaller numbers first. */
export function levelsOf(values: readonly string[]): string[] {
  return [...new Set(values)].sort((a, b) => order.compare(a, b) || (a < b ? -1 : Number(a > b)));
}
