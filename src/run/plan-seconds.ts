/**
 * How long a run will take, from shapes and from what the adapter does a second (src/tensor/rate.ts): per row and linear layer R × C with
 * T tokens, forward 2RCT, Hessian C²T (drift 2C²T), factor 2C³/3 (P 2C³), column loop RC², errors 4RC² or 4RCT, and 3RCK an
 * iteration for codebooks of K codewords; attention 4TL·width over windows of L, with a causal mask half of it; and *values*, the numbers
 * that norms, activations, additions and sums go through without multiplying matrices. A row that trains takes, a step and a block,
 * three forward passes of its windows, and MIXING operations for each weight; a view that learns on the whole network four, for it is gone
 * through once more on the way back. What steps find out before layers are quantized is counted by how often windows pass for it
 * (findings.ts).
 */
import { faceOf } from '../method/catalogue';
import { codebookOptions, FAMILIES } from '../method/families';
import { weighedByInputs } from '../measure/layer-errors';
import type { Block, Linear, Stage } from '../model/architecture';
import type { Rates } from '../tensor/rate';
import { stageWidths, type StageWidths } from './block-bytes';
import { chunkTokens } from './chunk-tokens';
import { UNLIMITED, type BufferLimits } from './run-sizes';
import { trainingBatch, trainingSteps, trains, type RunRow } from '../recipe/rows';
import { STEP_FACES } from '../step/faces';
import { rankOf } from '../step/rank-options';
import { candidatesOf, allotsOf } from '../recipe/allotted';
import { chunksOf, type WindowSet } from './chunks';
import type { Lessons } from '../step/face';
import { findingsOf, type Fitted, type Probed } from './findings';
import { streamsOf } from './streams';
import type { Subject } from './subject';

/** What a run consists of, as rates are measured. */
export interface Work {
  /** FLOP. */
  product: number;
  factor: number;
  columns: number;
  attention: number;
  /** Numbers. */
  values: number;
  launches: number;
  /** Readbacks. */
  waits: number;
}

/** The range that is told around the estimate. */
const UNCERTAINTY = { low: 0.7, high: 1.6 } as const;
/** Launches of a chunk through a stage in one stream, and of a layer besides its blocks of columns; each pass of k-means. */
const LAUNCHES = { chunk: 16, layer: 30, block: 2, iteration: 6 } as const;
/** Columns of a block of the loop, where a row does not say. */
const BLOCK_COLUMNS = 128;
/** Operations a step of training takes for each weight besides products: its mixture or sign there and back, the optimizer. */
const MIXING = 60;
/** How often a layer's weights are gone through for a row: working copy, grid, rounding, packing, decoding, errors; and once when read. */
const LAYER_PASSES = { row: 12, read: 1 } as const;

export function secondsOf(work: Work, rates: Rates): [number, number] {
  const computed =
    work.product / rates.product +
    work.factor / rates.factor +
    work.columns / rates.columns +
    work.attention / rates.attention +
    work.values / rates.values;
  const seconds = computed + work.launches * rates.launch + work.waits * rates.wait;
  return [seconds * UNCERTAINTY.low, seconds * UNCERTAINTY.high];
}

/** FLOP of all kinds. */
export function flopOf({ product, factor, columns, attention }: Work): number {
  return product + factor + columns + attention;
}

