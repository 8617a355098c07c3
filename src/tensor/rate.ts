/** How fast this adapter is at what runs spend their time in: what work budgets and time estimates are derived from. */
import { Random } from '../base/random';
import type { Gpu } from '../gpu/gpu';
import { emptyGrid, groupsOf } from './affine-grid';
import { attend } from './attend';
import { propagate, quantizeColumns, type ColumnLoop } from './compensation';
import { subtract } from './elementwise';
import { launchFactor } from './factor';
import { splitHeads } from './heads';
import { allRows } from './panels';
import { Indices } from './indices';
import { matmul } from './matmul';
import { Scalars } from './reduce';
import { Tensor } from './tensor';

/**
 * FLOP per second of a square product, the best of three; also sets the device's work budget. Grows the product until it takes 5 ms,
 * so that a fast adapter is not judged by its launch overhead.
 */
export async function measureRate(gpu: Gpu): Promise<number> {
  const random = new Random(1);
  for (let n = 256; ; n *= 2) {
    const a = Tensor.from(gpu, n, n, random.normals(n * n));
    const b = Tensor.from(gpu, n, n, random.normals(n * n));
    matmul('nt', a, b).release(); // the first launch compiles
    let milliseconds = Infinity;
    for (let trial = 0; trial < 3; trial++) {
      const { value, span } = await gpu.timed(() => matmul('nt', a, b));
      value.release();
      milliseconds = Math.min(milliseconds, span.wallMs);
    }
    a.release();
    b.release();
    const rate = (2 * n ** 3) / (milliseconds / 1000);
    if (milliseconds >= 5 || n >= 2048) {
      gpu.setRate(rate);
      return rate;
    }
  }
}

/** What an adapter does a second of each kind of work that a run consists of. */
export interface Rates {
  /** FLOP of products, statistics among them. */
  readonly product: number;
  /** FLOP of a factorization, 2C³/3 of C columns. */
  readonly factor: number;
  /** FLOP of the column loop, RC² of a layer. */
  readonly columns: number;
  /** FLOP of attention, 2TL·width of T tokens in windows of L with a causal mask. */
  readonly attention: number;
  /** Numbers that something is done with besides products: layouts, differences, sums. */
  readonly values: number;
  /** Seconds of a launch that does next to nothing. */
  readonly launch: number;
  /** Seconds until something small is read back. */
  readonly wait: number;
}

/** Rates where only that of products is known: the others as shares of it that adapters commonly have. */
export function assumedRates(product: number): Rates {
  const shares = { factor: product / 8, columns: product / 4, attention: product / 2, values: product / 25 };
  return { product, ...shares, launch: 5e-5, wait: 2e-3 };
}

/** Seconds that each of the probes below may take; all of them about three. */
const PROBE_SECONDS = 0.45;
const LAUNCHES = 100;
/** Tokens of a window of the probes. */
const WINDOW = 128;

/** Measures the kernels that a run spends its time in, in about three seconds; also sets the device's work budget. */
export async function measureRates(gpu: Gpu): Promise<Rates> {
  await measureRate(gpu);
  return {
    product: await productRate(gpu),
    factor: await factorRate(gpu),
    columns: await columnRate(gpu),
    attention: await attentionRate(gpu),
    values: await valueRate(gpu),
    ...(await overheads(gpu)),
  };
}

/** Tokens by a square weight, as runs multiply; on the whole and not at best, which is what a run will meet. */
async function productRate(gpu: Gpu): Promise<number> {
  return grown([128, 256, 512, 1024, 2048], (cols) => {
    const [x, w, y] = ['inputs', 'weights', 'outputs'].map((label) => Tensor.zeros(gpu, cols, cols, label));
    const work = async () => {
      const { span } = await gpu.timed(() => void matmul('nt', x, w, { into: y }));
      return span.wallMs / 1000;
    };
    const release = () => [x, w, y].forEach((tensor) => tensor.release());
    return { work, flop: 2 * cols ** 3, release };
  });
}

/** Four heads of 64. */
async function attentionRate(gpu: Gpu): Promise<number> {
  const [heads, dim] = [4, 64];
  return grown([1, 8, 64, 512], (windows) => {
    const rows = windows * heads * WINDOW;
    const [q, k, v] = ['queries', 'keys', 'values'].map((label) => Tensor.zeros(gpu, rows, dim, label));
    const work = async () => {
      const geometry = { windows, length: WINDOW };
      const options = { heads, keyHeads: heads, mask: 'causal' } as const;
      const { value, span } = await gpu.timed(() => attend({ q, k, v }, geometry, options, false));
      value.y.release();
      return span.wallMs / 1000;
    };
    const release = () => [q, k, v].forEach((tensor) => tensor.release());
    return { work, flop: 2 * rows * WINDOW * dim, release };
  });
}

