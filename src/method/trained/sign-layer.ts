/**
 * A layer whose signs are learnt beside a codebook of magnitudes (SSVQ, arXiv:2503.08668). All but codebook and codes are
 * rows × cols on the GPU: latent weights whose signs count, which of them are still free, and how often they have flipped.
 */
import { kmeans, releaseKMeans } from '../../codebook/kmeans';
import { linear } from '../../codebook/linear';
import { signedWeights } from '../../codebook/signs';
import { subVectors, tilesOf, type Tiles } from '../../codebook/tiles';
import { defineKernel, linearGrid } from '../../gpu/kernel';
import { Parameter } from '../../gradient/tape';
import { Indices } from '../../tensor/indices';
import { Tensor } from '../../tensor/tensor';
import type { MixturePlace } from './mixture-layer';
import { usageEntropy } from './tally';

const flipKernel = (entry: 'observe' | 'settle') =>
  defineKernel({
    shader: 'codebook/sign-flips',
    entry,
    buffers: ['write', 'write', 'write', 'write'],
    params: { count: 'u32', keep: 'f32', rest: 'f32', threshold: 'f32', first_group: 'u32', past_group: 'u32' },
    overrides: ['LANES'],
  });
const OBSERVE = flipKernel('observe');
const SETTLE = flipKernel('settle');

const CLAMP = defineKernel({ shader: 'codebook/clamp', entry: 'main', buffers: ['write'], params: { count: 'u32' } });

export interface SignSettings {
  readonly codewords: number;
  readonly dim: number;
  readonly emIterations: number;
  readonly seed: number;
  /** α. */
  readonly signScale: number;
}

export class SignLayer {
  private constructor(
    readonly tiles: Tiles,
    readonly codebook: Parameter,
    readonly codes: Indices,
    readonly latent: Parameter,
    /** 1 where a sign may still change, else 0. */
    readonly free: Tensor,
    private readonly frequency: Tensor,
    private readonly votes: Indices,
    /** Of the codes, which never change. */
    readonly entropy: number,
    readonly note: string | null,
  ) {}

  static async start(
    weight: Tensor,
    { codewords, dim, emIterations, seed, signScale }: SignSettings,
    { owner, memory, name }: MixturePlace,
  ): Promise<SignLayer> {
    const { gpu, rows, cols } = weight;
    const tiles = tilesOf(rows, cols, dim);
    const values = await weight.read();
    const magnitudes = Tensor.from(gpu, rows, cols, values.map(Math.abs), 'magnitudes');
    let codebook: Tensor;
    let codes: Indices;
    if (memory.resumes) {
      codebook = Tensor.empty(gpu, 1, memory.numbers[`${name}.codewords`] * dim, 'codebook');
      codes = Indices.empty(gpu, rows * tiles.subs, 'assignments');
    } else {
      const points = subVectors(magnitudes, dim);
      const result = await kmeans(points, { codewords, iterations: emIterations, seed, empty: 'reseed' });
      codebook = result.codebooks.clone('codebook');
      codes = Indices.from(gpu, await result.codes.read(), 'assignments');
      if (result.note) memory.notes[name] = result.note;
      releaseKMeans(result);
      memory.numbers[`${name}.codewords`] = codebook.cols / dim;
    }
    magnitudes.release();
    owner.own(codebook);
    owner.own(codes);
    const mean = values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length || 1;
    const latent = owner.own(
      Tensor.from(
        gpu,
        rows,
        cols,
        values.map((value) => (signScale * value) / mean),
        'latent signs',
      ),
    );
    const free = owner.own(Tensor.from(gpu, rows, cols, new Float32Array(rows * cols).fill(1), 'free signs'));
    const frequency = owner.own(Tensor.zeros(gpu, rows, cols, 'flip frequency'));
    const votes = owner.own(Indices.from(gpu, firstVotes(latent, values), 'sign votes'));
    memory.hold(`${name}.codebook`, codebook);
    memory.hold(`${name}.codes`, codes);
    memory.hold(`${name}.latent`, latent);
    memory.hold(`${name}.free`, free);
    memory.hold(`${name}.frequency`, frequency);
    memory.hold(`${name}.votes`, votes);
    const entropy = usageEntropy(await codes.read(), codebook.cols / dim);
    const [words, signs] = [new Parameter(codebook), new Parameter(latent)];
    return new SignLayer(tiles, words, codes, signs, free, frequency, votes, entropy, memory.notes[name] ?? null);
  }

  /** After a step: counts flips and votes. */
  observe(momentum: number): void {
    this.#launch(OBSERVE, momentum, 0);
  }

  /** Freezes signs that flip more often than `limit`. */
  settle(limit: number): void {
    this.#launch(SETTLE, 0, limit);
  }

  clampCodebook(): void {
    const { gpu, buffer, bytes } = this.codebook.value;
    const count = bytes / 16;
    gpu.launch(CLAMP, { buffers: [buffer], params: { count }, grid: linearGrid(count, 64), work: 4 * count });
  }

  /** The weight, rows × cols; the caller's. */
  hard(): Tensor {
    return signedWeights(this.tiles, this.codebook.value, this.codes, this.latent.value);
  }

  #launch(kernel: typeof OBSERVE, keep: number, threshold: number): void {
    const { latent, free, frequency, votes } = this;
    const { gpu, bytes } = latent.value;
    const count = bytes / 4;
    const buffers = [latent.value, free, frequency, votes].map(({ buffer }) => buffer);
    linear(gpu, kernel, buffers, count, 8, { count, keep, rest: 1 - keep, threshold });
  }
}

/** No votes, and the signs as they are, over the padded matrix. */
function firstVotes({ rows, cols, stride, paddedRows }: Tensor, values: Float32Array): Uint32Array<ArrayBuffer> {
  const votes = new Uint32Array(paddedRows * stride);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < cols; c++) votes[r * stride + c] = values[r * cols + c] < 0 ? 1 : 0;
  return votes;
}