export function estimateWork(subject: Subject, rows: readonly RunRow[], limits: BufferLimits = UNLIMITED): Work {
  const { network, calibration, heldOut, outputWidth, sampledRows } = subject;
  const streams = streamsOf(rows).count;
  const { length } = calibration;
  const calibrationTokens = calibration.windows * length;
  const heldOutTokens = heldOut.windows * heldOut.length;
  const tokens = calibrationTokens + heldOutTokens;
  const passed = streams * (tokens + sampledRows);
  const chunks = chunksOf(subject, chunkTokens(subject, limits.largest)).length;
  const work: Work = { product: 0, factor: 0, columns: 0, attention: 0, values: 0, launches: 0, waits: 1 };
  work.product += streams * heldOutTokens * 2 * network.hidden * outputWidth;
  // Logits are gone through for the loss and, beside those of full precision, for KL; the head is read.
  work.values += (2 * streams * heldOutTokens + network.hidden) * outputWidth;
  const { fitted, taught, probed } = findingsOf(rows);
  for (const one of probed) addProbe(work, subject, one);
  const learned = lessonsOf(taught, calibration);
  work.product += learned.tokens * 3 * 2 * network.hidden * outputWidth;
  work.values += 4 * learned.tokens * outputWidth;
  work.waits += 4 * learned.steps;
  for (const block of network.blocks) {
    const widths = stageWidths(block, network.hidden);
    const all = weightsOf(block.stages);
    const read = weightsRead(block.stages, widths, length);
    const between = block.stages.map((stage, s) => betweenOf(stage, widths[s], length));
    const attention = attentionOf(block, widths, length);
    work.waits += 1 + block.stages.length;
    for (const row of rows.filter(trains)) {
      const inStep = Math.min(trainingBatch(row), calibration.windows) * length;
      const steps = trainingSteps(row);
      work.product += steps * (3 * 2 * inStep * read + MIXING * all);
      work.attention += 3 * steps * inStep * attention;
      work.values += 3 * steps * inStep * sum(between);
      work.launches += 3 * steps * block.stages.length * LAUNCHES.chunk;
      work.waits += steps / 10;
    }
    const shape: BlockShape = { block, weights: all, read, between: sum(between), attention };
    for (const one of fitted) addFit(work, subject, shape, one);
    for (const { step, options } of rows.flatMap(({ steps }) => steps)) {
      const passes = STEP_FACES[step].passes?.(options) ?? 0;
      work.product += passes * calibrationTokens * 2 * read;
      work.attention += passes * calibrationTokens * attention;
      work.values += passes * calibrationTokens * sum(between);
      work.launches += passes * chunks * block.stages.length * LAUNCHES.chunk;
      work.waits += passes;
    }
    work.product += 4 * 2 * learned.tokens * read;
    work.attention += 4 * learned.tokens * attention;
    work.values += 4 * learned.tokens * sum(between);
    work.launches += 4 * learned.steps * block.stages.length * LAUNCHES.chunk;
    work.attention += passed * attention;
    // At the end every stream's output is compared and counted.
    work.values += passed * (sum(between) + 2 * network.hidden);
    for (const [s, stage] of block.stages.entries()) {
      const weights = weightsOf([stage]);
      const share = shareOf(widths[s], length);
      work.product += passed * 2 * weights * share;
      work.values += (LAYER_PASSES.read * streamsOf(rows).views + LAYER_PASSES.row * rows.length) * weights;
      work.launches += streams * chunks * LAUNCHES.chunk;
      for (const row of rows) addRow(work, row, stage.linears, calibrationTokens * share);
    }
  }
  return work;
}

/** Of what learns on the whole network: steps, and tokens that are gone through there and back. */
function lessonsOf(taught: readonly Lessons[], { windows, length }: WindowSet): { steps: number; tokens: number } {
  const all = { steps: 0, tokens: 0 };
  for (const { steps, batch } of taught) {
    const each = Math.min(batch, windows);
    // Each time through the windows, the loss over all of them is looked at: a forward pass of the four.
    const looked = (windows * (1 + (steps * each) / windows)) / 4;
    all.steps += steps;
    all.tokens += (steps * each + looked) * length;
  }
  return all;
}

/** Values of a token that a stage goes through: what is made on the way, and its linears' outputs, which are summed up. */
function betweenOf({ linears }: Stage, widths: StageWidths, length: number): number {
  const { token, heads = [], images = [] } = widths.made;
  const outputs = sum(linears.map(({ rows }) => rows)) * shareOf(widths, length);
  const pixels = sum(images.map(([count, channels]) => count * channels)) / length;
  return sum(token) + sum(heads.map(([count, dim, rows = length]) => (count * dim * rows) / length)) + pixels + outputs;
}

/** Rows that a stage's linears read for each token. */
function shareOf({ rows }: StageWidths, length: number): number {
  return rows === undefined ? 1 : rows / length;
}

/** Weights that a token meets: of convolutions as many times as there are windows for each pixel that comes in. */
function weightsRead(stages: readonly Stage[], widths: readonly StageWidths[], length: number): number {
  return sum(stages.map((stage, s) => weightsOf([stage]) * shareOf(widths[s], length)));
}

/** FLOP of a token's attention among a window of `length`. */
function attentionOf({ plan }: Block, widths: readonly StageWidths[], length: number): number {
  const causal = plan.kind === 'transformer' && plan.attention.causal;
  return sum(
    widths.map(({ attention: of }) => {
      if (!of) return 0;
      const { heads, dim, queries = length, keys = length } = of;
      return (causal ? 2 : 4) * keys * heads * dim * (queries / length);
    }),
  );
}

/** A row's statistics of a stage, and its layers. */
function addRow(work: Work, row: RunRow, linears: readonly Linear[], tokens: number): void {
  const { needs, family } = faceOf(row.method);
  const { cols } = linears[0];
  const weights = weightsOf([{ linears }]);
  for (const { step, options } of row.steps) {
    if (STEP_FACES[step].parts?.includes('factors')) addFactors(work, options, linears);
  }
  for (const linear of linears) work.product += FAMILIES[family].fitFlop(row.options, linear.rows, linear.cols);
  work.product += tokens * cols ** 2 * (needs.drift ? 3 : 1);
  if (needs.hessian) {
    work.factor += (2 / 3) * cols ** 3;
    work.columns += weights * cols * (needs.drift ? 2 : 1);
  }
  if (needs.drift) work.product += 4 * cols ** 3;
  // The two Hessian-weighted errors.
  work.product += 4 * weights * (weighedByInputs(tokens, cols) ? tokens : cols);
  const blocks = needs.hessian ? Math.ceil(cols / BLOCK_COLUMNS) : 0;
  const iterations = family === 'codebook' ? codebookOptions(row.options).emIterations : 0;
  const each = LAUNCHES.layer + blocks * LAUNCHES.block + iterations * LAUNCHES.iteration;
  // One readback a layer; methods with codebooks look at their work on the way.
  work.launches += linears.length * each + (needs.hessian ? cols / 8 : 0);
  work.waits += linears.length * (family === 'codebook' ? 8 + iterations / 8 : 1);
}

