/** How far a network's outputs are from full precision's, by what it is for (subject.ts, Divergence). */
import { StudioError } from '../base/errors';
import type { Random } from '../base/random';
import { crossEntropy } from '../gradient/loss';
import { Parameter, Tape, type Variable } from '../gradient/tape';
import { loadHead, type Head, type HeadOptions, type Model } from '../model/architecture';
import { releaseContext, type Context } from '../model/context';
import { streamedLosses } from '../model/streamed-losses';
import type { NetworkView } from '../model/view/view';
import { DiffusionEnd } from '../model/vision/diffusion-end';
import { ClassHead } from '../model/vision/image-ends';
import type { Classifier, DiffusionNetwork } from '../model/vision/image-model';
import type { Gpu } from '../gpu/gpu';
import { sliceRows } from '../tensor/embedding';
import { Indices } from '../tensor/indices';
import { klDivergence, NO_TARGET } from '../tensor/loss';
import { Tensor } from '../tensor/tensor';
import { logitsOf, summedKl } from './class-logits';
import type { Chunk } from './chunks';
import type { Divergence } from './subject';

/** KL of every token. */
export async function textDivergence(gpu: Gpu, view: NetworkView, options?: HeadOptions): Promise<Divergence> {
  const head = await loadHead(gpu, view.source, view.network as Model, options);
  return {
    of: (_, full, own) => (head.whole ? wholeKl(head, full, own) : tiledKl(gpu, head, full, own)),
    seed: (_, full, random) => textSeed(gpu, head, full, random),
    curvature: 0.5,
    count: ({ geometry: { windows, length } }) => windows * length,
    release: () => head.release(),
  };
}

/** Of logits that come in one piece, some rows of all at a time. */
async function wholeKl(head: Head, full: Tensor, own: readonly Tensor[]): Promise<number[]> {
  const sums = own.map(() => 0);
  const atOnce = head.rowsAtOnce();
  for (let first = 0; first < full.rows; first += atOnce) {
    const count = Math.min(atOnce, full.rows - first);
    const logits = (hidden: Tensor) => {
      const rows = sliceRows(hidden, first, count);
      const made = head.logits(rows);
      rows.release();
      return made;
    };
    const exact = logits(full);
    const found = own.map((hidden) => {
      const moved = logits(hidden);
      const kl = klDivergence(exact, moved);
      moved.release();
      return kl;
    });
    exact.release();
    const read = await full.gpu.read(...found.map(({ buffer, bytes }) => ({ buffer, bytes })));
    found.forEach((kl, i) => {
      for (const value of kl.unpad(new Float32Array(read[i]))) sums[i] += value;
      kl.release();
    });
  }
  return sums;
}

/** Of a head that is read in tiles of the vocabulary, each once for all. */
async function tiledKl(gpu: Gpu, head: Head, full: Tensor, own: readonly Tensor[]): Promise<number[]> {
  const streams = [full, ...own].map((hidden) => ({
    head,
    hidden: (_: number, body: (hidden: Tensor) => void) => body(hidden),
  }));
  const losses = await streamedLosses(gpu, streams, [new Uint32Array(full.rows).fill(NO_TARGET)]);
  return losses.slice(1).map(([{ kl }]) => (kl ?? []).reduce((sum, value) => sum + value, 0));
}

async function textSeed(gpu: Gpu, head: Head, full: Tensor, random: Random): Promise<Tensor> {
  if (!head.whole) {
    throw new StudioError(
      'QS-RECIPE-01',
      `The output head of ${head.vocabulary} tokens is too large to go back through: choose the measure hessian or kl.`,
    );
  }
  const { rows, cols } = full;
  const all = new Float32Array(rows * cols);
  const atOnce = head.rowsAtOnce();
  for (let first = 0; first < rows; first += atOnce) {
    const part = sliceRows(full, first, Math.min(atOnce, rows - first));
    all.set(await drawnGradient(gpu, part, (tape, x) => head.on(tape, x), random), first * cols);
    part.release();
  }
  return Tensor.from(gpu, rows, cols, all, 'seed');
}

