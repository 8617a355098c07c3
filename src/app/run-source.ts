/** Finds the figures that a route asks for: the live run, a stored one, the precomputed sample, or a file that was opened. */
import type { RunResult } from '../run/events';
import type { Recipe } from '../recipe/recipe';
import type { StoredRun } from '../worker/protocol';
import { useStore } from '../store/react';
import type { RunState } from '../store/run';
import { useSampled } from './hooks';
import { figuresOf, type LiveRun, type RunFigures } from '../store/run-view';
import { useMemo } from 'react';
import { useStudio } from './context';
import { PRECOMPUTED_ID, precomputed } from './precomputed';

export interface RunSource {
  readonly kind: 'live' | 'stored' | 'sample' | 'file';
  readonly id: string;
  readonly modelName: string;
  readonly recipe: Recipe;
  readonly figures: RunFigures;
  readonly result: RunResult | null;
  readonly live: LiveRun | null;
  readonly stored: StoredRun | null;
  /** What a person was told on the way. */
  readonly notices: LiveRun['notices'];
  /** Another tab works on it. */
  readonly elsewhere: boolean;
}

/** Charts and lists need no more than four pictures a second. */
export const SAMPLE_MS = 250;
export const liveOf = (state: RunState) => state.run;

const NO_FIGURES: RunFigures = { plan: null, layers: [], blocks: [], rows: [], fullPrecision: null };

export const SAMPLE_SOURCE: RunSource = {
  kind: 'sample',
  id: PRECOMPUTED_ID,
  modelName: precomputed.model.name,
  recipe: precomputed.recipe,
  figures: figuresOf(precomputed),
  result: precomputed,
  live: null,
  stored: null,
  notices: [],
  elsewhere: false,
};

/** The run with this id; without one the live run, else the newest stored run. Null where there is none. */
export function useRunSource(id: string | null): RunSource | null {
  const studio = useStudio();
  const live = useSampled(studio.run, liveOf, SAMPLE_MS);
  const runs = useStore(studio.storedRuns, (state) => state.runs);
  const held = useStore(studio.storedRuns, (state) => state.held);
  const imported = useStore(studio.resultFiles, (state) => state.imported);
  return useMemo(() => {
    if (id === PRECOMPUTED_ID) return SAMPLE_SOURCE;
    if (live && (id === null || live.id === id)) return liveSource(live);
    const stored = id === null ? runs[0] : runs.find((run) => run.id === id);
    if (stored) return storedSource(stored, held.has(stored.id));
    const file = imported.find((one) => one.id === id);
    if (!file) return null;
    const { result } = file;
    return {
      kind: 'file',
      id: file.id,
      modelName: result.model.name,
      recipe: result.recipe,
      figures: figuresOf(result),
      result,
      live: null,
      stored: null,
      notices: [],
      elsewhere: false,
    };
  }, [id, live, runs, held, imported]);
}

export function liveSource(live: LiveRun): RunSource {
  const { id, modelName, recipe, result, notices } = live;
  return { kind: 'live', id, modelName, recipe, figures: live, result, live, stored: null, notices, elsewhere: false };
}

/** A run that was stopped has what it had measured; one that another tab works on, what it had a moment ago. */
function storedSource(stored: StoredRun, elsewhere: boolean): RunSource {
  const { id, modelName, recipe, result, figures, notices = [] } = stored;
  const shown = result ? figuresOf(result) : figures ? { ...NO_FIGURES, ...figures } : NO_FIGURES;
  return { kind: 'stored', id, modelName, recipe, figures: shown, result, live: null, stored, notices, elsewhere };
}