/** A block as windows pass through it. */
interface BlockShape {
  readonly block: Block;
  readonly weights: number;
  /** Weights that a token meets. */
  readonly read: number;
  /** Values and FLOP of attention of a token. */
  readonly between: number;
  readonly attention: number;
}

/** So many tokens through a block, `times` as much as forwards: three times there and back. */
function addPass(work: Work, { block, read, between, attention }: BlockShape, tokens: number, times = 1): void {
  work.product += times * 2 * tokens * read;
  work.attention += times * tokens * attention;
  work.values += times * tokens * between;
  work.launches += times * block.stages.length * LAUNCHES.chunk;
}

/** What a step of a view finds out on one block. */
function addFit(work: Work, { calibration }: Subject, shape: BlockShape, fit: Fitted): void {
  const { passes, moments, trials = 0, learns } = fit;
  const tokens = calibration.windows * calibration.length;
  const { stages } = shape.block;
  addPass(work, shape, passes * tokens);
  work.values += LAYER_PASSES.read * shape.weights;
  if (moments === true) work.product += tokens * sum(stages.map(({ linears: [{ cols }] }) => cols ** 2));
  for (const { rows, cols } of stages.flatMap(({ linears }) => linears)) {
    work.product += trials * 2 * rows * cols ** 2;
    work.values += trials * LAYER_PASSES.row * rows * cols;
    work.launches += trials * LAUNCHES.layer;
  }
  if (learns) {
    const batch = Math.min(learns.batch, calibration.windows);
    const steps = learns.epochs * Math.ceil(calibration.windows / batch);
    addPass(work, shape, batch * calibration.length, 3 * steps);
    work.product += steps * MIXING * shape.weights;
    work.waits += steps;
  }
  work.waits += stages.length;
}

/** A table of losses: rounding each layer to every candidate, and what is asked of the network. */
function addProbe(work: Work, { network, calibration }: Subject, { row, by, windows }: Probed): void {
  const tokens = Math.min(windows, calibration.windows) * calibration.length;
  const allots = allotsOf(row);
  const candidates = allots ? candidatesOf(allots).length : 0;
  const shapes = network.blocks.map((block): BlockShape => {
    const widths = stageWidths(block, network.hidden);
    const between = sum(block.stages.map((stage, s) => betweenOf(stage, widths[s], calibration.length)));
    return {
      block,
      weights: weightsOf(block.stages),
      read: weightsRead(block.stages, widths, calibration.length),
      between,
      attention: attentionOf(block, widths, calibration.length),
    };
  });
  for (const [b, shape] of shapes.entries()) {
    const linears = shape.block.stages.flatMap((stage) => stage.linears);
    work.values += candidates * LAYER_PASSES.row * shape.weights;
    work.launches += candidates * linears.length * LAUNCHES.layer;
    work.waits += linears.length;
    if (by === 'weights') continue;
    addPass(work, shape, tokens, by === 'gradients' ? 4 : 1);
    for (const { rows, cols } of linears) {
      // tr(ΔHΔᵀ) with its H; γ ∘ Δx of all tokens, and γᵀx of every window.
      if (by === 'inputs') work.product += candidates * 2 * rows * Math.min(cols ** 2, tokens * cols);
      if (by === 'gradients') work.product += (candidates + 1) * 2 * tokens * rows * cols;
    }
    if (by === 'inputs') work.product += tokens * sum(shape.block.stages.map(({ linears: [{ cols }] }) => cols ** 2));
    // From the layer's block to the end, for every candidate of each layer of it.
    if (by === 'swapped') {
      for (const behind of shapes.slice(b)) addPass(work, behind, tokens, candidates * linears.length);
    }
  }
}

/** Factors of low rank (tensor/low-rank.ts): a round is products with the weight, and with H where it counts, of a basis a little wider. */
function addFactors(work: Work, options: RunRow['options'], linears: readonly Linear[]): void {
  const rounds = Number(options.iterations ?? 1) + (options.refit === true ? 1 : 0);
  for (const { rows, cols } of linears) {
    const width = Math.min(rankOf(options, rows, cols) + 10, rows, cols);
    const metric = options.metric === 'plain' ? 0 : 3 * 2 * cols ** 2 * width;
    work.product += rounds * (6 * 2 * rows * cols * width + metric + 2 * rows * cols ** 2);
    work.values += rounds * LAYER_PASSES.row * rows * cols;
    work.launches += rounds * (LAUNCHES.layer + 3 * (width / 8));
    work.waits += 4 * rounds;
  }
}

function weightsOf(stages: readonly Stage[]): number {
  return sum(stages.flatMap(({ linears }) => linears.map(({ rows, cols }) => rows * cols)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
