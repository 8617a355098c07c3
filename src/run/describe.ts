/** A checkpoint in plain words: its tensors, and the linear layers a run would quantize. */
import { isStudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { openNetwork, readsText, type AnyNetwork } from '../model/architecture';

export type Task = 'text' | 'classification' | 'diffusion';

export interface CheckpointDescription {
  readonly format: string;
  readonly architecture: string | null;
  /** What the network is for; null where the architecture is unknown. */
  readonly task: Task | null;
  /** Why only weight-only methods work; null when everything does. */
  readonly limitation: string | null;
  readonly tensors: readonly { name: string; shape: readonly number[]; dtype: string; bytes: number }[];
  readonly linears: readonly { name: string; rows: number; cols: number; block: number }[];
  /** Files that are no part of the model, and what should be known about the choice. */
  readonly ignored: readonly string[];
  readonly notes: readonly string[];
}

/** Throws what openModel throws, but for an unknown architecture, which is a limitation. */
export function describeCheckpoint(checkpoint: Checkpoint): CheckpointDescription {
  const { network, limitation } = networkOrLimitation(checkpoint);
  return {
    format: checkpoint.format,
    architecture: network?.architecture ?? null,
    task: network && taskOf(network),
    limitation,
    tensors: [...checkpoint.tensors.values()].map(({ name, shape, dtype, begin, end }) => ({
      name,
      shape,
      dtype,
      bytes: end - begin,
    })),
    linears: (network?.blocks ?? []).flatMap((block) =>
      block.stages.flatMap((stage) =>
        stage.linears.map(({ name, rows, cols }) => ({ name, rows, cols, block: block.index })),
      ),
    ),
    ignored: checkpoint.ignored,
    notes: checkpoint.notes,
  };
}

export function taskOf(network: AnyNetwork): Task {
  return readsText(network) ? 'text' : network.task;
}

/** The network, or the sentence that says why only weight-only methods work. */
export function networkOrLimitation(
  checkpoint: Checkpoint,
): { network: AnyNetwork; limitation: null } | { network: null; limitation: string } {
  try {
    return { network: openNetwork(checkpoint), limitation: null };
  } catch (error) {
    if (!isStudioError(error) || error.code !== 'QS-FILE-02') throw error;
    return { network: null, limitation: error.message };
  }
}
