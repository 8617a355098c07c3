/** How far a run is, and how long it will take: pure functions of a run and the time. */
import { CATALOGUE } from '../method/catalogue';
import type { Plan, PlannedLayer } from '../run/events';
import { stepOf } from '../run/training-curve';
import type { LiveRun } from './run-view';
import { trainingLeft } from './training';
import { type ShownEta, shownEta } from './shown-eta';

export interface Progress {
  /** Layers done over all rows, and their number. */
  readonly done: number;
  readonly total: number;
  /** 0 … 1. */
  readonly share: number;
}

export function progressOf(run: LiveRun): Progress {
  const total = run.plan ? run.plan.layers.length * run.plan.rows.length : 0;
  const done = Math.min(run.layers.length, total);
  if (run.phase === 'finished') return { done: total, total, share: 1 };
  return { done, total, share: total === 0 ? 0 : Math.min(1, (done + begun(run)) / total) };
}

/** What quantizing is of a layer's work; the rest is measuring. */
const QUANTIZING = 0.9;

/** Layers that are not done, as far as they are: quantized, or in a block that trains. */
function begun({ plan, layers, stored, training }: LiveRun): number {
  if (!plan || (stored.length === 0 && training.length === 0)) return 0;
  const known = new Set([...layers, ...stored].map(({ row, layer }) => `${row} ${layer}`));
  const inTraining = training.reduce((sum, curve) => {
    const left = plan.layers.filter(({ block, index }) => block === curve.block && !known.has(`${curve.row} ${index}`));
    return curve.steps === 0 ? sum : sum + (left.length * stepOf(curve)) / curve.steps;
  }, 0);
  return QUANTIZING * (stored.length + inTraining);
}

/** Milliseconds the engine has worked, pauses left out. */
export function workedMs(run: LiveRun, now: number): number {
  const { startedAt, plannedAt, pausedAt, pausedMs, endedAt } = run.clock;
  return Math.max(0, (endedAt ?? pausedAt ?? now) - (plannedAt ?? startedAt) - pausedMs);
}

/**
 * Seconds that are left, or null where nothing can be said. The share of the work that is done is weighed by what a layer costs,
 * because a method that rounds takes a hundredth of one that compensates; before enough is done the plan's range answers.
 */
export function secondsLeft(run: LiveRun, now: number): number | null {
  const { plan } = run;
  if (!plan || run.phase === 'finished') return null;
  const total = plan.rows.length * plan.layers.length;
  const fresh = run.layers.slice(run.restored);
  const quantized = new Set([...run.layers, ...run.stored].map(({ row, layer }) => `${row} ${layer}`));
  const steps = trainingLeft({ ...run, quantized: (row, layer) => quantized.has(`${row} ${layer}`) });
  // Nothing is known of steps before the first: neither the plan nor other rows say how long they take.
  if (steps.leftMs === null) return null;
  const worked = Math.max(0, workedMs(run, now) - steps.spentMs) / 1000;
  const cost = costs(plan);
  const all = plan.rows.reduce((sum, row) => sum + plan.layers.reduce((s, layer) => s + cost(row.method, layer), 0), 0);
  const costOf = (results: typeof fresh) =>
    results.reduce((sum, { row, layer }) => {
      const planned = plan.rows.find((one) => one.row === row);
      const where = plan.layers[layer];
      return planned && where ? sum + cost(planned.method, where) : sum;
    }, 0);
  const doneBefore = costOf(run.layers.slice(0, run.restored));
  const doneNow = costOf(fresh);
  const left = Math.max(0, all - doneBefore - doneNow);
  const enough = fresh.length >= Math.min(5, total) && doneNow / all > 0.03;
  if (enough) return (worked * left) / doneNow + steps.leftMs / 1000;
  const planned = ((plan.seconds[0] + plan.seconds[1]) / 2) * ((all - doneBefore) / all);
  return Math.max(0, planned - worked) + steps.leftMs / 1000;
}

/** What one layer costs a method, in units that only serve to compare. */
function costs(plan: Plan): (method: string, layer: PlannedLayer) => number {
  const tokens = plan.calibrationTokens;
  const flop = (method: string, { rows, cols }: PlannedLayer): number => {
    const needs = CATALOGUE.find((face) => face.id === method)?.needs;
    const forward = 2 * tokens * rows * cols;
    const hessian = needs?.hessian ? 2 * tokens * cols * cols + cols ** 3 + rows * cols * cols : 0;
    const drift = needs?.drift ? 2 * tokens * cols * cols + cols ** 3 : 0;
    return forward + hessian + drift;
  };
  // Every layer also takes launches and readbacks, which a small model spends most of its time on: an average layer's cost.
  const pairs = plan.rows.flatMap((row) => plan.layers.map((layer) => flop(row.method, layer)));
  const overhead = pairs.reduce((sum, one) => sum + one, 0) / Math.max(1, pairs.length);
  return (method, layer) => overhead + flop(method, layer);
}

/** Renews a run's estimate, at most once a second. */
export function withEta(run: LiveRun, now: number): LiveRun {
  if (run.eta !== null && now - run.eta.at < 1000) return run;
  const before = run.eta && { ...run.eta, seconds: Math.max(0, run.eta.seconds - (now - run.eta.at) / 1000) };
  const estimate = secondsLeft(run, now);
  const whole = workedMs(run, now) / 1000 + (estimate ?? 0);
  // What the plan says of training comes from shapes alone: too rough to be held against it.
  const foreseen = run.restored === 0 && run.training.length === 0;
  const eta = shownEta(before, estimate, foreseen && whole > 1.1 * (run.plan?.seconds[1] ?? Infinity));
  return { ...run, eta: eta && { ...eta, at: now } };
}

/** Seconds left at a moment: the estimate, counted down since it was made; it stands still while paused. */
export function etaAt(run: LiveRun, now: number): ShownEta | null {
  if (!run.eta) return null;
  const since = run.clock.pausedAt ?? now;
  return { longer: run.eta.longer, seconds: Math.max(0, run.eta.seconds - Math.max(0, since - run.eta.at) / 1000) };
}
