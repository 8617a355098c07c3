/**
 * Rows whose method trains the whole network at once, before the march: on the calibration windows, towards what full precision says at the
 * output and behind every block (network-on-tape.ts). What comes out is stored like any other layers, which the march then finds.
 *
 * Methods that train along a diffusion network's own trajectories make their windows themselves (trajectory-training.ts).
 *
 * What the row does to activations while it runs acts in training too, straight through; quantizers that look at inputs beforehand take
 * their nearest kind that does not.
 */
import { inTurn, type Hooks } from '../model/hooks';
import { uploadLinear, type Linear } from '../model/architecture';
import { ATTENTION } from '../step/table';
import type { AttentionId } from '../step/face';
import type { TapQuantizer } from '../step/step';
import { alongTrajectories, trainsNetwork, type RunRow } from '../recipe/rows';
import { tapsOf } from './block-lesson';
import { chunksOf } from './chunks';
import type { RunEvent } from './events';
import { NetworkOnTape } from './network-on-tape';
import type { ActivationRun, RunHost } from './prepared-run';
import { fittedView } from './reference-walk';
import { stepOf } from './row-work';
import { trainLayers, type LayersInTraining } from './train-layers';
import { TrajectoryTraining } from './trajectory-training';
import { WHOLE_NETWORK } from './training-curve';
import { rangedLater, type RunView } from './views';

export async function* trainNetworks(run: ActivationRun, host: RunHost): AsyncGenerator<RunEvent> {
  for (const row of run.rows.filter(trainsNetwork)) {
    const stored = await Promise.all(run.linears.map(({ index }) => host.store.loadLayer(row.row, index)));
    if (stored.every((layer) => layer !== null)) continue;
    yield* trainRow(run, host, row, yield* fittedView(run, host, run.views[row.view]));
  }
}

async function* trainRow(run: ActivationRun, host: RunHost, row: RunRow, view: RunView): AsyncGenerator<RunEvent> {
  const network = await NetworkOnTape.load(run.subject, view.current, host);
  const given: Owned[] = [network];
  const teaching: Teaching = { run, host, row, view, network, given };
  try {
    const work = alongTrajectories(row) ? await trajectoryWork(teaching) : await windowWork(teaching);
    yield* trainLayers({
      ...{ host, row, place: WHOLE_NETWORK, name: 'the whole network', linears: network.linears, spares: true },
      ...{ weights: network.weights, notes: network.notes },
      ...work,
    });
  } finally {
    for (const one of given.reverse()) one.release();
  }
}

interface Owned {
  release(): void;
}

interface Teaching {
  readonly run: ActivationRun;
  readonly host: RunHost;
  readonly row: RunRow;
  readonly view: RunView;
  readonly network: NetworkOnTape;
  /** What is given back in the end, the last first. */
  readonly given: Owned[];
}

type Work = Pick<LayersInTraining, 'problem' | 'inStep' | 'finished'>;

/** On states that networks meet as they sample. */
async function trajectoryWork({ run, host, row, view, network, given }: Teaching): Promise<Work> {
  if (!run.subject.trajectories) throw new Error(`bug: no trajectories for ${run.subject.task}`);
  const sampler = await run.subject.trajectories(host.gpu, view.current);
  given.push(sampler);
  const training = new TrajectoryTraining(host, row, network, sampler, attentionHooks(host, row, view));
  given.push(training);
  return {
    problem: (windows, sparing) => Promise.resolve(training.problem(windows, sparing)),
    inStep: (windows) => windows,
    finished: () => training.keep(),
  };
}

/** On the calibration windows. */
async function windowWork({ run, host, row, view, network, given }: Teaching): Promise<Work> {
  const { subject } = run;
  const { gpu } = host;
  /** Batches of at most so many windows. */
  const chunks = (windows: number) => {
    const { calibration, heldOut } = subject;
    return chunksOf({ calibration, heldOut: { ...heldOut, windows: 0 } }, windows * calibration.length);
  };
  let taught = 0;
  const teach = async (windows: number) => {
    if (taught === windows) return;
    network.forget();
    const open = await subject.open(gpu, view.current);
    try {
      for (const chunk of chunks(windows)) {
        host.control.check();
        await network.teach(await open.embed(chunk), chunk.geometry);
      }
      taught = windows;
    } finally {
      open.release();
    }
  };
  const taps = rangedLater(row) ? null : await tapHooks(host, row, view, given);
  const hooks = inTurn(taps, attentionHooks(host, row, view));
  const features = Number(row.options.features);
  return {
    inStep: (windows) => chunks(windows)[0].geometry.windows,
    async problem(windows, sparing) {
      await teach(windows);
      return network.problem({ hooks, features, sparing }, { universalCodebook: run.universal.get(row.row) });
    },
  };
}

/** The row's quantizers of inputs, of all blocks. */
async function tapHooks({ gpu }: RunHost, row: RunRow, { current }: RunView, given: Owned[]): Promise<Hooks | null> {
  const taps = new Map<number, Hooks>();
  const made: TapQuantizer[] = [];
  given.push({ release: () => made.forEach((one) => one.release()) });
  for (const block of current.network.blocks) {
    const own = await tapsOf(gpu, row, block, (linear: Linear) => uploadLinear(gpu, current.source, linear), made);
    if (own) taps.set(block.index, own);
  }
  return taps.size === 0 ? null : { on: (tape, at, x, g) => taps.get(at.block)?.on(tape, at, x, g) ?? x };
}

/** What acts within the row's attention. */
function attentionHooks({ gpu }: RunHost, row: RunRow, { current }: RunView): Hooks | null {
  const step = stepOf(row, 'attention');
  return step && ATTENTION[step.step as AttentionId].hooks(gpu, current.network, step.options);
}
