/** The errors of a layer against float64, whichever way they are weighed. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { testGpu } from '../gpu/testing/gpus';
import { accumulateGram, mirror } from '../tensor/gram';
import { emptySquare } from '../tensor/panels';
import { Scalars } from '../tensor/reduce';
import { Tensor } from '../tensor/tensor';
import { errorsOf, probeLayer, weighedByInputs, type EachInput } from './layer-errors';

const gpu = await testGpu();

describe('the Hessian-weighted error', () => {
  const [rows, cols, tokens] = [12, 72, 20];
  const random = new Random(3);
  const w = random.normals(rows * cols);
  const q = w.map((value) => Math.round(value * 2) / 2);
  const x = random.normals(tokens * cols);
  /** ‖X Aᵀ‖² in float64. */
  const size = (a: ArrayLike<number>) => {
    let total = 0;
    for (let t = 0; t < tokens; t++) {
      for (let r = 0; r < rows; r++) {
        let y = 0;
        for (let c = 0; c < cols; c++) y += x[t * cols + c] * a[r * cols + c];
        total += y * y;
      }
    }
    return total;
  };
  const expected = size(q.map((value, i) => value - w[i])) / size(w);

  const measured = async (second: Parameters<typeof probeLayer>[3]) => {
    const [weight, quantized] = [w, q].map((values) => Tensor.from(gpu, rows, cols, values));
    const scalars = new Scalars(gpu);
    const probe = probeLayer(scalars, weight, quantized, second);
    const { hessian } = errorsOf(probe, await scalars.read());
    for (const tensor of [weight, quantized]) tensor.release();
    return hessian;
  };

  it('is that of the Hessian', async () => {
    const h = emptySquare(gpu, cols, 'Hessian');
    const inputs = Tensor.from(gpu, tokens, cols, x);
    accumulateGram(h, inputs, 2 / 7, 0);
    mirror(h);
    expect(await measured(h)).toBeCloseTo(expected, 5);
    for (const used of [h, inputs]) used.release();
  });

  it('is the same of the inputs it is made of, in chunks', async () => {
    const before = gpu.buffers.bytesInUse;
    const split = 7 * cols;
    const chunks = [Tensor.from(gpu, 7, cols, x.slice(0, split)), Tensor.from(gpu, tokens - 7, cols, x.slice(split))];
    const each: EachInput = (body) => chunks.forEach(body);
    expect(await measured(each)).toBeCloseTo(expected, 5);
    for (const chunk of chunks) chunk.release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('is weighed by the inputs of wide layers where they are fewer than the columns', () => {
    expect(weighedByInputs(1023, 1024)).toBe(true);
    expect(weighedByInputs(1024, 1024)).toBe(false);
    expect(weighedByInputs(1, 1023)).toBe(false);
  });
});
