/** What is timed: the engine's heavy kernels at growing sizes. A benchmark is a record here; the whole run is in sample-run.ts. */
import { Random } from '../src/base/random';
import type { Gpu } from '../src/gpu/gpu';
import { compensate } from '../src/method/compensate';
import { defaultOptions, scalarOptions } from '../src/method/parameters';
import { faceOf } from '../src/method/catalogue';
import { InputStatistics } from '../src/method/statistics';
import { invertedFactor } from '../src/tensor/factor';
import { accumulateGram, mirror } from '../src/tensor/gram';
import { inOnePiece } from '../src/tensor/panels';
import { matmul, type Form } from '../src/tensor/matmul';
import { Tensor } from '../src/tensor/tensor';
import { ditXl } from './dit-xl';
import { sdUNet } from './sd-unet';
import { sampleRun } from './sample-run';
import type { Benchmark } from './benchmark';

const product = (form: Form): Benchmark => ({
  name: `matmul ${form}`,
  sizes: (software) => (software ? [256, 512, 1024] : [512, 1024, 2048, 4096]),
  async prepare(gpu, n) {
    const [a, b] = [random(gpu, n, n, 1), random(gpu, n, n, 2)];
    const into = Tensor.empty(gpu, n, n);
    const run = () => void matmul(form, a, b, { into });
    const [hostA, hostB] = [await a.read(), await b.read()];
    const at = (host: Float32Array, turned: boolean, i: number, k: number) => host[turned ? k * n + i : i * n + k];
    return {
      flop: 2 * n ** 3,
      run,
      async check() {
        run();
        const c = await into.read();
        for (const [i, j] of someEntries(n)) {
          let expected = 0;
          for (let k = 0; k < n; k++) expected += at(hostA, form === 'tn', i, k) * at(hostB, form !== 'nt', j, k);
          expectClose(c[i * n + j], expected, Math.sqrt(n), form);
        }
      },
      release: () => [a, b, into].forEach((tensor) => tensor.release()),
    };
  },
});

const gram: Benchmark = {
  name: 'XᵀX, 2048 tokens ×',
  sizes: (software) => (software ? [256, 512] : [512, 1024, 2048, 4096]),
  async prepare(gpu, n) {
    const tokens = 2048;
    const x = random(gpu, tokens, n, 1);
    const h = Tensor.empty(gpu, n, n);
    const run = () => {
      accumulateGram(h, x, 1, 0);
      mirror(h);
    };
    const host = await x.read();
    return {
      flop: tokens * n * n,
      run,
      async check() {
        run();
        const values = await h.read();
        for (const [i, j] of someEntries(n)) {
          let expected = 0;
          for (let t = 0; t < tokens; t++) expected += host[t * n + i] * host[t * n + j];
          expectClose(values[i * n + j], expected, Math.sqrt(tokens), 'XᵀX');
        }
      },
      release: () => [x, h].forEach((tensor) => tensor.release()),
    };
  },
};

const factor: Benchmark = {
  name: 'Cholesky + triangular inverse',
  sizes: (software) => (software ? [256, 512, 1024] : [512, 1024, 2048, 4096]),
  prepare(gpu, n) {
    const h = hessian(gpu, n);
    return Promise.resolve({
      flop: (2 / 3) * n ** 3,
      async run() {
        (await invertedFactor(h, { damping: 0.01 })).u.release();
      },
      async check() {
        const { u: factor, device } = await invertedFactor(h, { damping: 0.01 });
        const u = inOnePiece(factor);
        if (device !== 'gpu') throw new Error(`the factor of size ${n} fell back to the CPU`);
        // U H Uᵀ is the identity but for the damping's share.
        const uh = matmul('nn', u, h);
        const identity = matmul('nt', uh, u);
        const values = await identity.read();
        for (const [i, j] of someEntries(n)) expectClose(values[i * n + j], i === j ? 1 : 0, 100, 'U H Uᵀ', 0.02);
        for (const tensor of [u, uh, identity]) tensor.release();
      },
      release: () => h.release(),
    });
  },
};

const columns = (method: 'gptq' | 'rescomp'): Benchmark => ({
  name: `column loop, ${method}`,
  sizes: (software) => (software ? [256, 512, 1024, 2048] : [256, 512, 1024, 2048, 4096]),
  async prepare(gpu, n) {
    const weight = random(gpu, n, n, 3);
    const statistics = InputStatistics.of(hessian(gpu, n), random(gpu, n, n, 4, 0.01));
    const options = scalarOptions(defaultOptions(faceOf(method).parameters));
    const update =
      method === 'gptq'
        ? ({ alpha: 0, alpha2: 0, releasedOuter: 'current' } as const)
        : ({ alpha: 0.25, alpha2: 0.25, releasedOuter: 'clamped' } as const);
    const run = async () => {
      (await compensate({ weight, statistics }, options, update)).q.release();
    };
    return {
      flop: n ** 3 * (method === 'gptq' ? 1 : 2),
      run,
      async check() {
        // Factor and P are made here, once, and then shared by all runs, as siblings share them.
        const { q, tensor } = await compensate({ weight, statistics }, options, update);
        const values = await q.read();
        if (!values.every(Number.isFinite)) throw new Error(`${method} at ${n} gave a value that is not finite`);
        if (tensor.codes.every((code) => code === tensor.codes[0])) throw new Error(`${method} at ${n} gave one code`);
        q.release();
      },
      release: () => {
        weight.release();
        void statistics.release();
      },
    };
  },
});

export const BENCHMARKS: readonly Benchmark[] = [
  product('nn'),
  product('nt'),
  product('tn'),
  gram,
  factor,
  columns('gptq'),
  columns('rescomp'),
  ditXl,
  sdUNet,
  sampleRun,
];

function random(gpu: Gpu, rows: number, cols: number, seed: number, scale = 1): Tensor {
  return Tensor.from(gpu, rows, cols, new Random(seed).normals(rows * cols, scale));
}

/** A Hessian of 2n correlated tokens. */
function hessian(gpu: Gpu, n: number): Tensor {
  const x = random(gpu, 2 * n, n, 5);
  const h = Tensor.empty(gpu, n, n);
  accumulateGram(h, x, 1 / n, 0);
  mirror(h);
  x.release();
  return h;
}

function someEntries(n: number): [number, number][] {
  const random = new Random(9);
  return Array.from({ length: 20 }, () => [random.integer(n), random.integer(n)]);
}

function expectClose(actual: number, expected: number, scale: number, what: string, tolerance = 1e-5): void {
  if (Math.abs(actual - expected) <= tolerance * scale) return;
  throw new Error(`${what} is wrong: ${actual} where ${expected} was expected`);
}
