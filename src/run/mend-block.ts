/**
 * Steps that mend a block as a whole (CorrectStep.mend): when a row's layers are all there, the block is run once more on what the row's own
 * stream brings to it, and what a step finds for its norms stands in the place of the view's. It is stored under the row, the step and the
 * block, and never found out again; where nothing was changed the stream stays as the stages left it, to the bit.
 */
import { StudioError } from '../base/errors';
import { decodeFloat32, encodeFloat32 } from '../checkpoint/dtype';
import { Parameter, type Tape } from '../gradient/tape';
import { loadStagedBlock, runStaged, uploadLinear, type AnyNetwork, type Block } from '../model/architecture';
import type { Hooks } from '../model/hooks';
import { normsOf, readVectors, tensorsOf } from '../model/norm';
import { passThrough, type Branch, type StagedBlock } from '../model/staged-block';
import type { RecipeStep } from '../recipe/row';
import type { RunRow } from '../recipe/rows';
import type { CorrectId } from '../step/face';
import { STEP_FACES } from '../step/faces';
import type { Minibatch, SolvedBlock } from '../step/step';
import { CORRECTIONS } from '../step/table';
import { sliceRows } from '../tensor/embedding';
import { Tensor } from '../tensor/tensor';
import { untiled, type Weight } from '../tensor/weight';
import { appliedLayer, releaseApplied, type AppliedLayer } from './applied-layer';
import { minibatches } from './block-loss';
import type { Chunk } from './chunks';
import type { RunEvent } from './events';
import { NonFiniteWeights } from './finite-weights';
import { pausePoint } from './pause';
import type { ActivationRun, RunHost } from './prepared-run';
import type { RunStore } from './run-store';
import type { StreamStates } from './stream-states';
import type { Streams } from './streams';
import type { RunView } from './views';
import { storedType } from './viewed-checkpoint';
import { blockLack } from './weight-limit';

export interface BlockToMend {
  readonly run: ActivationRun;
  readonly host: RunHost;
  readonly states: StreamStates;
  readonly streams: Streams;
  readonly chunks: readonly Chunk[];
  readonly view: RunView;
  readonly block: Block;
  readonly row: RunRow;
  /** All of the row's, its view's first. */
  readonly hooks: Hooks | null;
}

/** Whether a step of the row mends blocks as a whole: then their inputs are kept. */
export function mends(row: Pick<RunRow, 'steps'>): boolean {
  return mendingSteps(row).length > 0;
}

/** With their places among the row's steps. */
function mendingSteps({ steps }: Pick<RunRow, 'steps'>): { readonly step: RecipeStep; readonly place: number }[] {
  return steps.flatMap((step, place) => {
    const { slot, scope } = STEP_FACES[step.step];
    return slot === 'correct' && scope(step.options) === 'block' ? [{ step, place }] : [];
  });
}

/** What stands in the place of tensors of the row's view, of a run that is over. Throws where a state is missing. */
export async function mendedVectors(
  { blocks }: AnyNetwork,
  row: RunRow,
  store: Pick<RunStore, 'loadState'>,
): Promise<ReadonlyMap<string, Float32Array>> {
  const vectors = new Map<string, Float32Array>();
  for (const { index, name } of blocks) {
    for (const { step, place } of mendingSteps(row)) {
      const state = await store.loadState(stateKey(row, place, index));
      if (!state)
        throw new StudioError('QS-RUN-01', `Nothing is stored of ${step.step} for ${name}: resume the run first.`);
      for (const [tensor, values] of Object.entries(state.arrays)) vectors.set(tensor, values);
    }
  }
  return vectors;
}

function stateKey({ row }: Pick<RunRow, 'row'>, place: number, block: number): string {
  return `row ${row}, step ${place}, block ${block}`;
}

