/** Axes and labels of any drawing of lines, on the page or on paper: ranges, where numbers stand, and labels that must not touch. */

/** What an axis reaches: a file may hold numbers up to the last that there is, and air around them is none. */
const MOST = 1e300;
const LEAST = 1e-300;

/** A quarter decade of air around values on a log axis, and never less than a decade in all: a flat run should look flat. */
export function logRange(values: readonly number[]): [number, number] {
  const [low, high] = extremes(values.map((value) => Math.max(LEAST, Math.min(MOST, value))));
  const middle = Math.sqrt(low) * Math.sqrt(high);
  return [Math.min(low / 1.4, middle / 3.2), Math.max(high * 1.4, middle * 3.2)];
}

/** The least and the most of a list that is not empty; of any length, which Math.min is not. */
export function extremes(values: readonly number[]): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/** An eighth of air on both sides of a linear axis on which only differences matter. */
export function airyRange(least: number, most: number): [number, number] {
  const [low, high] = [Math.max(-MOST, least), Math.min(MOST, most)];
  const air = (high - low) * 0.12 || Math.abs(high) * 0.1 || 1;
  return [low - air, high + air];
}

export function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const steps = decades > 4 ? [1] : decades > 1.6 ? [1, 3] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const step of steps) {
      const at = step * 10 ** power;
      if (at >= low && at <= high) ticks.push(at);
    }
  }
  return ticks;
}

/** Steps are a fifth of the range at least. */
const MOST_TICKS = 7;

export function linearTicks(low: number, high: number): number[] {
  const raw = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw) ?? 10 * power;
  const first = Math.ceil(low / step);
  // Counted: of numbers that are large beside their difference, adding a step may change nothing. As whole steps, 0 is 0 and no dust.
  return Array.from({ length: MOST_TICKS }, (_, i) => (first + i) * step + 0)
    .filter((at) => at <= high + step / 1e6)
    .map((at) => Number(at.toPrecision(6)));
}

/** Moves labels apart until none is nearer than `gap`, keeping their order and their middle. */
export function spread(wanted: readonly number[], gap: number, low: number, high: number): number[] {
  const order = wanted.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y);
  // Runs of labels that touch move as one group, centred on what its members wanted.
  const groups: { sum: number; members: number[] }[] = [];
  const topOf = (group: { sum: number; members: number[] }) => {
    const size = (group.members.length - 1) * gap;
    return Math.max(low, Math.min(high - size, group.sum / group.members.length - size / 2));
  };
  for (const { y, i } of order) {
    let group = { sum: y, members: [i] };
    for (
      let last = groups.at(-1);
      last && topOf(last) + last.members.length * gap > topOf(group);
      last = groups.at(-1)
    ) {
      groups.pop();
      group = { sum: last.sum + group.sum, members: [...last.members, ...group.members] };
    }
    groups.push(group);
  }
  const placed = [...wanted];
  for (const group of groups) group.members.forEach((i, at) => (placed[i] = topOf(group) + at * gap));
  return placed;
}

/** The pieces of a line that are drawn each by itself. */
export function piecesOf<One extends { readonly begins?: true }>(points: readonly One[]): One[][] {
  const starts = points.flatMap((point, i) => (i === 0 || point.begins ? [i] : []));
  return starts.map((start, i) => points.slice(start, starts[i + 1]));
}
