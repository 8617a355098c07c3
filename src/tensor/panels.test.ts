/** Square matrices in panels: every operation has the bits that it has on a matrix in one piece. */
import { describe, expect, it } from 'vitest';
import type { Gpu } from '../gpu/gpu';
import { testGpu } from '../gpu/testing/gpus';
import { diagonal, setDiagonalWhereDead } from './diagonal';
import { invertedFactor } from './factor';
import { accumulateGram, mirror } from './gram';
import { accumulateSquare, matmulSquare, multiplySquares } from './matmul';
import { emptySquare, Panels, panelRows, panelsOf, pieceRows, rowsOf, squareFrom, type Square } from './panels';
import { permuteSymmetric, strictUpper } from './permute';
import { multiply, transpose } from './reference/matrix';
import { Tensor } from './tensor';
import { expectZeroPadding, randomMatrix, relativeDifference, upload } from './testing';

const gpu = await testGpu();

/** Columns, and rows a panel: ragged ends, one panel more, many, and joins of several panels. */
const CUTS = [
  { cols: 40, rows: 32 },
  { cols: 100, rows: 32 },
  { cols: 129, rows: 64 },
  { cols: 200, rows: 32 },
  { cols: 320, rows: 128 },
];

/** Runs `body` with matrices in one piece, then in panels of `rows`. */
async function both<T>(cut: (typeof CUTS)[number], body: (gpu: Gpu) => Promise<T>): Promise<{ whole: T; cut: T }> {
  const before = gpu.buffers.bytesInUse;
  const whole = await body(gpu);
  gpu.buffers.panelBytes = Math.ceil(cut.cols / 32) * 32 * cut.rows * 4;
  try {
    const square = emptySquare(gpu, cut.cols, 'probe');
    expect(square).toBeInstanceOf(Panels);
    expect(panelsOf(square)[0].tensor.rows).toBe(cut.rows);
    square.release();
    return { whole, cut: await body(gpu) };
  } finally {
    gpu.buffers.panelBytes = Infinity;
    expect(gpu.buffers.bytesInUse).toBe(before);
  }
}

/** Reads a matrix, whose padding has to be zero, and gives it back. */
async function taken(square: Square): Promise<Float32Array> {
  for (const { tensor } of panelsOf(square)) {
    const [bytes] = await tensor.gpu.read({ buffer: tensor.buffer, bytes: tensor.bytes });
    expectZeroPadding(tensor, new Float32Array(bytes));
  }
  const values = await square.read();
  square.release();
  return values;
}

function gram(x: Tensor): Square {
  const h = emptySquare(gpu, x.cols, 'Hessian');
  accumulateGram(h, x, 0.5, 0);
  accumulateGram(h, x, 0.25, 1);
  mirror(h);
  return h;
}

function using<T>(x: Tensor, body: (x: Tensor) => T): T {
  const result = body(x);
  x.release();
  return result;
}