/** A layout, a difference and a sum, of as many values each. */
async function valueRate(gpu: Gpu): Promise<number> {
  const width = 128;
  return grown([1, 8, 64, 512], (windows) => {
    const [a, b] = [Tensor.zeros(gpu, windows * WINDOW, width), Tensor.zeros(gpu, windows * WINDOW, width)];
    const geometry = { windows, length: WINDOW };
    const work = async () => {
      const sums = new Scalars(gpu);
      const { value, span } = await gpu.timed(() => {
        sums.sumOfSquaredDifferences(a, b);
        return [subtract(a, b), splitHeads(a, geometry, { first: 0, heads: 4, dim: width / 4 })];
      });
      for (const made of value) made.release();
      sums.release();
      return span.wallMs / 1000;
    };
    const release = () => [a, b].forEach((tensor) => tensor.release());
    return { work, flop: 3 * windows * WINDOW * width, release };
  });
}

async function factorRate(gpu: Gpu): Promise<number> {
  return grown([128, 256, 512, 1024, 2048], async (cols) => {
    const x = Tensor.from(gpu, cols, cols, new Random(1).normals(cols * cols));
    const h = matmul('tn', x, x);
    x.release();
    const work = async () => {
      const { u, status } = launchFactor(h, 1);
      const { span } = await gpu.timed(() => status.read());
      u.release();
      status.release();
      return span.wallMs / 1000;
    };
    return { work, flop: (2 / 3) * cols ** 3, release: () => h.release() };
  });
}

/** A square layer's loop by blocks of 128 columns, as GPTQ launches it. */
async function columnRate(gpu: Gpu): Promise<number> {
  return grown([128, 256, 512, 1024, 2048], (cols) => {
    const order = Indices.natural(gpu, cols);
    const groupOf = groupsOf(order, cols);
    const [weights, codes, u] = ['weights', 'codes', 'factor'].map((label) => Tensor.zeros(gpu, cols, cols, label));
    const [history, grid] = [Tensor.zeros(gpu, 256, cols, 'history'), emptyGrid(gpu, cols, 1)];
    const state = { weights, original: null, u: allRows(u), p: null, codes, grid, groupOf, history };
    const loop: ColumnLoop = { ...state, bits: 4, alpha: 0, alpha2: 0, outer: 'current' };
    const work = async () => {
      const { span } = await gpu.timed(() => {
        for (let first = 0; first < cols; first += 128) {
          quantizeColumns(loop, first, 128);
          propagate(loop, first, 128);
        }
      });
      return span.wallMs / 1000;
    };
    const used = [order, groupOf, weights, codes, u, history, grid];
    const release = () => {
      for (const one of used) one.release();
    };
    return { work, flop: cols ** 3, release };
  });
}

interface Probe {
  /** Runs once, and gives its seconds. */
  work(): Promise<number>;
  readonly flop: number;
  release(): void;
}

/** FLOP a second of the largest size that fits the time, over all of its runs but the first, which compiles. Sizes are eight times the work. */
async function grown(sizes: readonly number[], make: (size: number) => Probe | Promise<Probe>): Promise<number> {
  const begin = performance.now();
  const left = () => PROBE_SECONDS - (performance.now() - begin) / 1000;
  for (const [s, size] of sizes.entries()) {
    const { work, flop, release } = await make(size);
    await work();
    let seconds = await work();
    // The next size is done twice at least.
    if (s + 1 < sizes.length && left() > 16 * seconds) {
      release();
      continue;
    }
    let runs = 1;
    for (; left() > seconds / runs; runs++) seconds += await work();
    release();
    return (runs * flop) / seconds;
  }
  throw new Error('bug: a probe without sizes');
}

async function overheads(gpu: Gpu): Promise<Pick<Rates, 'launch' | 'wait'>> {
  const [a, into] = [Tensor.zeros(gpu, 8, 8), Tensor.zeros(gpu, 8, 8)];
  const launches = () => {
    for (let i = 0; i < LAUNCHES; i++) matmul('nn', a, a, { into });
  };
  await gpu.timed(launches);
  const { span } = await gpu.timed(launches);
  const begin = performance.now();
  for (let i = 0; i < 5; i++) await into.read();
  const wait = (performance.now() - begin) / 5000;
  for (const used of [a, into]) used.release();
  return { launch: span.wallMs / 1000 / LAUNCHES, wait };
}
