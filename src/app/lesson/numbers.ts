/** Numbers as lessons write them: a real minus, as many decimals as the largest of their kind leaves room for. */
const MINUS = '−';

/** For cells: '−.214', '1.03', '12.4'. */
export function short(value: number, largest: number): string {
  const decimals = largest < 1 ? 3 : largest < 10 ? 2 : largest < 100 ? 1 : 0;
  const text = Math.abs(value).toFixed(decimals);
  const bare = largest < 1 ? text.replace(/^0\./, '.') : text;
  return value < 0 && Number(text) !== 0 ? `${MINUS}${bare}` : bare;
}

/** For sentences: three figures. */
export function spoken(value: number): string {
  const size = Math.abs(value);
  const text = size < 5e-5 && size > 0 ? power(size) : String(Number(size.toPrecision(3)));
  return value < 0 ? `${MINUS}${text}` : text;
}

/** One figure and a power of ten: '2e−16'. */
export function power(value: number): string {
  return value.toExponential(0).replace('-', MINUS);
}

export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
