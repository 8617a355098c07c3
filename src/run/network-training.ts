/**
 * Rows whose method trains the whole network at once, before the march: on the calibration windows, towards what full precision says at the
 * output and behind every block (network-on-tape.ts). What comes out is stored like any other layers, which the march then finds.
 *
 * What the row does to activations while it runs acts in training too, straight through; quantizers that look at inputs beforehand take
 * their nearest kind that does not.
 */
import { inTurn, type Hooks } from '../model/hooks';
import { uploadLinear, type Linear } from '../model/architecture';
import { ATTENTION } from '../step/table';
import type { AttentionId } from '../step/face';
import type { TapQuantizer } from '../step/step';
import { trainsNetwork, type RunRow } from '../recipe/rows';
import { tapsOf } from './block-lesson';
import { chunksOf } from './chunks';
import type { RunEvent } from './events';
import { NetworkOnTape } from './network-on-tape';
import type { ActivationRun, RunHost } from './prepared-run';
import { fittedView } from './reference-walk';
import { stepOf } from './row-work';
import { trainLayers } from './train-layers';
import { WHOLE_NETWORK } from './training-curve';
import type { RunView } from './views';

export async function* trainNetworks(run: ActivationRun, host: RunHost): AsyncGenerator<RunEvent> {
  for (const row of run.rows.filter(trainsNetwork)) {
    const stored = await Promise.all(run.linears.map(({ index }) => host.store.loadLayer(row.row, index)));
    if (stored.every((layer) => layer !== null)) continue;
    yield* trainRow(run, host, row, yield* fittedView(run, host, run.views[row.view]));
  }
}

async function* trainRow(run: ActivationRun, host: RunHost, row: RunRow, view: RunView): AsyncGenerator<RunEvent> {
  const { subject } = run;
  const { gpu } = host;
  const network = await NetworkOnTape.load(subject, view.current, host);
  const quantizers: TapQuantizer[] = [];
  let taught = 0;
  /** Batches of at most so many windows. */
  const chunks = (windows: number) => {
    const { calibration, heldOut } = subject;
    return chunksOf({ calibration, heldOut: { ...heldOut, windows: 0 } }, windows * calibration.length);
  };
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
  try {
    const hooks = await hooksOf(host, row, view, quantizers);
    const features = Number(row.options.features);
    yield* trainLayers({
      ...{ host, row, place: WHOLE_NETWORK, name: 'the whole network', linears: network.linears, spares: true },
      ...{ weights: network.weights, notes: network.notes },
      inStep: (windows) => chunks(windows)[0].geometry.windows,
      async problem(windows, sparing) {
        await teach(windows);
        const places = new Map(network.linears.map(({ name }, i) => [name, i]));
        return {
          gpu,
          layers: network.linears.map(({ name }) => ({
            name,
            weight: network.weights.get(name) as NonNullable<ReturnType<typeof network.weights.get>>,
            statistics: null,
          })),
          batches: network.batches,
          lossName: features === 0 ? network.lossName : `${network.lossName} and features`,
          universalCodebook: run.universal.get(row.row),
          loss: (tape, batch, weights) =>
            network.loss(
              tape,
              batch,
              { weight: ({ name }) => weights[places.get(name) as number], hooks },
              { features, sparing },
            ),
        };
      },
    });
  } finally {
    for (const one of quantizers) one.release();
    network.release();
  }
}

/** What the row does to activations, of all blocks. */
async function hooksOf(
  { gpu }: RunHost,
  row: RunRow,
  { current }: RunView,
  made: TapQuantizer[],
): Promise<Hooks | null> {
  const taps = new Map<number, Hooks>();
  for (const block of current.network.blocks) {
    const own = await tapsOf(gpu, row, block, (linear: Linear) => uploadLinear(gpu, current.source, linear), made);
    if (own) taps.set(block.index, own);
  }
  const attention = stepOf(row, 'attention');
  const within = attention && ATTENTION[attention.step as AttentionId].hooks(gpu, current.network, attention.options);
  const rounded: Hooks | null =
    taps.size === 0 ? null : { on: (tape, at, x, g) => taps.get(at.block)?.on(tape, at, x, g) ?? x };
  return inTurn(rounded, within);
}