/** Gradient at x of Σ −log p, each row's label drawn from its own p. */
async function drawnGradient(
  gpu: Gpu,
  value: Tensor,
  logitsOn: (tape: Tape, x: Variable) => Variable,
  random: Random,
): Promise<Float32Array> {
  const tape = new Tape(gpu);
  const x = new Parameter(value);
  let targets: Indices | null = null;
  try {
    const logits = logitsOn(tape, x);
    const { rows, cols } = logits.value;
    const values = await logits.value.read();
    const drawn = Uint32Array.from({ length: rows }, (_, r) => draw(values.subarray(r * cols, (r + 1) * cols), random));
    targets = Indices.from(gpu, drawn, 'drawn labels');
    const loss = crossEntropy(tape, logits, targets);
    // A sum, not a mean.
    tape.backward(loss, tape.keep(Tensor.from(gpu, 1, 1, [rows], 'rows')));
    return await (x.grad as Tensor).read();
  } finally {
    x.clearGrad();
    targets?.release();
    tape.release();
  }
}

/** A place by the softmax of logits. */
function draw(logits: Float32Array, random: Random): number {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = logits.reduce((sum, value) => sum + Math.exp(value - largest), 0);
  let left = random.uniform() * total;
  for (const [i, value] of logits.entries()) {
    left -= Math.exp(value - largest);
    if (left < 0) return i;
  }
  return logits.length - 1;
}

/** KL of every image's classes. */
export async function classDivergence(gpu: Gpu, { source, network }: NetworkView): Promise<Divergence> {
  const { classes } = network as Classifier;
  const head = await ClassHead.load(gpu, source, network as Classifier);
  return {
    async of(_, full, own) {
      const exact = await logitsOf(head, full);
      const sums: number[] = [];
      for (const hidden of own) sums.push(summedKl(exact, await logitsOf(head, hidden), classes));
      return sums;
    },
    async seed(_, full, random) {
      const summaries = head.summaries(full);
      const gradient = await drawnGradient(gpu, summaries, (tape, x) => head.on(tape, x), random);
      summaries.release();
      return Tensor.from(gpu, full.rows, full.cols, head.spread(gradient, full), 'seed');
    },
    curvature: 0.5,
    count: ({ geometry }) => geometry.windows,
    release: () => head.release(),
  };
}

/** Squared differences of the predicted noise. `context`: what a chunk's images are steered by, the caller's to make and ours to release. */
export async function noiseDivergence(
  gpu: Gpu,
  { source, network }: NetworkView,
  context: (end: DiffusionEnd, chunk: Chunk) => Context,
  length: number,
): Promise<Divergence> {
  const end = await DiffusionEnd.load(gpu, source, network as DiffusionNetwork);
  return {
    async of(chunk, full, own) {
      const steer = context(end, chunk);
      try {
        const exact = (await end.predict(full, steer)).noise;
        const sums: number[] = [];
        for (const hidden of own) {
          const { noise } = await end.predict(hidden, steer);
          sums.push(noise.reduce((sum, value, i) => sum + (value - exact[i]) ** 2, 0));
        }
        return sums;
      } finally {
        releaseContext(steer);
      }
    },
    async seed(chunk, full, random) {
      const steer = context(end, chunk);
      const tape = new Tape(gpu);
      const x = new Parameter(full);
      try {
        const patches = end.on(tape, x, steer);
        const drawn = new Float32Array(patches.value.rows * patches.value.cols);
        for (const place of end.noisePlaces(chunk.geometry.windows)) drawn[place] = random.normal();
        const { rows, cols } = patches.value;
        const noise = tape.keep(Tensor.from(gpu, rows, cols, drawn, 'drawn'));
        tape.backward(patches, noise);
        return await Promise.resolve((x.grad as Tensor).clone('seed'));
      } finally {
        x.clearGrad();
        tape.release();
        releaseContext(steer);
      }
    },
    curvature: 1,
    count: ({ geometry }) => geometry.windows * length,
    release: () => end.release(),
  };
}
