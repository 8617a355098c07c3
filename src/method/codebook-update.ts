/**
 * All codebooks of a layer refined together on the layer's objective tr((W0 − Q) H (W0 − Q)ᵀ), codes fixed (GPTVQ, arXiv:2402.15319,
 * appendix A, equation 7). With S the scales and Z the codes, Q = S ∘ Z(C) is linear in the codebooks C and the gradient is −2 Zᵀ(S ∘ (W0 − Q) H):
 *
 *   released  25 steps of Adam; begun again at a tenth of the rate when the objective rises above where it was;
 *   exact     least squares: conjugate gradients on Zᵀ(S ∘ (Z(C) ∘ S) H) = Zᵀ(S ∘ W0 H), scaled by its diagonal. Codebooks are small,
 *             so their vectors live on the host in float64; the products with H run on the GPU.
 */
import { decode } from '../codebook/decode';
import { bookOf, subVectors, type Tiles } from '../codebook/tiles';
import { sumByCode } from '../codebook/update';
import type { Weights } from '../codebook/assign';
import { subtract } from '../tensor/elementwise';
import type { Indices } from '../tensor/indices';
import { matmul } from '../tensor/matmul';
import { Scalars } from '../tensor/reduce';
import { Tensor } from '../tensor/tensor';

export interface CodebookProblem {
  readonly tiles: Tiles;
  /** W0, rows × cols. */
  readonly weight: Tensor;
  /** cols × cols, undamped. */
  readonly hessian: Tensor;
  readonly codes: Indices;
  readonly codewords: number;
  /** rows × ⌈cols / block⌉. */
  readonly scales: { readonly values: Tensor; readonly block: number } | null;
}

/** The update of the released code. `codebooks`: books × (codewords · dim), not changed. */
export async function adamCodebooks(problem: CodebookProblem, codebooks: Float32Array): Promise<Float32Array> {
  const layer = new LayerObjective(problem);
  try {
    const first = await layer.loss(codebooks);
    for (let rate = 1e-3; rate > 1e-12; rate *= 0.1) {
      const found = await adam(layer, codebooks, first, rate);
      if (found) return found;
    }
    return codebooks;
  } finally {
    layer.release();
  }
}

const ADAM_STEPS = 25;

/** 25 steps, or null when one of them finds the objective above `first`. */
async function adam(
  layer: LayerObjective,
  start: Float32Array,
  first: number,
  rate: number,
): Promise<Float32Array | null> {
  const codebooks = Float32Array.from(start);
  const mean = new Float64Array(start.length);
  const square = new Float64Array(start.length);
  for (let step = 1; step <= ADAM_STEPS; step++) {
    const { loss, gradient } = await layer.gradient(codebooks);
    if (!(loss <= first)) return null;
    gradient.forEach((g, i) => {
      mean[i] = 0.9 * mean[i] + 0.1 * g;
      square[i] = 0.999 * square[i] + 0.001 * g * g;
      const corrected = Math.sqrt(square[i] / (1 - 0.999 ** step)) + 1e-8;
      codebooks[i] -= (rate * mean[i]) / (1 - 0.9 ** step) / corrected;
    });
  }
  return codebooks;
}

/** Conjugate gradients stop here; with the diagonal's scaling they are done after about ten. */
const CG_STEPS = 30;
/** Of the first residual's square. */
const CG_TOLERANCE = 1e-8;

/** The least-squares update. `codebooks`: books × (codewords · dim), not changed. */
export async function fitCodebooks(problem: CodebookProblem, codebooks: Float32Array): Promise<Float32Array> {
  const layer = new LayerObjective(problem);
  try {
    const diagonal = await layer.diagonal();
    const x = Float64Array.from(codebooks);
    const residual = Float64Array.from((await layer.gradient(codebooks)).gradient, (g) => -0.5 * g);
    let scaled = residual.map((r, i) => r / diagonal[i]);
    let size = dot(residual, scaled);
    const enough = CG_TOLERANCE * size;
    let direction = scaled.slice();
    for (let step = 0; step < CG_STEPS && size > enough; step++) {
      const product = await layer.product(direction);
      const curvature = dot(direction, product);
      if (!(curvature > 0)) break;
      const length = size / curvature;
      for (let i = 0; i < x.length; i++) {
        x[i] += length * direction[i];
        residual[i] -= length * product[i];
      }
      scaled = residual.map((r, i) => r / diagonal[i]);
      const next = dot(residual, scaled);
      direction = scaled.map((s, i) => s + (next / size) * direction[i]);
      size = next;
    }
    return Float32Array.from(x);
  } finally {
    layer.release();
  }
}

