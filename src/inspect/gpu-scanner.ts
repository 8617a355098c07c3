/** The two looks on the GPU: a piece is uploaded without padding, and partial figures come back in one readback a look. */
import type { Gpu } from '../gpu/gpu';
import { defineKernel, linearGrid } from '../gpu/kernel';
import { hostScanner } from './host-scanner';
import {
  NOTHING_GREATEST,
  NOTHING_LEAST,
  type FirstLook,
  type LoadedPiece,
  type Ruler,
  type Scanner,
  type SecondLook,
} from './scanner';

const PEAKS = defineKernel({
  shader: 'inspect/peaks',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { rows: 'u32', cols: 'u32', cell_rows: 'u32', cell_cols: 'u32', across: 'u32', cells: 'u32' },
});

const FACTS = defineKernel({
  shader: 'inspect/facts',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { count: 'u32', threads: 'u32' },
});

const MOMENTS = defineKernel({
  shader: 'inspect/moments',
  entry: 'main',
  buffers: ['read', 'write', 'write'],
  params: {
    ...{ count: 'u32', threads: 'u32', bins: 'u32', pre: 'f32', centre: 'f32', spread: 'f32' },
    ...{ low: 'f32', factor: 'f32' },
  },
});

/** Values that a thread looks at: what its sums in F32 may lose is far below what is shown. */
const EACH = 256;
/** Rows that a thread of the columns' peaks looks at. */
const BAND = 64;
/** Fewer values, or rows, are looked at sooner on the host than they are there and back. */
const FEWEST_VALUES = 2 ** 14;
const FEWEST_ROWS = 8;
/** As facts.wgsl scales what it adds up. */
const SUM_SCALE = 2 ** 10;

export class GpuScanner implements Scanner {
  constructor(private readonly gpu: Gpu) {}

  async first(piece: LoadedPiece, run: number): Promise<FirstLook> {
    if (!worthwhile(piece)) return hostScanner.first(piece, run);
    const { gpu } = this;
    const { rows, cols, values } = piece;
    const threads = Math.ceil(values.length / EACH);
    const [bands, runs] = [Math.ceil(rows / BAND), Math.ceil(cols / run)];
    return this.#with(
      values,
      [6 * threads, bands * cols, rows * runs],
      (x, [facts, columns, rowRuns]) => {
        const work = 8 * values.length;
        const params = { count: values.length, threads };
        gpu.launch(FACTS, { buffers: [x, facts], params, grid: linearGrid(threads, 64), work });
        const peaks = (to: GPUBuffer, cell_rows: number, cell_cols: number, down: number, across: number) =>
          gpu.launch(PEAKS, {
            buffers: [x, to],
            params: { rows, cols, cell_rows, cell_cols, across, cells: down * across },
            grid: linearGrid(down * across, 64),
            work,
          });
        peaks(columns, BAND, 1, bands, cols);
        peaks(rowRuns, 1, run, rows, runs);
      },
      ([facts, columns, rowRuns]) => ({
        ...foldFacts(facts),
        columnPeaks: foldRows(columns, cols),
        runPeaks: rowRuns,
      }),
    );
  }

  async second(piece: LoadedPiece, ruler: Ruler): Promise<SecondLook> {
    // Where all values are tiny some are denormal, which a GPU may take for zero.
    if (!worthwhile(piece) || ruler.pre > 1) return hostScanner.second(piece, ruler);
    const { gpu } = this;
    const { values } = piece;
    const threads = Math.ceil(values.length / EACH);
    return this.#with(
      values,
      [4 * threads, ruler.bins],
      (x, [sums, counts]) => {
        gpu.clear(counts);
        gpu.launch(MOMENTS, {
          buffers: [x, sums, counts],
          params: { count: values.length, threads, ...ruler },
          grid: linearGrid(threads, 64),
          work: 16 * values.length,
        });
      },
      ([sums, counts]) => {
        const partials = new Float32Array(sums.buffer, sums.byteOffset, sums.length);
        const powers: [number, number, number, number] = [0, 0, 0, 0];
        for (let i = 0; i < partials.length; i++) powers[i % 4] += partials[i];
        return { powers, counts };
      },
    );
  }

  /** Uploads the values, launches, and reads buffers of so many words back. */
  async #with<T>(
    values: Float32Array<ArrayBuffer>,
    words: readonly number[],
    launch: (x: GPUBuffer, outputs: readonly GPUBuffer[]) => void,
    fold: (read: readonly Uint32Array[]) => T,
  ): Promise<T> {
    const { gpu } = this;
    const buffers: GPUBuffer[] = [];
    const acquire = (size: number, label: string) => {
      const buffer = gpu.buffers.acquire(4 * size, label);
      buffers.push(buffer);
      return buffer;
    };
    try {
      const x = acquire(values.length, 'inspected values');
      gpu.write(x, values);
      const outputs = words.map((size) => acquire(size, 'inspected figures'));
      launch(x, outputs);
      const read = await gpu.read(...outputs.map((buffer, i) => ({ buffer, bytes: 4 * words[i] })));
      return fold(read.map((bytes) => new Uint32Array(bytes)));
    } finally {
      for (const buffer of buffers) gpu.buffers.release(buffer);
    }
  }
}

function worthwhile({ rows, values }: LoadedPiece): boolean {
  return rows >= FEWEST_ROWS && values.length >= FEWEST_VALUES;
}

function foldFacts(facts: Uint32Array) {
  const sums = new Float32Array(facts.buffer, facts.byteOffset, facts.length);
  const all = { nan: 0, infinite: 0, zeros: 0, least: NOTHING_LEAST, greatest: NOTHING_GREATEST, sum: 0 };
  for (let at = 0; at < facts.length; at += 6) {
    all.nan += facts[at];
    all.infinite += facts[at + 1];
    all.zeros += facts[at + 2];
    all.least = Math.min(all.least, facts[at + 3]);
    all.greatest = Math.max(all.greatest, facts[at + 4]);
    all.sum += sums[at + 5] * SUM_SCALE;
  }
  return all;
}

/** The largest of each column. */
function foldRows(values: Uint32Array, cols: number): Uint32Array {
  const largest = values.slice(0, cols);
  for (let i = cols, c = 0; i < values.length; i++, c = c + 1 === cols ? 0 : c + 1) {
    if (values[i] > largest[c]) largest[c] = values[i];
  }
  return largest;
}
