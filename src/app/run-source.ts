/** Finds the figures that a route asks for: the live run, a stored one, the precomputed sample, or a file that was opened. */
import type { RunResult } from '../run/events';
import type { Recipe } from '../run/recipe';
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
};

/** The run with this id; without one the live run, else the newest stored run. Null where there is none. */
export function useRunSource(id: string | null): RunSource | null {
  const studio = useStudio();
  const live = useSampled(studio.run, liveOf, SAMPLE_MS);
  const runs = useStore(studio.storedRuns, (state) => state.runs);
  const imported = useStore(studio.resultFiles, (state) => state.imported);
  return useMemo(() => {
    if (id === PRECOMPUTED_ID) return SAMPLE_SOURCE;
    if (live && (id === null || live.id === id)) return liveSource(live);
    const stored = id === null ? runs[0] : runs.find((run) => run.id === id);
    if (stored) return storedSource(stored);
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
    };
  }, [id, live, runs, imported]);
}

export function liveSource(live: LiveRun): RunSource {
  const { id, modelName, recipe, result } = live;
  return { kind: 'live', id, modelName, recipe, figures: live, result, live, stored: null };
}

function storedSource(stored: StoredRun): RunSource {
  const { id, modelName, recipe, result } = stored;
  const figures = result ? figuresOf(result) : NO_FIGURES;
  return { kind: 'stored', id, modelName, recipe, figures, result, live: null, stored };
}