/** tr((W0 − Q) H (W0 − Q)ᵀ) of codebooks as they will be used. */
export async function codebookLoss(problem: CodebookProblem, codebooks: Float32Array): Promise<number> {
  const layer = new LayerObjective(problem);
  try {
    return await layer.loss(codebooks);
  } finally {
    layer.release();
  }
}

/** The objective as a function of the codebooks, with what does not change between calls. */
class LayerObjective {
  /** S as rows × cols, where there are scales. */
  readonly #spread: Weights | null;

  constructor(private readonly problem: CodebookProblem) {
    this.#spread = problem.scales && { kind: 'weights', weights: this.#decode(new Float32Array(this.#size).fill(1)) };
  }

  get #size(): number {
    return this.problem.tiles.books * this.problem.codewords * this.problem.tiles.dim;
  }

  async loss(codebooks: Float32Array): Promise<number> {
    return (await this.#evaluate(codebooks, false)).loss;
  }

  /** With dL/dC. */
  async gradient(codebooks: Float32Array): Promise<{ loss: number; gradient: Float32Array }> {
    return this.#evaluate(codebooks, true);
  }

  async #evaluate(codebooks: Float32Array, wanted: boolean): Promise<{ loss: number; gradient: Float32Array }> {
    const { weight, hessian } = this.problem;
    const q = this.#decode(codebooks);
    const delta = subtract(q, weight);
    const product = matmul('nn', delta, hessian, { label: '(Q − W) H' });
    const scalars = new Scalars(weight.gpu);
    scalars.innerProduct(product, delta);
    const sums = wanted ? this.#sum(product) : null;
    const [[loss], read] = await Promise.all([scalars.read(), sums?.read()]);
    for (const used of [q, delta, product, sums]) used?.release();
    return { loss, gradient: (read ?? new Float32Array()).map((g) => 2 * g) };
  }

  /** Zᵀ(S ∘ (Z(c) ∘ S) H). */
  async product(codebooks: Float64Array): Promise<Float32Array> {
    // Directions differ in size by orders of magnitude from step to step: f32 sees them near 1.
    const largest = codebooks.reduce((max, value) => Math.max(max, Math.abs(value)), 0) || 1;
    const q = this.#decode(Float32Array.from(codebooks, (value) => value / largest));
    const product = matmul('nn', q, this.problem.hessian);
    const sums = this.#sum(product);
    const read = await sums.read();
    for (const used of [q, product, sums]) used.release();
    return read.map((value) => value * largest);
  }

  /** The diagonal of that: Σ s² H_jj over each codeword's uses; 1 where it has none. */
  async diagonal(): Promise<Float64Array> {
    const { tiles, codes, codewords, hessian, scales } = this.problem;
    const { rows, cols, dim, subs } = tiles;
    const [used, own, factors] = await Promise.all([
      codes.read(),
      hessian.read().then((h) => Float64Array.from({ length: cols }, (_, j) => h[j * (cols + 1)])),
      scales?.values.read(),
    ]);
    const blocks = scales?.values.cols ?? 0;
    const sums = new Float64Array(this.#size);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < cols; c++) {
        const sub = Math.floor(c / dim);
        const word = bookOf(tiles, r, sub) * codewords + used[r * subs + sub];
        const s = scales && factors ? factors[r * blocks + Math.floor(c / scales.block)] : 1;
        sums[word * dim + (c % dim)] += s * s * own[c];
      }
    }
    return sums.map((sum) => (sum > 0 ? sum : 1));
  }

  release(): void {
    this.#spread?.weights.release();
  }

  #decode(codebooks: Float32Array): Tensor {
    const { tiles, weight, codes, codewords, scales } = this.problem;
    const held = Tensor.from(weight.gpu, tiles.books, codewords * tiles.dim, codebooks, 'codebooks');
    const q = decode(tiles, held, codes, { scales });
    held.release();
    return q;
  }

  /** Zᵀ(S ∘ m). */
  #sum(m: Tensor): Tensor {
    const { tiles, codes, codewords } = this.problem;
    const { dim, bookRows, bookSubs } = tiles;
    const points = subVectors(m, dim, { bookRows, bookCols: bookSubs * dim });
    return sumByCode(points, codes, codewords, this.#spread);
  }
}

function dot(a: Float64Array, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
