/** How fast this adapter is at what runs spend their time in: what work budgets and time estimates are derived from. */
import { Random } from '../base/random';
import type { Gpu } from '../gpu/gpu';
import { emptyGrid, groupsOf } from './affine-grid';
import { propagate, quantizeColumns, type ColumnLoop } from './compensation';
import { launchFactor } from './factor';
import { allRows } from './panels';
import { Indices } from './indices';
import { matmul } from './matmul';
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
  /** Seconds of a launch that does next to nothing. */
  readonly launch: number;
  /** Seconds until something small is read back. */
  readonly wait: number;
}

/** Rates where only that of products is known: the others as shares of it that adapters commonly have. */
export function assumedRates(product: number): Rates {
  return { product, factor: product / 8, columns: product / 4, launch: 5e-5, wait: 2e-3 };
}

/** Seconds that each of the probes below may take; with the product's about three in all. */
const PROBE_SECONDS = 0.6;
const LAUNCHES = 100;

/** Measures the kernels that a run spends its time in, in about three seconds; also sets the device's work budget. */
export async function measureRates(gpu: Gpu): Promise<Rates> {
  const product = await measureRate(gpu);
  return { product, factor: await factorRate(gpu), columns: await columnRate(gpu), ...(await overheads(gpu)) };
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

/** FLOP a second of the largest size that fits the time, after one run that compiles. */
async function grown(sizes: readonly number[], make: (size: number) => Probe | Promise<Probe>): Promise<number> {
  const begin = performance.now();
  let rate = 0;
  for (const size of sizes) {
    const probe = await make(size);
    await probe.work();
    const seconds = await probe.work();
    probe.release();
    rate = probe.flop / seconds;
    // The next is eight times the work, done twice.
    if ((performance.now() - begin) / 1000 + 16 * seconds > PROBE_SECONDS) break;
  }
  return rate;
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
