/**
 * The work behind the driver: one run's activation streams, and the stages of a block on them.
 *
 * Streams (streams.ts): the full-precision one of each view, then one a row. X̃ is the input of a layer (its "tap") in the full-precision
 * stream of a row's view, X in the row's own; shapes as in src/method/statistics.ts. A view's online operations act on both, a row's
 * activation quantizer on X: from then on X is what products, Hessians and errors see.
 *
 * A layer is stored as soon as its codes exist, and again with its errors once its stage has been measured. So a pause, a cancel or a
 * closed tab takes nothing back: a stage that was cut off is gone through again with the layers that are stored.
 */
import type { Gpu } from '../gpu/gpu';
import { errorsOf, unavailableNote } from '../measure/layer-errors';
import { joinNotes } from '../method/codebook-notes';
import { loadStagedBlock, uploadLinear, type Block, type Linear, type StagedBlock } from '../model/architecture';
import { inTurn, type Hooks } from '../model/hooks';
import { onlineHooks } from '../model/view/online';
import { touches } from '../model/view/view';
import { trainsBlocks, type RunRow } from '../recipe/rows';
import { addBias } from '../tensor/bias';
import { Scalars } from '../tensor/reduce';
import type { Tensor } from '../tensor/tensor';
import { applyWeight } from '../tensor/weight';
import { appliedLayer, hasBranches, outputOf, releaseApplied, type AppliedLayer } from './applied-layer';
import { continuations } from './continuations';
import { trainBlock } from './block-training';
import { chunkTokens } from './chunk-tokens';
import { chunksOf, type Chunk } from './chunks';
import type { BlockResult, LayerResult, RunEvent } from './events';
import { NonFiniteWeights } from './finite-weights';
import { fitView } from './fit-view';
import { mendBlock, mends } from './mend-block';
import { ACTIVATION_BYTES } from './plan-bytes';
import type { ActivationRun, RunHost } from './prepared-run';
import { RowWork } from './row-work';
import type { StoredLayer } from './run-store';
import { quantizeStageRow, type StageContext, type StageLayer, type StageRow } from './stage-row';
import type { InputStreams } from './stage-statistics';
import { mostPlaces, stageChannels } from './stage-channels';
import { StreamStates } from './stream-states';
import { Streams } from './streams';
import type { Evaluation, EvaluationInput } from './subject';
import { TokenWeights } from './token-weights';
import { rangedLater, type RunView } from './views';

/** A block as one view has it. */
interface OpenBlock {
  readonly view: RunView;
  readonly staged: StagedBlock;
}

export class Session {
  readonly #gpu: Gpu;
  readonly #states: StreamStates;
  readonly #chunks: readonly Chunk[];
  readonly #streams: Streams;
  readonly #work: readonly RowWork[];
  /** Online operations by view. */
  #online: (Hooks | null)[] = [];
  #opened: readonly OpenBlock[] = [];
  /** Of the block in work. */
  readonly #weights = new TokenWeights();

  private constructor(
    private readonly run: ActivationRun,
    private readonly host: RunHost,
  ) {
    this.#gpu = host.gpu;
    this.#states = new StreamStates(host.gpu, host.activationBytes ?? ACTIVATION_BYTES);
    this.#chunks = chunksOf(run.subject, chunkTokens(run.subject, host.gpu.buffers.largest));
    this.#streams = new Streams(run.views.length, run.rows);
    this.#work = run.rows.map((row) => new RowWork(host.gpu, run.views[row.view].current.network, row));
  }

  /** Embeds all chunks; every stream starts from its view's hidden states. */
  static async open(run: ActivationRun, host: RunHost): Promise<Session> {
    // Views are fitted as blocks come: a run that is gone through again begins with those it was prepared with.
    const own = { ...run, views: run.views.map((view) => ({ ...view })) };
    const session = new Session(own, host);
    session.#online = run.views.map(({ current }) => onlineHooks(host.gpu, current.online));
    for (const view of own.views) {
      const subject = await run.subject.open(host.gpu, view.current);
      for (const [c, chunk] of session.#chunks.entries()) {
        await session.#states.embed(session.#streams.inView(view.index), c, await subject.embed(chunk));
      }
      subject.release();
    }
    return session;
  }

