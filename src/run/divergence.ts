/** How far a network's outputs are from full precision's, by what it is for (subject.ts, Divergence). */
import { loadHead, type Head, type HeadOptions, type Model } from '../model/architecture';
import { streamedLosses } from '../model/streamed-losses';
import type { NetworkView } from '../model/view/view';
import { ClassHead, DiffusionEnd } from '../model/vision/image-ends';
import type { Classifier, DiffusionTransformer } from '../model/vision/image-model';
import type { Gpu } from '../gpu/gpu';
import { sliceRows } from '../tensor/embedding';
import { klDivergence, NO_TARGET } from '../tensor/loss';
import type { Tensor } from '../tensor/tensor';
import { logitsOf, summedKl } from './class-logits';
import type { Chunk } from './chunks';
import type { Divergence } from './subject';

/** KL of every token. */
export async function textDivergence(gpu: Gpu, view: NetworkView, options?: HeadOptions): Promise<Divergence> {
  const head = await loadHead(gpu, view.source, view.network as Model, options);
  return {
    of: (_, full, own) => (head.whole ? wholeKl(head, full, own) : tiledKl(gpu, head, full, own)),
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
    count: ({ geometry }) => geometry.windows,
    release: () => head.release(),
  };
}

/** Squared differences of the predicted noise. `context`: what a chunk's images are steered by, the caller's to make and ours to release. */
export async function noiseDivergence(
  gpu: Gpu,
  { source, network }: NetworkView,
  context: (end: DiffusionEnd, chunk: Chunk) => Tensor,
  length: number,
): Promise<Divergence> {
  const end = await DiffusionEnd.load(gpu, source, network as DiffusionTransformer);
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
        steer.release();
      }
    },
    count: ({ geometry }) => geometry.windows * length,
    release: () => end.release(),
  };
}
