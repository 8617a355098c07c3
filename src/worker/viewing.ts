/** What pictures of a stored run's codebooks are drawn from. */
import type { Checkpoint } from '../engine';
import { StudioError } from '../base/errors';
import { loadLinear } from '../model/architecture';
import { linearsOf } from '../model/linears';
import { viewCodebook, type CodebookView } from '../run/codebook-view';
import { zeroNonFinite } from '../run/finite-weights';
import type { ExportSource } from './export-source';
import type { WantedCodebook } from './protocol';

/** Null where the layer has no codebook: it was rounded to a grid. Throws QS-RUN-01 while it is not quantized. */
export async function codebookOf(
  { record, store }: ExportSource,
  { row, layer, book }: WantedCodebook,
  checkpointOf: (key: string) => Promise<Checkpoint>,
): Promise<CodebookView | null> {
  const stored = await store.loadLayer(row, layer);
  if (!stored) throw new StudioError('QS-RUN-01', `Layer ${layer} of row ${row} of this run is not quantized yet.`);
  if (stored.tensor?.kind !== 'codebook') return null;
  const checkpoint = await checkpointOf(record.modelKey);
  const linears = linearsOf(checkpoint);
  const linear = linears[layer];
  const weight = await loadLinear(checkpoint, linear);
  // As the run took them.
  zeroNonFinite(weight, linear.weight);
  return viewCodebook(stored.tensor, weight, { row, layer, book, name: stored.result.name });
}
