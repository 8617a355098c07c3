/**
 * The work behind the driver: one run's activation streams, and the stages of a block on them.
 *
 * Streams: 0 is full precision, row r is stream r + 1. X̃ is stream 0's input of a layer (its "tap"), X a row's; shapes as in
 * src/method/statistics.ts. Between stages a stream's chunk is two tensors in the activation store, its residual and its tap.
 */
import type { Gpu } from '../gpu/gpu';
import { probeLayer, ratio, shareOf, type LayerProbe } from '../measure/layer-errors';
import { faceOf } from '../method/catalogue';
import { scalarOptions } from '../method/parameters';
import { decodeOnGpu } from '../method/finish';
import { InputStatistics } from '../method/statistics';
import { loadBlock, loadEmbedder, loadLinear, type BlockRunner, type Linear } from '../model/architecture';
import { affineBitsPerWeight, layoutOf } from '../quantizer/affine';
import { addBias } from '../tensor/bias';
import { subtract } from '../tensor/elementwise';
import { accumulateGram, mirror } from '../tensor/gram';
import { matmul } from '../tensor/matmul';
import { Scalars } from '../tensor/reduce';
import { Tensor } from '../tensor/tensor';
import { evaluate, type Evaluation } from './evaluate';
import type { BlockResult, LayerResult, RunEvent } from './events';
import { zeroNonFinite } from './finite-weights';
import type { ActivationRun, RunHost } from './prepared-run';
import { quantizeLayer, type Attempt } from './quantize-layer';
import type { RunRow } from './rows';
import type { StoredLayer } from './run-store';
import { ActivationStore, chunksOf, type Chunk } from './streams';

/** Tokens a chunk: enough to keep a GPU busy, few enough that a chunk's widest tensor stays small. */
const CHUNK_TOKENS = 2048;
const DEFAULT_ACTIVATION_BYTES = 2 ** 30;

/** A block in work. */
export interface OpenBlock {
  readonly index: number;
  readonly runner: BlockRunner;
}

/** One linear layer of the stage in work. */
interface StageLayer {
  readonly linear: Linear;
  /** Index in Plan.layers. */
  readonly index: number;
  readonly weight: Tensor;
  /** Set where the file held NaN or infinity. */
  readonly note: string | null;
}

/** A row's quantized weights for the stage in work, in the stage's order. */
interface StageRow {
  readonly row: RunRow;
  readonly q: Tensor[];
  readonly attempts: (Attempt & { readonly milliseconds: number })[];
  readonly probes: LayerProbe[];
}

export class Session {
  readonly #gpu: Gpu;
  readonly #activations: ActivationStore;
  readonly #chunks: readonly Chunk[];
  #opened: BlockRunner | null = null;

