/**
 * How the training of one block went for one row, small enough to keep and to draw: however many steps there are, a curve has at most
 * MOST_POINTS points, evenly spread. Pure functions of plain data; the page draws curves and the worker stores them.
 *
 * A training may go back: to the last good copy after a bad step, or to its last stored state when a run is resumed. Then what lies
 * ahead of where it goes on is forgotten.
 */
import type { TrainingMemory, TrainingProgress, TrainingSnapshot } from '../method/training';

export const MOST_POINTS = 500;
const MOST_NOTES = 20;

export interface TrainingPoint {
  readonly step: number;
  readonly loss: number;
  readonly settled: number;
  /** Null without codewords. */
  readonly usageEntropy: number | null;
}

export interface TrainingCurve {
  readonly row: number;
  readonly block: number;
  /** Steps in all. */
  readonly steps: number;
  readonly lossName: string;
  readonly settledName: string;
  /** By step, without a step twice. */
  readonly points: readonly TrainingPoint[];
  /** Steps that lie at least between two points that are kept; grows as the curve does. */
  readonly gap: number;
  /** Counts of the largest ratio in ten bins, before the first step and now; null where the method has no mixtures. */
  readonly firstRatios: readonly number[] | null;
  readonly ratios: readonly number[] | null;
  /** Steps that were taken back, newest last. */
  readonly notes: readonly { readonly step: number; readonly sentence: string }[];
  /** Codewords before the first step and now; null where the method does not tell them. */
  readonly firstSnapshot: TrainingSnapshot | null;
  readonly snapshot: TrainingSnapshot | null;
  /** What a step takes; missing in curves of before it was told. */
  readonly memory?: TrainingMemory;
}

/** What one progress belongs to. */
export interface TrainingPlace {
  readonly row: number;
  readonly block: number;
}

/** Where a training stands: its last step that was told. */
export function stepOf({ points }: TrainingCurve): number {
  return points.at(-1)?.step ?? 0;
}

/** Takes in what a training told, in order; `before` is null where it told nothing yet. */
export function growCurve(
  before: TrainingCurve | null,
  { row, block }: TrainingPlace,
  told: readonly TrainingProgress[],
): TrainingCurve {
  const points = [...(before?.points ?? [])];
  const notes = [...(before?.notes ?? [])];
  let gap = before?.gap ?? 0;
  let [firstRatios, ratios] = [before?.firstRatios ?? null, before?.ratios ?? null];
  let [firstSnapshot, snapshot] = [before?.firstSnapshot ?? null, before?.snapshot ?? null];
  let { steps, lossName, settledName } = before ?? { steps: 0, lossName: '', settledName: '' };
  let memory = before?.memory;
  for (const progress of told) {
    ({ steps, lossName, settledName } = progress);
    memory = progress.memory ?? memory;
    const { step, loss, settled, usageEntropy, note } = progress;
    // A progress with a note says what a bad step gave; the training itself is back at `step`, which is known.
    const bad = note !== null || !Number.isFinite(loss);
    forget(points, bad ? step + 1 : step);
    if (note !== null) notes.push({ step, sentence: note });
    if (!bad) gap = add(points, { step, loss, settled, usageEntropy }, gap);
    if (bad) continue;
    firstRatios ??= progress.ratios;
    ratios = progress.ratios ?? ratios;
    if (!progress.snapshot) continue;
    // Another layer than before: its own beginning.
    if (firstSnapshot?.layer !== progress.snapshot.layer) firstSnapshot = progress.snapshot;
    snapshot = progress.snapshot;
  }
  const shared = { row, block, steps, lossName, settledName, points, gap, notes: notes.slice(-MOST_NOTES) };
  return { ...shared, firstRatios, ratios, firstSnapshot, snapshot, ...(memory ? { memory } : {}) };
}

/** The whole of a training whose beginning is stored and whose end was watched. */
export function joinCurves(stored: TrainingCurve, watched: TrainingCurve): TrainingCurve {
  const from = watched.points.at(0)?.step ?? Infinity;
  const points = [...stored.points];
  forget(points, from);
  let gap = Math.max(stored.gap, watched.gap);
  for (const point of watched.points) gap = add(points, point, gap);
  const began = points.length > 0 && points[0] === stored.points[0];
  return {
    ...watched,
    points,
    gap,
    notes: [...stored.notes.filter(({ step }) => step < from), ...watched.notes].slice(-MOST_NOTES),
    firstRatios: (began ? stored.firstRatios : null) ?? watched.firstRatios,
    ratios: watched.ratios ?? stored.ratios,
    firstSnapshot:
      began && stored.firstSnapshot?.layer === watched.snapshot?.layer
        ? (stored.firstSnapshot ?? watched.firstSnapshot)
        : watched.firstSnapshot,
  };
}

/** Stored and watched curves of a run, in the order of rows and blocks. */
export function joinAll(stored: readonly TrainingCurve[], watched: readonly TrainingCurve[]): TrainingCurve[] {
  const curves = new Map(stored.map((curve) => [keyOf(curve), curve]));
  for (const curve of watched) {
    const known = curves.get(keyOf(curve));
    curves.set(keyOf(curve), known ? joinCurves(known, curve) : curve);
  }
  return [...curves.values()].sort((a, b) => a.row - b.row || a.block - b.block);
}

function keyOf({ row, block }: TrainingPlace): string {
  return `${row}/${block}`;
}

/** Drops the points from a step on. */
function forget(points: TrainingPoint[], from: number): void {
  while (points.length > 0 && points[points.length - 1].step >= from) points.pop();
}

/** Adds a point: the first and the newest stay, those between lie `gap` steps apart. Gives the gap from here on. */
function add(points: TrainingPoint[], point: TrainingPoint, gap: number): number {
  const last = points.length - 1;
  if (last >= 1 && points[last].step - points[last - 1].step < gap) points.pop();
  points.push(point);
  if (points.length <= MOST_POINTS) return gap;
  const wider = (2 * (point.step - points[0].step)) / MOST_POINTS;
  const kept = points.splice(0);
  for (const [i, one] of kept.entries()) {
    const before = points.at(-1);
    if (!before || i === kept.length - 1 || one.step - before.step >= wider) points.push(one);
  }
  return wider;
}