/** Mends the block for one row, and puts what it then makes of the kept inputs in the place of the row's residuals. */
export async function* mendBlock(work: BlockToMend): AsyncGenerator<RunEvent> {
  const { host, states, streams, chunks, row, block, view } = work;
  const { gpu } = host;
  const norms = await parametersOf(work);
  const layers = new Map<string, AppliedLayer>();
  let staged: StagedBlock | null = null;
  try {
    staged = await loadStagedBlock(gpu, view.current.source, block, norms);
    for (const linear of block.stages.flatMap((stage) => stage.linears)) {
      const stored = await host.store.loadLayer(row.row, linear.index);
      if (!stored) throw new Error(`bug: ${linear.name} of row ${row.row} is not stored`);
      const inspect = new NonFiniteWeights(linear.weight).zero;
      const kept = stored.tensor ? null : await uploadLinear(gpu, view.current.source, linear, { inspect });
      layers.set(linear.name, appliedLayer(gpu, row, stored, kept));
    }
    let changed = false;
    for (const { step, place } of mendingSteps(row)) {
      host.control.check();
      const key = stateKey(row, place, block.index);
      let state = await host.store.loadState(key);
      if (!state) {
        const { title } = STEP_FACES[step.step];
        const told = (what: string): RunEvent => {
          return { type: 'stage', stage: 'fit', block: block.index, detail: `${title} · ${row.label}${what}` };
        };
        yield told('');
        const { mend, told: tell } = CORRECTIONS[step.step as CorrectId];
        if (!mend) throw new Error(`bug: ${step.step} mends no blocks`);
        state = await mend(solvedBlock(work, staged, norms, layers), step.options);
        await host.store.saveState(key, state);
        const what = tell?.(state);
        if (what !== undefined) yield told(`: ${what}`);
        yield* pausePoint(host.control);
      }
      for (const [name, values] of Object.entries(state.arrays)) {
        const norm = norms.get(name);
        if (norm?.value.cols !== values.length) {
          throw new StudioError('QS-FILE-03', `What this run stored for ${name} is damaged: start the run again.`);
        }
        norm.assign(values);
        changed = true;
      }
    }
    const stream = streams.of(row);
    for (const [c, chunk] of chunks.entries()) {
      if (changed) {
        host.control.check();
        await states.replaceResidual(stream, c, anew(work, staged, layers, c, chunk));
      }
      states.dropInput(stream, c);
    }
  } finally {
    staged?.release();
    for (const layer of layers.values()) releaseApplied(layer);
    for (const { value } of norms.values()) value.release();
  }
}

/** Of the block's norms, as the view has them. */
async function parametersOf({ host, view, block }: BlockToMend): Promise<Map<string, Parameter>> {
  const vectors = await readVectors(view.current.source, normsOf(block.plan).flatMap(tensorsOf));
  return new Map(
    [...vectors].map(([name, values]) => [name, new Parameter(Tensor.from(host.gpu, 1, values.length, values, name))]),
  );
}

type Layers = ReadonlyMap<string, AppliedLayer>;

/** The block's output of a chunk, with its norms as they are. */
function anew(
  { host, states, streams, row, hooks }: BlockToMend,
  staged: StagedBlock,
  layers: Layers,
  c: number,
  { geometry }: Chunk,
): Tensor {
  const of = ({ name }: { readonly name: string }) => layers.get(name) as AppliedLayer;
  const hidden = states.peekInput(streams.of(row), c, (x) => x.clone('input of the block'));
  return passThrough(host.gpu, staged, hidden, null, geometry, {
    weight: (linear): Weight => of(linear).main,
    beside: (linear) => of(linear).branch,
    bias: (linear) => of(linear).bias,
    hooks,
  });
}

function solvedBlock(
  { run, host, states, streams, chunks, view, block, row, hooks }: BlockToMend,
  staged: StagedBlock,
  norms: SolvedBlock['norms'],
  layers: Layers,
): SolvedBlock {
  const lack = blockLack(
    block.stages.flatMap((stage) => stage.linears),
    host.gpu.buffers.tileBytes,
  );
  if (lack) {
    throw new StudioError('QS-GPU-03', `Nothing can be learned on ${block.name}: ${lack} Choose a narrower model.`);
  }
  const of = ({ name }: { readonly name: string }) => layers.get(name) as AppliedLayer;
  const piece = (tape: Tape, { chunk, first, windows }: Minibatch[number]) => {
    const { length } = chunks[chunk].geometry;
    const rowsOf = (x: Tensor) => tape.keep(sliceRows(x, first * length, windows * length));
    const hidden = states.peekInput(streams.of(row), chunk, rowsOf);
    const full = states.peekResidual(view.index, chunk, rowsOf);
    const own = runStaged(
      tape,
      staged,
      tape.constant(hidden),
      null,
      { windows, length },
      {
        weight: (linear) => tape.constant(untiled(of(linear).main)),
        beside: (linear) => branchOn(tape, of(linear).branch),
        bias: (linear) => of(linear).bias,
        hooks,
      },
    );
    return { own, full };
  };
  return {
    gpu: host.gpu,
    block,
    count: run.subject.network.blocks.length,
    norms,
    stored(name, values) {
      const type = storedType(run.checkpoint.tensors.get(name)?.dtype, values);
      return decodeFloat32(type, encodeFloat32(type, values));
    },
    minibatches: (windows) => minibatches(chunks, windows),
    outputs: (tape, minibatch) => minibatch.map((one) => piece(tape, one)),
    check: () => host.control.check(),
  };
}

function branchOn(tape: Tape, branch: Branch<Tensor> | null) {
  return branch && { a: tape.constant(branch.a), b: tape.constant(branch.b) };
}
