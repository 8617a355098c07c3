/** A checkpoint in plain words: its tensors, and the linear layers a run would quantize. */
import type { Checkpoint } from '../checkpoint/checkpoint';
import { factsOf } from '../step/facts-of';
import type { NetworkFacts } from '../step/network-facts';
import { type Task, taskOf } from '../model/architecture';
import { blockIn, linearsIn, linearsOf, networkOrLimitation } from '../model/linears';
import { coverageOf } from './coverage';
import type { Coverage } from './events';

export { networkOrLimitation } from '../model/linears';

export interface CheckpointDescription {
  readonly format: string;
  readonly architecture: string | null;
  /** What the network is for; null where the architecture is unknown. */
  readonly task: Task | null;
  /** Why only weight-only methods work; null when everything does. */
  readonly limitation: string | null;
  /** What steps ask of the network; null where it is not known how to run it. */
  readonly facts: NetworkFacts | null;
  readonly tensors: readonly { name: string; shape: readonly number[]; dtype: string; bytes: number }[];
  readonly linears: readonly { name: string; weight: string; rows: number; cols: number; block: number }[];
  /** What share of the weights the linear layers are. */
  readonly coverage: Coverage;
  /** Files that are no part of the model. */
  readonly ignored: readonly string[];
  /** What a person should know about the choice of files and about the network, one sentence each. */
  readonly notes: readonly string[];
}

/** Throws what openModel throws, but for an unknown architecture, which is a limitation. */
export function describeCheckpoint(checkpoint: Checkpoint): CheckpointDescription {
  const { network, limitation } = networkOrLimitation(checkpoint);
  const linears = linearsOf(checkpoint);
  const blocks = new Map(
    network?.blocks.flatMap((block) => linearsIn({ blocks: [block] }).map(({ name }) => [name, block.index])),
  );
  return {
    format: checkpoint.format,
    architecture: network?.architecture ?? null,
    task: network && taskOf(network),
    limitation,
    facts: network && factsOf(network),
    tensors: [...checkpoint.tensors.values()].map(({ name, shape, dtype, begin, end }) => ({
      name,
      shape,
      dtype,
      bytes: end - begin,
    })),
    linears: linears.map(({ name, weight, rows, cols }) => {
      return { name, weight, rows, cols, block: blocks.get(name) ?? blockIn(name) };
    }),
    coverage: coverageOf(checkpoint, linears),
    ignored: checkpoint.ignored,
    notes: [...checkpoint.notes, ...(network?.notes ?? [])],
  };
}