describe.each(CUTS)('a matrix of $cols columns in panels of $rows rows', (cut) => {
  const { cols } = cut;
  const x = randomMatrix(2 * cols + 3, cols, 5);
  const square = Float32Array.from(randomMatrix(cols, cols, 9).data);

  it('is written and read', async () => {
    const { cut: values } = await both(cut, () => taken(squareFrom(gpu, cols, square, 'm')));
    expect(values).toEqual(square);
  });

  it('is a Hessian with the same bits', async () => {
    const found = await both(cut, () => taken(using(upload(gpu, x), gram)));
    expect(found.cut).toEqual(found.whole);
    const twin = multiply(transpose(x), x).data.map((value) => 0.75 * value);
    expect(relativeDifference(found.cut, twin)).toBeLessThan(1e-5);
  });

  it('has the same diagonal, and ones where it is dead', async () => {
    const dead = square.slice();
    for (let i = 1; i < cols; i += 7) dead[i * cols + i] = 0;
    const found = await both(cut, async () => {
      const m = squareFrom(gpu, cols, dead, 'm');
      const before = await taken(diagonal(m));
      setDiagonalWhereDead(m);
      return [before, await taken(m)];
    });
    expect(found.cut).toEqual(found.whole);
    expect(found.cut[0][8]).toBe(0);
    expect(found.cut[1][8 * cols + 8]).toBe(1);
  });

  it('is permuted, cut to a triangle, and gives rows', async () => {
    const index = Uint32Array.from({ length: cols }, (_, i) => (i * 7 + 1) % cols);
    const found = await both(cut, async () => {
      const m = squareFrom(gpu, cols, square, 'm');
      const permuted = permuteSymmetric(m, index);
      strictUpper(m);
      const rows = rowsOf(m, 3, cols - 5);
      const window = (await rows.tensor.read()).slice((3 - rows.above) * cols, (cols - 2 - rows.above) * cols);
      rows.release();
      return [await taken(permuted), await taken(m), window];
    });
    expect(found.cut).toEqual(found.whole);
  });

  it('is multiplied with the same bits', async () => {
    const found = await both(cut, async () => {
      const [m, other] = [squareFrom(gpu, cols, square, 'm'), squareFrom(gpu, cols, square.toReversed(), 'other')];
      const [wide, tall] = [upload(gpu, randomMatrix(13, cols, 3)), upload(gpu, randomMatrix(cols, 21, 4))];
      const activations = upload(gpu, x);
      const drift = emptySquare(gpu, cols, 'drift');
      accumulateSquare(activations, activations, drift, { alpha: 2, beta: 0 });
      const start = upload(gpu, randomMatrix(cols, 21, 8));
      const products = [
        matmulSquare('nn', wide, m),
        matmulSquare('nt', wide, m),
        matmulSquare('nn', m, tall),
        matmulSquare('tn', m, tall, { into: start, alpha: 0.5, beta: 1 }),
        multiplySquares('nn', m, other, 'nn'),
        multiplySquares('nt', m, other, 'nt'),
        drift,
      ];
      const values = [];
      for (const product of products) values.push(await taken(product));
      for (const used of [m, other, wide, tall, activations]) used.release();
      return values;
    });
    expect(found.cut).toEqual(found.whole);
  });

  it('is factored and inverted to the same bits', async () => {
    const found = await both(cut, async () => {
      const h = using(upload(gpu, x), gram);
      const { u, attempts } = await invertedFactor(h, { damping: 0.01 });
      h.release();
      return { attempts, u: await taken(u) };
    });
    expect(found.cut.attempts).toEqual(found.whole.attempts);
    expect(found.cut.u).toEqual(found.whole.u);
  });

  it('goes to the CPU where f32 cannot factor it, and is the same there', async () => {
    // Fewer tokens than columns: singular without damping.
    const few = randomMatrix(Math.floor(cols / 2), cols, 6);
    const found = await both(cut, async () => {
      const h = using(upload(gpu, few), gram);
      const { u, attempts } = await invertedFactor(h, { damping: 0 });
      h.release();
      return { attempts, u: await taken(u) };
    });
    expect(found.cut.attempts.length).toBeGreaterThan(1);
    expect(found.cut).toEqual(found.whole);
  });
});

describe('the cut', () => {
  it('is a power of two of blocks of 32 rows, as high as a buffer holds', () => {
    expect(panelRows(14336, 2 ** 27)).toBe(2048);
    expect(pieceRows(14336, 2 ** 27)).toEqual([...Array.from({ length: 7 }, () => 2048)]);
    expect(pieceRows(5792, 2 ** 27)).toEqual([5792]);
    expect(pieceRows(5793, 2 ** 27)).toEqual([4096, 1697]);
    expect(() => panelRows(1e6 + 64, 2 ** 26)).toThrow(expect.objectContaining({ code: 'QS-GPU-03' }));
  });
});
