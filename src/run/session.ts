/**
 * The work behind the driver: one run's activation streams, and the stages of a block on them.
 *
 * Streams: 0 is full precision, row r is stream r + 1. X̃ is stream 0's input of a layer (its "tap"), X a row's; shapes as in
 * src/method/statistics.ts.
 *
 * A layer is stored as soon as its codes exist, and again with its errors once its stage has been measured. So a pause, a cancel or a
 * closed tab takes nothing back: a stage that was cut off is gone through again with the layers that are stored.
 */
import type { Gpu } from '../gpu/gpu';
import {
  errorsOf,
  probeLayer,
  unavailableNote,
  weighedByInputs,
  type EachInput,
  type LayerProbe,
} from '../measure/layer-errors';
import { joinNotes } from '../method/codebook-notes';
import { wantsHessian } from '../method/families';
import { faceOf } from '../method/catalogue';
import { scalarOptions } from '../method/parameters';
import { decodeOnGpu } from '../method/finish';
import { InputStatistics } from '../method/statistics';
import { loadStagedBlock, uploadLinear, type Linear, type StagedBlock } from '../model/architecture';
import { addBias } from '../tensor/bias';
import { subtract } from '../tensor/elementwise';
import type { Announce } from '../tensor/factor';
import { accumulateGram, mirror } from '../tensor/gram';
import { accumulateSquare } from '../tensor/matmul';
import { emptySquare } from '../tensor/panels';
import { Scalars } from '../tensor/reduce';
import type { Tensor } from '../tensor/tensor';
import { applyWeight, type Weight } from '../tensor/weight';
import { trainBlock } from './block-training';
import type { BlockResult, LayerResult, RunEvent } from './events';
import { NonFiniteWeights } from './finite-weights';
import { pausePoint } from './pause';
import { telling } from './telling';
import { chunkTokens } from './chunk-tokens';
import { ACTIVATION_BYTES } from './plan-bytes';
import type { ActivationRun, RunHost } from './prepared-run';
import { hessianBeyond, hessianLack } from './hessian-limit';
import { mayExceed } from './weight-limit';
import { quantizeLayer, roundedInstead, unmeasured, type Attempt } from './quantize-layer';
import { trains, type RunRow } from '../recipe/rows';
import type { StoredLayer } from './run-store';
import { StreamStates } from './stream-states';
import { chunksOf, type Chunk } from './chunks';
import type { Evaluation } from './subject';

/** Bytes of a Hessian and a layer from which memory may run out: such layers are tried, on their own, rather than trusted to fit. */
const CAUTIOUS_BYTES = 2 ** 27;

/** One linear layer of the stage in work. */
interface StageLayer {
  readonly linear: Linear;
  /** Index in Plan.layers. */
  readonly index: number;
  readonly weight: Weight;
  /** Set where the file held NaN or infinity. */
  readonly note: string | null;
}

/** A row's quantized weights for the stage in work, in the stage's order. */
interface StageRow {
  readonly row: RunRow;
  readonly q: Weight[];
  readonly probes: LayerProbe[];
  /** As stored so far. */
  readonly layers: StoredLayer[];
}

export class Session {
  readonly #gpu: Gpu;
  readonly #states: StreamStates;
  readonly #chunks: readonly Chunk[];
  #opened: StagedBlock | null = null;

  private constructor(
    private readonly run: ActivationRun,
    private readonly host: RunHost,
  ) {
    this.#gpu = host.gpu;
    this.#states = new StreamStates(host.gpu, host.activationBytes ?? ACTIVATION_BYTES);
    this.#chunks = chunksOf(run.subject, chunkTokens(run.subject, host.gpu.buffers.largest));
  }

  /** Embeds all chunks; every stream starts from the same hidden states. */
  static async open(run: ActivationRun, host: RunHost): Promise<Session> {
    const session = new Session(run, host);
    const subject = await run.subject.open(host.gpu, run.checkpoint);
    for (const [c, chunk] of session.#chunks.entries()) {
      await session.#states.embed(session.#streams, c, await subject.embed(chunk));
    }
    subject.release();
    return session;
  }

