/** A finished row of a run as exports take it: its view's tensors, its layers' codes, its corrections. */
import { StudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { notFiniteTensors } from '../checkpoint/finite';
import type { AnyNetwork, Linear } from '../model/architecture';
import { linearsIn, linearsOf, networkOrLimitation } from '../model/linears';
import type { Recipe } from '../recipe/recipe';
import { expandRows, type RunRow } from '../recipe/rows';
import { STEP_FACES } from '../step/faces';
import type { RowExport } from './export-file';
import { withZeros } from './finite-weights';
import { storedView } from './fit-view';
import { storedLearned } from './learn-views';
import type { RunStore, StoredLayer } from './run-store';
import type { OnlineOp } from '../model/view/view';
import { mendedVectors } from './mend-block';
import { quantizerKey } from './row-work';
import { viewedCheckpoint } from './viewed-checkpoint';
import type { StepState } from '../step/state';
import { viewsOf } from './views';

type Store = Pick<RunStore, 'loadLayer' | 'loadState'>;

/**
 * Throws QS-RUN-01 where there is no such row or a layer is not finished. Whether a format holds what the row's steps do is asked of
 * format-fit.ts.
 */
export async function rowExportOf(
  checkpoint: Checkpoint,
  recipe: Recipe,
  row: number,
  store: Store,
  options: Pick<RowExport, 'added' | 'keepUnfit'> = {},
): Promise<RowExport> {
  const rows = expandRows(recipe);
  if (!(row in rows)) throw new StudioError('QS-RUN-01', `This run has no row ${row}: it has ${rows.length}.`);
  const own = rows[row];
  const { network } = networkOrLimitation(checkpoint);
  const linears = network ? linearsIn(network) : linearsOf(checkpoint);
  const layer = async ({ name, index }: Linear): Promise<StoredLayer> => {
    const stored = await store.loadLayer(row, index);
    if (stored) return stored;
    throw new StudioError('QS-RUN-01', `Layer ${name} of this run is not finished: resume the run first.`);
  };
  const changes = own.view > 0 || own.steps.some(({ step }) => STEP_FACES[step].slot === 'correct');
  const { source, online, shifts } =
    network && changes
      ? await changedSource(checkpoint, network, rows, own, store, layer)
      : { source: checkpoint, online: [], shifts: new Map<Linear, Float32Array>() };
  return {
    ...options,
    ...{ checkpoint: source, linears, method: own.method, options: own.options, steps: own.steps, online, shifts },
    quantizers: network ? await quantizersOf(network, own, store) : [],
    ownConfig: source.config !== checkpoint.config,
    codes: async (linear) => (await layer(linear)).tensor,
  };
}

async function changedSource(
  checkpoint: Checkpoint,
  network: AnyNetwork,
  rows: readonly RunRow[],
  own: RunRow,
  store: Store,
  layer: (linear: Linear) => Promise<StoredLayer>,
): Promise<{
  readonly source: Checkpoint;
  readonly online: readonly OnlineOp[];
  readonly shifts: ReadonlyMap<Linear, Float32Array>;
}> {
  const views = await viewsOf(checkpoint, withZeros(checkpoint, await notFiniteTensors(checkpoint)), network, rows);
  const load = (key: string) => store.loadState(key);
  const view = await storedView(load, views[own.view], await storedLearned(load, views[own.view]));
  // Where there is no bias to take it, a shift stands by itself: formats that cannot say so refuse the row.
  const [taken, shifts] = [new Map<Linear, Float32Array>(), new Map<Linear, Float32Array>()];
  for (const linear of linearsIn(network)) {
    const { vectors } = await layer(linear);
    if (vectors?.bias) (linear.bias === null ? shifts : taken).set(linear, vectors.bias);
  }
  const vectors = await mendedVectors(network, own, store);
  return { source: await viewedCheckpoint(checkpoint, view, taken, vectors), online: view.online, shifts };
}

/** What the run has stored of activation quantizers, stage by stage. */
async function quantizersOf(
  { blocks }: AnyNetwork,
  row: RunRow,
  store: Store,
): Promise<NonNullable<RowExport['quantizers']>> {
  const found: { block: number; stage: number; state: StepState }[] = [];
  for (const { index, stages } of blocks) {
    for (const stage of stages.keys()) {
      const state = await store.loadState(quantizerKey(row, index, stage));
      if (state) found.push({ block: index, stage, state });
    }
  }
  return found;
}
