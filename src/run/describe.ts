/** A checkpoint in plain words: its tensors, and the linear layers a run would quantize. */
import { isStudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { openModel, type Model } from '../model/architecture';

export interface CheckpointDescription {
  readonly format: string;
  readonly architecture: string | null;
  /** Why only weight-only methods work; null when everything does. */
  readonly limitation: string | null;
  readonly tensors: readonly { name: string; shape: readonly number[]; dtype: string; bytes: number }[];
  readonly linears: readonly { name: string; rows: number; cols: number; block: number }[];
  readonly ignored: readonly string[];
}

/** Throws what openModel throws, but for an unknown architecture, which is a limitation. */
export function describeCheckpoint(checkpoint: Checkpoint): CheckpointDescription {
  const { model, limitation } = modelOrLimitation(checkpoint);
  return {
    format: checkpoint.format,
    architecture: model?.architecture ?? null,
    limitation,
    tensors: [...checkpoint.tensors.values()].map(({ name, shape, dtype, begin, end }) => ({
      name,
      shape,
      dtype,
      bytes: end - begin,
    })),
    linears: (model?.blocks ?? []).flatMap((block) =>
      block.stages.flatMap((stage) =>
        stage.linears.map(({ name, rows, cols }) => ({ name, rows, cols, block: block.index })),
      ),
    ),
    ignored: checkpoint.ignored,
  };
}

/** The model, or the sentence that says why only weight-only methods work. */
export function modelOrLimitation(
  checkpoint: Checkpoint,
): { model: Model; limitation: null } | { model: null; limitation: string } {
  try {
    return { model: openModel(checkpoint), limitation: null };
  } catch (error) {
    if (!isStudioError(error) || error.code !== 'QS-FILE-02') throw error;
    return { model: null, limitation: error.message };
  }
}