  get #streams(): number[] {
    return [0, ...this.run.rows.map((row) => row.row + 1)];
  }

  /** Loads a block and takes every stream to its first stage. */
  async enter(index: number): Promise<StagedBlock> {
    const block = await loadStagedBlock(this.#gpu, this.run.checkpoint, this.run.subject.network.blocks[index]);
    this.#opened = block;
    for (const [c, chunk] of this.#chunks.entries()) {
      for (const stream of this.#streams) await this.#states.begin(block, stream, c, chunk);
      this.host.control.check();
    }
    return block;
  }

  /** The rows whose method trains the block as a whole: their layers are stored when its stages come. */
  async *train(block: StagedBlock): AsyncGenerator<RunEvent> {
    const rows = this.run.rows.filter(trains);
    if (rows.length === 0) return;
    yield* trainBlock({ run: this.run, host: this.host, states: this.#states, chunks: this.#chunks, block, rows });
  }

  /** One stage: restore or quantize its layers, send all streams through, measure, store, tell. */
  async *stage(block: StagedBlock, stage: number): AsyncGenerator<RunEvent> {
    const b = block.block.index;
    yield { type: 'stage', stage: 'load', block: b, detail: '' };
    const layers = await this.#loadStage(block, stage);
    const scalars = new Scalars(this.#gpu);
    const rows: StageRow[] = [];
    try {
      const stored = await this.#stored(layers);
      const restored = stored.every((row) => row.every((layer) => layer !== null && layer.measured !== false));
      for (const [r, row] of this.run.rows.entries()) {
        const own: StageRow = { row, q: [], probes: [], layers: [] };
        rows.push(own);
        if (restored) this.#restore(own, stored[r]);
        else yield* this.#quantizeRow(b, own, layers, stored[r], scalars);
      }
      yield { type: 'stage', stage: 'forward', block: b, detail: layers.map(({ linear }) => linear.name).join(', ') };
      await this.#advance(block, stage, layers, rows, restored ? null : scalars);
      yield { type: 'stage', stage: 'measure', block: b, detail: '' };
      const finished = restored
        ? rows.map((row) => row.layers)
        : await this.#finishStage(layers, rows, await scalars.read());
      const results = finished.flatMap((row) => row.map(({ result }) => result));
      if (restored) yield { type: 'restored', layers: results };
      for (const result of results) yield { type: 'layer-done', result };
    } finally {
      // Also where a cancel or an error leaves in the middle.
      scalars.release();
      for (const { q } of rows) for (const tensor of q) tensor.release();
      for (const { weight } of layers) weight.release();
    }
  }

  /**
   * Closes the block and compares every row's output with the full-precision one. `damaged` counts full-precision values that are
   * not finite: then the file itself is bad, and every later figure with it.
   */
  async leave(block: StagedBlock): Promise<{ results: readonly BlockResult[]; damaged: number }> {
    block.release();
    this.#opened = null;
    const scalars = new Scalars(this.#gpu);
    const places = this.run.rows.map(() => ({ calibration: [] as number[], heldOut: [] as number[] }));
    const damaged: number[] = [];
    for (const [c, chunk] of this.#chunks.entries()) {
      this.#states.peekResidual(0, c, (full) => {
        damaged.push(scalars.nonFiniteCount(full));
        for (const { row } of this.run.rows) {
          this.#states.peekResidual(row + 1, c, (own) => {
            const place = scalars.sumOfSquaredDifferences(own, full);
            (chunk.heldOut ? places[row].heldOut : places[row].calibration).push(place);
          });
        }
      });
    }
    const sums = await scalars.read();
    const total = (of: readonly number[]) => of.reduce((sum, place) => sum + sums[place], 0);
    const { plan, subject } = this.run;
    const mean = (of: readonly number[], tokens: number) => total(of) / (tokens * subject.network.hidden);
    const results = places.map(({ calibration, heldOut }, row) => ({
      row,
      block: block.block.index,
      mse: mean(calibration, plan.calibrationTokens),
      heldOutMse: mean(heldOut, plan.heldOutTokens),
    }));
    return { results, damaged: total(damaged) };
  }

  /** End-to-end figures of all rows on the held-out windows; uses the streams up. */
  evaluate(layers: readonly LayerResult[]): Promise<Evaluation> {
    const { run, host } = this;
    return run.subject.evaluate({
      gpu: this.#gpu,
      checkpoint: run.checkpoint,
      rows: run.rows,
      chunks: this.#chunks,
      layers,
      hidden: (stream, c) => this.#states.takeResidual(stream, c),
      peekHidden: (stream, c, body) => this.#states.peekResidual(stream, c, body),
      weight: async (row, linear) => {
        const stored = await host.store.loadLayer(row, linear.index);
        if (!stored) throw new Error(`bug: ${linear.name} of row ${row} is not stored`);
        return decodeOnGpu(this.#gpu, stored.tensor);
      },
      head: host.head,
      check: () => host.control.check(),
    });
  }

  release(): void {
    this.#states.release();
    this.#opened?.release();
  }

  async #loadStage({ block }: StagedBlock, stage: number): Promise<StageLayer[]> {
    const { checkpoint } = this.run;
    return Promise.all(
      block.stages[stage].linears.map(async (linear) => {
        const nonFinite = new NonFiniteWeights(linear.weight);
        const weight = await uploadLinear(this.#gpu, checkpoint, linear, { inspect: nonFinite.zero });
        return { linear, index: linear.index, weight, note: nonFinite.note };
      }),
    );
  }

  /** What is stored of the stage, by row and layer. */
  #stored(layers: readonly StageLayer[]): Promise<(StoredLayer | null)[][]> {
    const { store } = this.host;
    return Promise.all(
      this.run.rows.map(({ row }) => Promise.all(layers.map(({ index }) => store.loadLayer(row, index)))),
    );
  }

  #restore(own: StageRow, stored: readonly (StoredLayer | null)[]): void {
    for (const layer of stored) {
      if (!layer) throw new Error('bug: a layer that is not stored was restored');
      own.layers.push(layer);
      own.q.push(decodeOnGpu(this.#gpu, layer.tensor));
    }
  }

  /** Quantizes those of the stage's layers for one row that are not stored, into `own`. */
  async *#quantizeRow(
    block: number,
    own: StageRow,
    layers: readonly StageLayer[],
    stored: readonly (StoredLayer | null)[],
    scalars: Scalars,
  ): AsyncGenerator<RunEvent> {
    const { row } = own;
    const left = stored.filter((layer) => layer === null).length;
    let since = performance.now();
    yield { type: 'stage', stage: 'hessian', block, detail: row.label };
    const factors = faceOf(row.method).needs.hessian && left > 0 && 'damping' in row.options;
    const found = await this.#statistics(row, layers, factors);
    let { statistics, lack } = found;
    try {
      if (factors && statistics) yield { type: 'stage', stage: 'factor', block, detail: row.label };
      for (const [i, layer] of layers.entries()) {
        this.host.control.check();
        const known = stored[i];
        if (known) {
          own.layers.push(known);
          own.q.push(decodeOnGpu(this.#gpu, known.tensor));
        } else {
          yield { type: 'layer-started', row: row.row, layer: layer.index };
          yield { type: 'stage', stage: 'columns', block, detail: `${row.label} · ${layer.linear.name}` };
          const universalCodebook = this.run.universal.get(row.row);
          const given = { weight: layer.weight, statistics: null, universalCodebook };
          const wanted = wantsHessian(faceOf(row.method), row.options);
          const { name } = layer.linear;
          let attempt: Attempt | null = null;
          if (!wanted || statistics) {
            const usable = wanted ? statistics : null;
            const work = (announce: Announce) => quantizeLayer(row, { ...given, statistics: usable, announce }, name);
            attempt = yield* telling(
              (announce) => (found.cautious ? this.#gpu.attempt(() => work(announce)) : work(announce)),
              (what): RunEvent => ({
                type: 'stage',
                stage: 'factor',
                block,
                detail: `${row.label} · ${name}: ${what}`,
              }),
            );
          }
          if (!attempt) {
            if (!lack) {
              statistics?.abandon();
              statistics = null;
              lack = 'GPU memory did not reach for it.';
            }
            attempt = await roundedInstead(row, given, name, lack, 1);
          }
          own.q.push(attempt.quantized.q);
          const facts = { index: layer.index, linear: layer.linear, damage: layer.note };
          own.layers.push(unmeasured(row, facts, attempt, performance.now() - since));
          await this.host.store.saveLayer(row.row, layer.index, own.layers[i]);
          yield { type: 'layer-stored', row: row.row, layer: layer.index };
        }
        const byInputs = weighedByInputs(this.run.plan.calibrationTokens, layer.linear.cols);
        const second = statistics && (byInputs ? this.#inputsOf(row) : statistics.hessian);
        own.probes.push(probeLayer(scalars, layer.weight, own.q[i], second));
        if (!known) yield* pausePoint(this.host.control);
        since = performance.now();
      }
    } finally {
      await statistics?.release();
    }
  }

  /**
   * A row's statistics of a stage's inputs, with the factor of those methods that need one launched for all siblings; whether it holds
   * is read with the first one's codes. Null where the method cannot work on a Hessian this large, or GPU memory does not reach: `lack` says.
   */
  async #statistics(
    row: RunRow,
    layers: readonly StageLayer[],
    factors: boolean,
  ): Promise<{ statistics: InputStatistics | null; lack: string | null; cautious: boolean }> {
    const { cols } = layers[0].linear;
    const { hessianBytes } = this.host;
    const lack =
      hessianBytes === undefined
        ? hessianLack(cols, row, this.#gpu.buffers.panelBytes)
        : hessianBeyond(cols, hessianBytes);
    const heaviest = Math.max(...layers.map(({ linear }) => linear.rows)) * cols;
    const cautious =
      4 * (cols ** 2 + heaviest) >= (this.host.cautiousBytes ?? CAUTIOUS_BYTES) ||
      layers.some(({ linear }) => mayExceed(linear, row, this.#gpu.buffers.largest));
    if (lack) return { statistics: null, lack, cautious };
    const collect = async () => {
      const statistics = await this.#collect(row, cols);
      const { damping, actOrder } = scalarOptions(row.options);
      if (factors) statistics.working(damping, actOrder);
      return statistics;
    };
    const statistics = cautious ? await this.#gpu.attempt(collect) : await collect();
    return { statistics, lack: statistics ? null : 'GPU memory did not reach for its Hessian.', cautious };
  }

  /** What a row's Hessian is made of, a chunk at a time. */
  #inputsOf(row: RunRow): EachInput {
    return (body) => {
      for (const [c, chunk] of this.#chunks.entries()) {
        if (!chunk.heldOut) this.#states.peekTap(row.row + 1, c, body);
      }
    };
  }

  /** H, and D where the method asks for it, over the calibration chunks; n is the number of windows. */
  async #collect(row: RunRow, cols: number): Promise<InputStatistics> {
    const alpha = 2 / this.run.subject.calibration.windows;
    const hessian = emptySquare(this.#gpu, cols, 'Hessian');
    const drift = faceOf(row.method).needs.drift ? emptySquare(this.#gpu, cols, 'drift') : null;
    let beta = 0;
    for (const [c, chunk] of this.#chunks.entries()) {
      if (chunk.heldOut) continue;
      this.#states.peekTap(row.row + 1, c, (own) => {
        accumulateGram(hessian, own, alpha, beta);
        if (!drift) return;
        this.#states.peekTap(0, c, (full) => {
          const deviation = subtract(full, own);
          accumulateSquare(deviation, own, drift, { alpha, beta });
          deviation.release();
        });
      });
      beta = 1;
    }
    mirror(hessian);
    return InputStatistics.of(hessian, drift);
  }

  /** Sends every chunk of every stream through the stage; asks `scalars` for the output errors unless restored. */
  async #advance(
    block: StagedBlock,
    stage: number,
    layers: readonly StageLayer[],
    rows: readonly StageRow[],
    scalars: Scalars | null,
  ): Promise<void> {
    for (const [c, chunk] of this.#chunks.entries()) {
      this.host.control.check();
      const fullTap = this.#states.takeTap(0, c);
      const full = layers.map(({ weight }) => applyWeight(fullTap, weight));
      const sizes = scalars && full.map((y) => scalars.sumOfSquares(y));
      for (const { row, q, probes } of rows) {
        const ownTap = this.#states.takeTap(row.row + 1, c);
        const own = q.map((weight) => applyWeight(ownTap, weight));
        own.forEach((y, i) => {
          if (!scalars || !sizes) return;
          const share = chunk.heldOut ? probes[i].heldOutOutput : probes[i].output;
          share.errors.push(scalars.sumOfSquaredDifferences(y, full[i]));
          share.sizes.push(sizes[i]);
        });
        await this.#step(block, stage, layers, row.row + 1, c, ownTap, own);
      }
      await this.#step(block, stage, layers, 0, c, fullTap, full);
    }
  }

  async #step(
    block: StagedBlock,
    stage: number,
    layers: readonly StageLayer[],
    stream: number,
    c: number,
    ownTap: Tensor,
    outputs: readonly Tensor[],
  ): Promise<void> {
    layers.forEach(({ linear }, i) => {
      const bias = block.bias(linear);
      if (bias) addBias(outputs[i], bias);
    });
    await this.#states.advance(block, stage, stream, c, this.#chunks[c], ownTap, outputs);
  }

  /** Turns sums into errors and stores the layers with them. */
  async #finishStage(
    layers: readonly StageLayer[],
    rows: readonly StageRow[],
    sums: readonly number[],
  ): Promise<StoredLayer[][]> {
    return Promise.all(
      rows.map(({ row, probes, layers: own }) =>
        Promise.all(
          own.map(async ({ result, tensor }, i) => {
            const errors = errorsOf(probes[i], sums);
            const note = joinNotes(result.note, unavailableNote(errors, probes[i]));
            const stored = { result: { ...result, errors, note }, tensor };
            await this.host.store.saveLayer(row.row, layers[i].index, stored);
            return stored;
          }),
        ),
      ),
    );
  }
}