  get #inputs(): InputStreams {
    const { calibration } = this.run.subject;
    return {
      ...{ states: this.#states, streams: this.#streams, chunks: this.#chunks, windows: calibration.windows },
      weights: this.#weights,
    };
  }

  /** Loads a block, once a view, and takes every stream to its first stage. */
  async *enter(index: number): AsyncGenerator<RunEvent> {
    const opened: OpenBlock[] = [];
    this.#opened = opened;
    for (const view of this.run.views) {
      const block = view.current.network.blocks[index];
      for (const c of this.#chunks.keys()) {
        for (const stream of this.#streams.inView(view.index)) await this.#states.enter(block, stream, c);
      }
      yield* this.#fit(view, block);
      const reference = { states: this.#states, chunks: this.#chunks, hooks: this.#online[view.index] };
      for (const row of this.#streams.rowsOf(view.index)) {
        const stream = this.#streams.of(row);
        await this.#weights.find(this.host, row, { ...reference, view: view.current, block, stream });
      }
      const staged = await loadStagedBlock(this.#gpu, view.current.source, block);
      opened.push({ view, staged });
      for (const [c, chunk] of this.#chunks.entries()) {
        for (const row of this.#streams.rowsOf(view.index)) {
          if (mends(row)) await this.#states.keepInput(this.#streams.of(row), c);
        }
        for (const stream of this.#streams.inView(view.index)) await this.#states.begin(staged, stream, c, chunk);
        this.host.control.check();
      }
    }
  }

  async *#fit(view: RunView, block: Block): AsyncGenerator<RunEvent> {
    const before = view.current.online;
    yield* fitView(this.host, view, block, { states: this.#states, chunks: this.#chunks });
    if (view.current.online.length === before.length) return;
    this.#online[view.index]?.release?.();
    this.#online[view.index] = onlineHooks(this.#gpu, view.current.online);
  }

  /** The rows whose method trains the block as a whole: their layers are stored when its stages come. */
  async *train(): AsyncGenerator<RunEvent> {
    for (const { view, staged } of this.#opened) {
      const rows = this.#streams.rowsOf(view.index).filter(trainsBlocks);
      if (rows.length === 0) continue;
      for (const row of rows.filter((one) => !rangedLater(one))) await this.#quantizersOf(row, staged.block);
      yield* trainBlock({
        run: this.run,
        host: this.host,
        states: this.#states,
        streams: this.#streams,
        chunks: this.#chunks,
        block: staged,
        view,
        online: this.#online[view.index],
        hooksOf: (row) => this.#hooksOf(row),
        rows,
      });
    }
  }

  /** One stage: restore or quantize its layers, send all streams through, measure, store, tell. */
  async *stage(b: number, stage: number): AsyncGenerator<RunEvent> {
    yield { type: 'stage', stage: 'load', block: b, detail: '' };
    const views: (readonly StageLayer[])[] = [];
    const scalars = new Scalars(this.#gpu);
    const rows: StageRow[] = [];
    const context: StageContext = {
      ...{ run: this.run, host: this.host, inputs: this.#inputs },
      keepsTaps: (row) => this.#keepsTaps(row, stage),
    };
    try {
      for (const open of this.#opened) views.push(await this.#loadStage(open, stage, views[0] ?? null));
      const [layers] = views;
      await this.#hookTaps(stage);
      yield* this.#channels(b, stage);
      const stored = await this.#stored(layers);
      const restored = stored.every((row) => row.every((layer) => layer !== null && layer.measured !== false));
      for (const [r, row] of this.run.rows.entries()) {
        const own: StageRow = { row, q: [], probes: [], layers: [] };
        rows.push(own);
        if (restored) this.#restore(own, views[row.view], stored[r]);
        else yield* quantizeStageRow(context, b, own, views[row.view], stored[r], scalars);
      }
      yield { type: 'stage', stage: 'forward', block: b, detail: layers.map(({ linear }) => linear.name).join(', ') };
      await this.#advance(stage, views, rows, restored ? null : scalars);
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
      const kept = new Set(views.flatMap((layers) => layers.map(({ weight }) => weight)));
      for (const { q } of rows) for (const layer of q) releaseApplied(layer, kept);
      for (const weight of kept) weight.release();
    }
  }

  /** The rows with a step that mends the block as a whole, now that all of its layers are there. */
  async *mend(): AsyncGenerator<RunEvent> {
    for (const { view, staged } of this.#opened) {
      for (const row of this.#streams.rowsOf(view.index).filter(mends)) {
        yield* mendBlock({
          ...{ run: this.run, host: this.host, states: this.#states, streams: this.#streams, chunks: this.#chunks },
          ...{ view, block: staged.block, row, hooks: this.#hooksOf(row) },
        });
      }
    }
  }

  /**
   * Closes the block and compares every row's output with the full-precision one of its view. `damaged` counts full-precision values that
   * are not finite: then the file itself is bad, and every later figure with it.
   */
  async leave(): Promise<{ results: readonly BlockResult[]; damaged: number }> {
    const { block } = this.#opened[0].staged;
    const { index } = block;
    this.#weights.clear();
    for (const { staged } of this.#opened) staged.release();
    this.#opened = [];
    const scalars = new Scalars(this.#gpu);
    const places = this.run.rows.map(() => ({ calibration: [] as number[], heldOut: [] as number[] }));
    const damaged: number[] = [];
    const values = { calibration: 0, heldOut: 0 };
    for (const [c, chunk] of this.#chunks.entries()) {
      for (const view of this.run.views) {
        this.#states.peekResidual(view.index, c, (full) => {
          if (view.index === 0) values[chunk.heldOut ? 'heldOut' : 'calibration'] += full.rows * full.cols;
          damaged.push(scalars.nonFiniteCount(full));
          for (const row of this.#streams.rowsOf(view.index)) {
            this.#states.peekResidual(this.#streams.of(row), c, (own) => {
              const place = scalars.sumOfSquaredDifferences(own, full);
              (chunk.heldOut ? places[row.row].heldOut : places[row.row].calibration).push(place);
            });
          }
        });
      }
    }
    for (const c of this.#chunks.keys()) {
      for (let stream = 0; stream < this.#streams.count; stream++) await this.#states.leave(block, stream, c);
    }
    const sums = await scalars.read();
    const total = (of: readonly number[]) => of.reduce((sum, place) => sum + sums[place], 0);
    const mean = (of: readonly number[], count: number) => total(of) / count;
    const results = places.map(({ calibration, heldOut }, row) => ({
      row,
      block: index,
      mse: mean(calibration, values.calibration),
      heldOutMse: mean(heldOut, values.heldOut),
    }));
    return { results, damaged: total(damaged) };
  }

  /** End-to-end figures of all rows on the held-out windows; uses the streams up. */
  async evaluate(layers: readonly LayerResult[]): Promise<Evaluation> {
    const { run, host } = this;
    const input: EvaluationInput = {
      gpu: this.#gpu,
      views: run.views.map(({ current }) => current),
      labels: run.views.map(({ label }) => label),
      rows: run.rows,
      streams: this.#streams,
      chunks: this.#chunks,
      layers,
      hidden: (stream, c) => this.#states.takeResidual(stream, c),
      peekHidden: (stream, c, body) => this.#states.peekResidual(stream, c, body),
      bindings: async (row, linears) => {
        const own = new Map<string, AppliedLayer>();
        for (const linear of linears) {
          const stored = await host.store.loadLayer(row.row, linear.index);
          if (!stored) throw new Error(`bug: ${linear.name} of row ${row.row} is not stored`);
          if (stored.tensor) own.set(linear.name, appliedLayer(this.#gpu, row, stored, null));
          else if (stored.vectors) throw new Error(`bug: ${linear.name} of row ${row.row} is kept and has a bias`);
        }
        return {
          weights: ({ name }) => own.get(name)?.main ?? null,
          beside: ({ name }) => own.get(name)?.branch ?? null,
          bias: ({ name }) => own.get(name)?.bias ?? null,
          hooks: this.#hooksOf(row),
          release: () => {
            for (const layer of own.values()) releaseApplied(layer);
          },
        };
      },
      online: (view) => this.#online[view],
      head: host.head,
      check: () => host.control.check(),
    };
    const evaluation = await run.subject.evaluate(input);
    const { continuation } = run.recipe;
    const continued = continuation && (await continuations(input, run.checkpoint, continuation));
    const { length } = run.subject.heldOut;
    return {
      ...evaluation,
      ...(continued ? { continuations: continued } : {}),
      rows: evaluation.rows.map((row) => ({ ...row, ...this.#work[row.row].bits(length) })),
    };
  }

  release(): void {
    this.#states.release();
    for (const { staged } of this.#opened) staged.release();
    for (const hooks of this.#online) hooks?.release?.();
    for (const work of this.#work) work.release();
    this.#weights.clear();
  }

  /** All of a row's hooks that are known: its view's, then its own. */
  #hooksOf({ row, view }: RunRow): Hooks | null {
    return inTurn(this.#online[view], this.#work[row].hooks());
  }

  /** `plain`: the checkpoint's own layers, of which a view takes those that it does not change. */
  async #loadStage(
    { staged: { block }, view }: OpenBlock,
    stage: number,
    plain: readonly StageLayer[] | null,
  ): Promise<StageLayer[]> {
    const { source } = view.current;
    return Promise.all(
      block.stages[stage].linears.map(async (linear, i) => {
        if (plain && !touches(view.current, [linear.weight])) return { ...plain[i], linear };
        const nonFinite = new NonFiniteWeights(linear.weight);
        const weight = await uploadLinear(this.#gpu, source, linear, { inspect: nonFinite.zero });
        return { linear, index: linear.index, weight, note: nonFinite.note };
      }),
    );
  }

  /** Tells what the stage's layers read, where there are views to compare; rows without transforms pay nothing for it. */
  async *#channels(block: number, stage: number): AsyncGenerator<RunEvent> {
    if (this.#opened.length < 2) return;
    const layers = this.#opened[0].staged.block.stages[stage].linears.map(({ index }) => index);
    const views = this.#opened.map(({ view }) => ({ view, rows: this.#streams.rowsOf(view.index) }));
    const channels = await stageChannels(
      { states: this.#states, chunks: this.#chunks, places: mostPlaces(this.run) },
      views,
    );
    yield { type: 'channels', channels: { block, stage, layers, ...channels } };
  }

  /** Puts every stream's input of a stage into the form in which its linears get it. */
  async #hookTaps(stage: number): Promise<void> {
    for (const { view, staged } of this.#opened) {
      const { block } = staged;
      const at = { place: 'tap', block: block.index, stage, heads: 1 } as const;
      const online = this.#online[view.index];
      if (online) {
        for (const stream of this.#streams.inView(view.index)) {
          for (const [c, { geometry }] of this.#chunks.entries()) {
            await this.#states.changeTap(stream, c, (tape, x) => online.on(tape, at, x, geometry));
          }
        }
      }
      for (const row of this.#streams.rowsOf(view.index)) await this.#quantizeTaps(row, view, staged, stage);
    }
  }

  /** A row's inputs through its activation quantizer, whose static ranges are found on them. */
  async #quantizeTaps(row: RunRow, view: RunView, { block }: StagedBlock, stage: number): Promise<void> {
    const stream = this.#streams.of(row);
    const { linears } = block.stages[stage];
    const each = (see: (x: Tensor, g: Chunk['geometry']) => void) => {
      for (const [c, chunk] of this.#chunks.entries()) {
        if (!chunk.heldOut) this.#states.peekTap(stream, c, (x) => see(x, chunk.geometry));
      }
    };
    const quantizer = await this.#work[row.row].quantizer(
      {
        ...{ gpu: this.#gpu, block, stage, linears, cols: linears[0].cols, each },
        weight: (linear) => uploadLinear(this.#gpu, view.current.source, linear),
      },
      this.host.store,
    );
    if (!quantizer) return;
    for (const [c, { geometry }] of this.#chunks.entries()) {
      if (hasBranches(row)) await this.#states.keepTap(stream, c);
      await this.#states.changeTap(stream, c, (tape, x) => quantizer.on(tape, x, geometry));
    }
  }

  /** A block that is trained as a whole is run before its stages come: its quantizers have ranges of the values themselves. */
  async #quantizersOf(row: RunRow, block: Block): Promise<void> {
    for (const [stage, { linears }] of block.stages.entries()) {
      const each = () => {
        throw new Error('bug: static ranges of a block in training');
      };
      const { source } = this.run.views[row.view].current;
      const weight = (linear: Linear) => uploadLinear(this.#gpu, source, linear);
      const seen = { gpu: this.#gpu, block, stage, linears, cols: linears[0].cols, each, weight };
      await this.#work[row.row].quantizer(seen, this.host.store);
    }
  }

  /** Whether a row's inputs of a stage are kept as they were before its quantizer, for branches. */
  #keepsTaps(row: RunRow, stage: number): boolean {
    const { block } = this.#opened[row.view].staged;
    return hasBranches(row) && this.#work[row.row].quantizes(block, stage);
  }

  /** What is stored of the stage, by row and layer. */
  #stored(layers: readonly StageLayer[]): Promise<(StoredLayer | null)[][]> {
    const { store } = this.host;
    return Promise.all(
      this.run.rows.map(({ row }) => Promise.all(layers.map(({ index }) => store.loadLayer(row, index)))),
    );
  }

  #restore(own: StageRow, layers: readonly StageLayer[], stored: readonly (StoredLayer | null)[]): void {
    for (const [i, layer] of stored.entries()) {
      if (!layer) throw new Error('bug: a layer that is not stored was restored');
      own.layers.push(layer);
      own.q.push(appliedLayer(this.#gpu, own.row, layer, layers[i].weight));
    }
  }

  /** Sends every chunk of every stream through the stage; asks `scalars` for the output errors unless restored. */
  async #advance(
    stage: number,
    views: readonly (readonly StageLayer[])[],
    rows: readonly StageRow[],
    scalars: Scalars | null,
  ): Promise<void> {
    for (const [c, chunk] of this.#chunks.entries()) {
      for (const open of this.#opened) {
        this.host.control.check();
        const { index } = open.view;
        const fullTap = this.#states.takeTap(index, c);
        const full = views[index].map(({ weight }) => applyWeight(fullTap, weight));
        const sizes = scalars && full.map((y) => scalars.sumOfSquares(y));
        for (const { row, q, probes } of rows) {
          if (row.view !== index) continue;
          const stream = this.#streams.of(row);
          const ownTap = this.#states.takeTap(stream, c);
          const before = this.#keepsTaps(row, stage) ? this.#states.takeKeptTap(stream, c) : null;
          const own = q.map((layer) => outputOf(layer, ownTap, before ?? ownTap));
          before?.release();
          own.forEach((y, i) => {
            if (!scalars || !sizes) return;
            const share = chunk.heldOut ? probes[i].heldOutOutput : probes[i].output;
            share.errors.push(scalars.sumOfSquaredDifferences(y, full[i]));
            share.sizes.push(sizes[i]);
          });
          const hooks = inTurn(this.#online[index], this.#work[row.row].attention);
          await this.#step(open, stage, stream, c, ownTap, own, hooks);
        }
        await this.#step(open, stage, index, c, fullTap, full, this.#online[index]);
      }
    }
  }

  async #step(
    { staged }: OpenBlock,
    stage: number,
    stream: number,
    c: number,
    ownTap: Tensor,
    outputs: readonly Tensor[],
    hooks: Hooks | null,
  ): Promise<void> {
    staged.block.stages[stage].linears.forEach((linear, i) => {
      const bias = staged.bias(linear);
      if (bias) addBias(outputs[i], bias);
    });
    await this.#states.advance(staged, stage, stream, c, this.#chunks[c], ownTap, outputs, hooks);
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
          own.map(async ({ measured: _, ...layer }, i) => {
            const { result } = layer;
            const errors = errorsOf(probes[i], sums);
            const note = joinNotes(result.note, unavailableNote(errors, probes[i]));
            const stored = { ...layer, result: { ...result, errors, note } };
            await this.host.store.saveLayer(row.row, layers[i].index, stored);
            return stored;
          }),
        ),
      ),
    );
  }
}