  private constructor(
    private readonly run: ActivationRun,
    private readonly host: RunHost,
  ) {
    this.#gpu = host.gpu;
    this.#activations = new ActivationStore(host.gpu, host.activationBytes ?? DEFAULT_ACTIVATION_BYTES);
    const { calibration, heldOut } = run.activations.tokens;
    this.#chunks = chunksOf(
      [
        { tokens: calibration, heldOut: false },
        { tokens: heldOut, heldOut: true },
      ],
      CHUNK_TOKENS,
    );
  }

  /** Embeds all chunks; every stream starts from the same hidden states. */
  static async open(run: ActivationRun, host: RunHost): Promise<Session> {
    const session = new Session(run, host);
    const embedder = await loadEmbedder(host.gpu, run.checkpoint, run.activations.model);
    for (const [c, chunk] of session.#chunks.entries()) {
      const hidden = embedder.embed(chunk.ids, chunk.geometry);
      for (const stream of session.#streams) await session.#activations.put(residual(stream, c), hidden.clone());
      hidden.release();
    }
    embedder.release();
    return session;
  }

  get #streams(): number[] {
    return [0, ...this.run.rows.map((row) => row.row + 1)];
  }

  /** Loads a block and takes every stream to its first stage. */
  async enter(index: number): Promise<OpenBlock> {
    const runner = await loadBlock(this.#gpu, this.run.checkpoint, this.run.activations.model, index);
    this.#opened = runner;
    for (const [c, chunk] of this.#chunks.entries()) {
      for (const stream of this.#streams) {
        const state = runner.begin(this.#activations.take(residual(stream, c)), chunk.geometry);
        await this.#activations.put(residual(stream, c), state.residual);
        if (state.tap) await this.#activations.put(tap(stream, c), state.tap);
      }
      this.host.control.check();
    }
    return { index, runner };
  }

  /** One stage: restore or quantize its layers, send all streams through, measure, store, tell. */
  async *stage(block: OpenBlock, stage: number): AsyncGenerator<RunEvent> {
    const { index: b } = block;
    yield { type: 'stage', stage: 'load', block: b, detail: '' };
    const layers = await this.#loadStage(b, stage);
    const scalars = new Scalars(this.#gpu);
    const rows: StageRow[] = [];
    try {
      const stored = await this.#stored(layers);
      for (const [r, row] of this.run.rows.entries()) {
        const own: StageRow = { row, q: [], attempts: [], probes: [] };
        rows.push(own);
        if (stored) own.q.push(...stored[r].map(({ tensor }) => decodeOnGpu(this.#gpu, tensor)));
        else yield* this.#quantizeRow(b, own, layers, scalars);
      }
      yield { type: 'stage', stage: 'forward', block: b, detail: layers.map(({ linear }) => linear.name).join(', ') };
      await this.#advance(block, stage, layers, rows, stored ? null : scalars);
      yield { type: 'stage', stage: 'measure', block: b, detail: '' };
      const finished = stored ?? (await this.#finishStage(layers, rows, await scalars.read()));
      const results = finished.flatMap((row) => row.map(({ result }) => result));
      if (stored) yield { type: 'restored', layers: results };
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
  async leave(block: OpenBlock): Promise<{ results: readonly BlockResult[]; damaged: number }> {
    block.runner.release();
    this.#opened = null;
    const scalars = new Scalars(this.#gpu);
    const places = this.run.rows.map(() => ({ calibration: [] as number[], heldOut: [] as number[] }));
    const damaged: number[] = [];
    for (const [c, chunk] of this.#chunks.entries()) {
      this.#activations.peek(residual(0, c), (full) => {
        damaged.push(scalars.nonFiniteCount(full));
        for (const { row } of this.run.rows) {
          this.#activations.peek(residual(row + 1, c), (own) => {
            const place = scalars.sumOfSquaredDifferences(own, full);
            (chunk.heldOut ? places[row].heldOut : places[row].calibration).push(place);
          });
        }
      });
    }
    const sums = await scalars.read();
    const total = (of: readonly number[]) => of.reduce((sum, place) => sum + sums[place], 0);
    const { plan, activations } = this.run;
    const mean = (of: readonly number[], tokens: number) => total(of) / (tokens * activations.model.hidden);
    const results = places.map(({ calibration, heldOut }, row) => ({
      row,
      block: block.index,
      mse: mean(calibration, plan.calibrationTokens),
      heldOutMse: mean(heldOut, plan.heldOutTokens),
    }));
    return { results, damaged: total(damaged) };
  }

  /** Perplexity and KL of all rows on the held-out chunks; uses the streams up. */
  evaluate(layers: readonly LayerResult[]): Promise<Evaluation> {
    return evaluate({
      gpu: this.#gpu,
      run: this.run,
      chunks: this.#chunks,
      layers,
      hidden: (stream, c) => this.#activations.take(residual(stream, c)),
      check: () => this.host.control.check(),
    });
  }

  release(): void {
    this.#activations.releaseAll();
    this.#opened?.release();
  }

  async #loadStage(block: number, stage: number): Promise<StageLayer[]> {
    const { checkpoint, activations, linears } = this.run;
    return Promise.all(
      activations.model.blocks[block].stages[stage].linears.map(async (linear) => {
        const values = await loadLinear(checkpoint, linear);
        const note = zeroNonFinite(values, linear.weight);
        return {
          linear,
          index: linears.indexOf(linear),
          weight: Tensor.from(this.#gpu, linear.rows, linear.cols, values, linear.name),
          note,
        };
      }),
    );
  }

  /** Stored codes by row and layer, when the whole stage is stored; a stage cut off half-way is done again. */
  async #stored(layers: readonly StageLayer[]): Promise<StoredLayer[][] | null> {
    const rows: StoredLayer[][] = [];
    for (const { row } of this.run.rows) {
      const found = await Promise.all(layers.map(({ index }) => this.host.store.loadLayer(row, index)));
      const whole = found.filter((layer): layer is StoredLayer => layer !== null);
      if (whole.length < layers.length) return null;
      rows.push(whole);
    }
    return rows;
  }

  /** Quantizes the stage's layers for one row, into `own`. */
  async *#quantizeRow(
    block: number,
    own: StageRow,
    layers: readonly StageLayer[],
    scalars: Scalars,
  ): AsyncGenerator<RunEvent> {
    const { row } = own;
    const begin = performance.now();
    yield { type: 'stage', stage: 'hessian', block, detail: row.label };
    const statistics = await this.#collect(row, layers[0].linear.cols);
    try {
      if (faceOf(row.method).needs.hessian) {
        yield { type: 'stage', stage: 'factor', block, detail: row.label };
        const { damping, actOrder } = scalarOptions(row.options);
        // Made here for all siblings; a failure comes again, and is handled, when the method asks for the factor.
        await statistics.factor(damping, actOrder).catch(() => undefined);
      }
      const share = (performance.now() - begin) / layers.length;
      for (const { linear, weight, index, note } of layers) {
        this.host.control.check();
        yield { type: 'layer-started', row: row.row, layer: index };
        yield { type: 'stage', stage: 'columns', block, detail: `${row.label} · ${linear.name}` };
        const start = performance.now();
        const attempt = await quantizeLayer(row, { weight, statistics }, linear.name);
        const milliseconds = share + performance.now() - start;
        const notes = [note, attempt.note].filter(Boolean).join(' ');
        own.q.push(attempt.quantized.q);
        own.attempts.push({ ...attempt, note: notes || null, milliseconds });
        own.probes.push(probeLayer(scalars, weight, attempt.quantized.q, statistics.hessian));
      }
    } finally {
      await statistics.release();
    }
  }

  /** H, and D where the method asks for it, over the calibration chunks; n is the number of windows. */
  async #collect(row: RunRow, cols: number): Promise<InputStatistics> {
    const alpha = 2 / this.run.activations.tokens.calibration.windows;
    const hessian = Tensor.empty(this.#gpu, cols, cols, 'Hessian');
    const drift = faceOf(row.method).needs.drift ? Tensor.empty(this.#gpu, cols, cols, 'drift') : null;
    let beta = 0;
    for (const [c, chunk] of this.#chunks.entries()) {
      if (chunk.heldOut) continue;
      this.#activations.peek(tap(row.row + 1, c), (own) => {
        accumulateGram(hessian, own, alpha, beta);
        if (!drift) return;
        this.#activations.peek(tap(0, c), (full) => {
          const deviation = subtract(full, own);
          matmul('tn', deviation, own, { into: drift, alpha, beta });
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
    { runner }: OpenBlock,
    stage: number,
    layers: readonly StageLayer[],
    rows: readonly StageRow[],
    scalars: Scalars | null,
  ): Promise<void> {
    for (const [c, { geometry, heldOut }] of this.#chunks.entries()) {
      this.host.control.check();
      const fullTap = this.#activations.take(tap(0, c));
      const full = layers.map(({ weight }) => matmul('nt', fullTap, weight));
      const sizes = scalars && full.map((y) => scalars.sumOfSquares(y));
      for (const { row, q, probes } of rows) {
        const ownTap = this.#activations.take(tap(row.row + 1, c));
        const own = q.map((weight) => matmul('nt', ownTap, weight));
        own.forEach((y, i) => {
          if (!scalars || !sizes) return;
          const share = heldOut ? probes[i].heldOutOutput : probes[i].output;
          share.errors.push(scalars.sumOfSquaredDifferences(y, full[i]));
          share.sizes.push(sizes[i]);
        });
        await this.#step(runner, stage, layers, row.row + 1, c, ownTap, own, geometry);
      }
      await this.#step(runner, stage, layers, 0, c, fullTap, full, geometry);
    }
  }

  async #step(
    runner: BlockRunner,
    stage: number,
    layers: readonly StageLayer[],
    stream: number,
    c: number,
    ownTap: Tensor,
    outputs: Tensor[],
    geometry: Chunk['geometry'],
  ): Promise<void> {
    layers.forEach(({ linear }, i) => {
      const bias = runner.bias(linear);
      if (bias) addBias(outputs[i], bias);
    });
    const state = { residual: this.#activations.take(residual(stream, c)), tap: ownTap };
    const next = runner.advance(stage, state, outputs, geometry);
    await this.#activations.put(residual(stream, c), next.residual);
    if (next.tap) await this.#activations.put(tap(stream, c), next.tap);
  }

  /** Turns sums into results and stores them. */
  async #finishStage(
    layers: readonly StageLayer[],
    rows: readonly StageRow[],
    sums: readonly number[],
  ): Promise<StoredLayer[][]> {
    return Promise.all(
      rows.map(({ row, attempts, probes }) =>
        Promise.all(
          layers.map(async ({ linear, index }, i) => {
            const { quantized, status, note, milliseconds } = attempts[i];
            const { weight, hessian, output, heldOutOutput } = probes[i];
            const result: LayerResult = {
              row: row.row,
              layer: index,
              name: linear.name,
              errors: {
                weight: shareOf(weight, sums) ?? ratio(0, 0),
                hessian: hessian && shareOf(hessian, sums),
                output: shareOf(output, sums),
                heldOutOutput: shareOf(heldOutOutput, sums),
              },
              bitsPerWeight: affineBitsPerWeight(layoutOf(quantized.tensor)),
              milliseconds,
              status,
              note,
              damping: quantized.damping,
            };
            const stored = { result, tensor: quantized.tensor };
            await this.host.store.saveLayer(row.row, index, stored);
            return stored;
          }),
        ),
      ),
    );
  }
}

function residual(stream: number, chunk: number): string {
  return `${stream}/${chunk}/residual`;
}

function tap(stream: number, chunk: number): string {
  return `${stream}/${chunk}/tap`;
}
