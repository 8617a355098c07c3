/** What a row's options promise is what a layer comes out as, for every method and for shapes that divide nothing. */
import { expect, it } from 'vitest';
import { Random } from '../base/random';
import { testGpu } from '../gpu/testing/gpus';
import { CATALOGUE } from '../method/catalogue';
import type { Options } from '../method/parameters';
import { ledger } from '../quantizer/quantized';
import { Tensor } from '../tensor/tensor';
import { methodRow } from '../recipe/testing';
import { plannedLedger } from '../recipe/rows';
import { quantizeSingleLayer } from './single-layer';

const gpu = await testGpu();
const SHAPES = [
  [3, 5],
  [16, 24],
  [20, 70],
] as const;
const OPTIONS: Readonly<Record<string, readonly Options[]>> = {
  affine: [{ bits: 3 }, { bits: 2, groupSize: 8, symmetric: true }, { bits: 4, groupSize: 16, actOrder: true }],
  codebook: [
    { codewords: 4, dim: 2, emIterations: 2, codebookGroup: null, codebookColumns: null },
    { codewords: 8, dim: 1, emIterations: 2, codebookGroup: 64, codebookColumns: 16, codebookBits: '8' },
    { codewords: 16, dim: 3, emIterations: 2, codebookGroup: 128, codebookColumns: 32, scaleBlock: 8 },
    { codewords: 256, dim: 4, emIterations: 2, codebookGroup: null, codebookColumns: 8, codebookBits: '32' },
  ],
};

/** Sizes do not depend on how long a method trains. */
const SHORT = { steps: 2, calibrationSteps: 1 };

/** What trains along samples has no layer by itself. */
const ALONE = CATALOGUE.filter(({ trains }) => trains !== 'trajectories');

it.each(ALONE.map(({ id, family, parameters }) => [id, family, parameters] as const))(
  '%s',
  async (method, family, parameters) => {
    for (const wished of OPTIONS[family]) {
      const known = Object.fromEntries(Object.entries({ ...wished, ...SHORT }).filter(([name]) => name in parameters));
      const row = methodRow({ method, options: known });
      for (const [rows, cols] of SHAPES) {
        const random = new Random(rows);
        const weight = Tensor.from(gpu, rows, cols, random.normals(rows * cols));
        const inputs = Tensor.from(gpu, 4 * cols, cols, random.normals(4 * cols * cols));
        const layer = { ...row, weight, inputs, referenceInputs: inputs };
        const { tensor, note } = await quantizeSingleLayer(gpu, layer);
        const where = `${JSON.stringify(known)} on ${rows} × ${cols}: ${note}`;
        expect(ledger(tensor), where).toEqual(plannedLedger(row, { rows, cols }));
        for (const used of [weight, inputs]) used.release();
      }
    }
  },
);
