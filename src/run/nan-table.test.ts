/** What every shader does with NaN (src/gpu/nan-table.ts), held to be complete, and true of the kernels that are said to keep it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { kmeans, releaseKMeans } from '../codebook/kmeans';
import { subVectors } from '../codebook/tiles';
import { NAN_TABLE } from '../gpu/nan-table';
import { shaderNames, shaderSource } from '../gpu/shader-sources';
import { testGpu } from '../gpu/testing/gpus';
import { poison, type Poisoned } from '../gpu/testing/poison';
import { ACTIVATION_OPERATIONS } from '../testing/portability/activation-operations';
import { relu, softplus, gelu } from '../gradient/activation';
import { conv2d, groupNorm, maxPool, upsample2x, windows } from '../gradient/images';
import { hadamard } from '../gradient/hadamard';
import { crossEntropy, meanSquare } from '../gradient/loss';
import { clipGradients } from '../gradient/optimizer/guard';
import { Optimizer } from '../gradient/optimizer/optimizer';
import { rmsProp } from '../gradient/optimizer/rmsprop';
import { sgd } from '../gradient/optimizer/sgd';
import { layerNorm, rmsNorm } from '../gradient/norm';
import { patches, unpatchify } from '../gradient/patches';
import { gatherRows } from '../gradient/rows';
import { concatColumns, sliceColumns } from '../gradient/slice';
import { Parameter, Tape, type Variable } from '../gradient/tape';
import { total } from '../tensor/scalar';
import { applyConvolution } from '../tensor/convolution';
import { project, setColumns, Table } from '../tensor/embedding';
import { Hadamard } from '../tensor/hadamard';
import { Indices } from '../tensor/indices';
import { argmaxRows } from '../tensor/loss';
import { multiplyFactors, scatter } from '../tensor/parts';
import { Scalars } from '../tensor/reduce';
import { RowIndex } from '../tensor/rows';
import { Tensor } from '../tensor/tensor';
import { randomMatrix, upload } from '../tensor/testing';
import { prepareRun } from './prepare';
import { imageRecipe, tinyNetwork } from './testing/networks';
import { prepareTiny, runToEnd, tinyCheckpoint, tinyRecipe } from './testing/runs';

// What earlier work left in a pool would be taken for what these kernels write.
const gpu = await testGpu();
gpu.flush();
gpu.buffers.destroyFree();

/** There and back through an operation on random matrices. */
function through(shapes: [number, number][], operation: (tape: Tape, inputs: Variable[]) => Variable): void {
  const tape = new Tape(gpu);
  const inputs = shapes.map(([rows, cols], i) => new Parameter(upload(gpu, randomMatrix(rows, cols, i + 1))));
  const output = operation(tape, inputs);
  tape.backward(output, upload(gpu, randomMatrix(output.value.rows, output.value.cols, 99)));
  const squares = clipGradients(inputs, 0.1);
  squares?.release();
  for (const rule of [sgd({ decay: 0.1 }), sgd({ momentum: 0.9 }), rmsProp()]) {
    const optimizer = new Optimizer(gpu, rule, inputs);
    optimizer.step(0.1);
    optimizer.release();
  }
  tape.release();
}

/** Work that launches every kernel, on networks and matrices that are tiny. */
async function everything(): Promise<void> {
  const trained = { codewords: 8, dim: 2, steps: 8, batch: 2 };
  const text = [
    { method: 'gptq', options: { bits: 3, groupSize: 8, actOrder: true, blockSize: 8 } },
    { method: 'rescomp', options: { bits: 2, blockSize: 8 } },
    { method: 'shift', options: { bits: 4, clip: 'mse' } },
    { method: 'gptvq', options: { codewords: 8, dim: 2, scaleBlock: 8 } },
    { method: 'gptvq', options: { codewords: 8, dim: 2, recipe: 'exact' } },
    { method: 'ssvq', options: trained },
  ];
  await runToEnd(await prepareTiny(gpu, await tinyCheckpoint('qwen2'), tinyRecipe(text)), { gpu });
  // A Hessian in panels.
  gpu.buffers.panelBytes = 32 * 96 * 4;
  const panels = tinyRecipe([{ method: 'gptaq', options: { bits: 3, blockSize: 16, actOrder: true } }]);
  await runToEnd(await prepareTiny(gpu, await tinyCheckpoint('gpt2'), panels), { gpu });
  gpu.buffers.panelBytes = Infinity;
  const trainings = [
    { method: 'vq4dit', options: trained },
    { method: 'vimvq', options: trained },
  ];
  await runToEnd(await prepareTiny(gpu, await tinyCheckpoint('gpt2'), tinyRecipe(trainings.slice(0, 1))), { gpu });
  const vim = await prepareRun(await tinyNetwork('vim'), imageRecipe(trainings.slice(1), 'file'), { gpu, rate: 1e9 });
  await runToEnd(vim, { gpu });
  const sampling = { sampling: { steps: 2, guidance: 2, sampler: 'ddim', images: 2 } };
  const dit = imageRecipe([{ method: 'vq4all', options: trained }], 'generated', sampling);
  await runToEnd(await prepareRun(await tinyNetwork('dit'), dit, { gpu, rate: 1e9 }), { gpu });

  const convolution = { images: 2, height: 4, width: 4, channels: 4, outputs: 8, side: 3, padding: 1 };
  through(
    [
      [32, 4],
      [8, 36],
      [1, 8],
    ],
    (tape, [x, w, b]) => conv2d(tape, x, w, b, convolution),
  );
  applyConvolution(upload(gpu, randomMatrix(32, 4, 1)), upload(gpu, randomMatrix(8, 36, 2)), convolution);
  applyConvolution(upload(gpu, randomMatrix(32, 3, 1)), upload(gpu, randomMatrix(8, 27, 2)), convolution);
  through([[32, 3]], (tape, [x]) => windows(tape, x, convolution));
  through([[32, 8]], (tape, [x]) => maxPool(tape, x, { height: 4, width: 4, side: 3, stride: 2, padding: 1 }));
  through(
    [
      [32, 8],
      [1, 8],
      [1, 8],
    ],
    (tape, [x, w, b]) => groupNorm(tape, x, w, b, { groups: 2, pixels: 16, eps: 1e-5 }),
  );
  through([[32, 8]], (tape, [x]) => upsample2x(tape, x, { height: 4, width: 4 }));
  through([[8, 8]], (tape, [x]) => relu(tape, softplus(tape, gelu(tape, 'gelu_erf', x))));
  const grid = { channels: 2, height: 4, width: 4, patch: 2 };
  through([[2, 32]], (tape, [x]) => unpatchify(tape, patches(tape, x, grid), grid));
  const targets = Indices.from(gpu, Uint32Array.of(1, 2, 3, 4), 'targets');
  through([[4, 9]], (tape, [x]) => crossEntropy(tape, x, targets));
  through([[4, 8]], (tape, [x]) => {
    const [target, weights] = [upload(gpu, randomMatrix(4, 8, 7)), upload(gpu, randomMatrix(1, 4, 8))];
    return meanSquare(tape, x, target, weights);
  });
  through(
    [
      [4, 8],
      [1, 8],
    ],
    (tape, [x, w]) => rmsNorm(tape, x, w, 1e-5),
  );
  through(
    [
      [4, 8],
      [1, 8],
      [1, 8],
    ],
    (tape, [x, w, b]) => layerNorm(tape, x, w, b, 1e-5),
  );
  through([[4, 8]], (tape, [x]) => gatherRows(tape, x, RowIndex.from(gpu, [1, 1, 3, 0, 1], 4)));
  through(
    [
      [4, 8],
      [4, 3],
    ],
    (tape, [x, y]) => sliceColumns(tape, concatColumns(tape, [x, y]), 2, 6),
  );
  const twelve = new Hadamard(gpu, { K: 12, power: 2 });
  through([[4, 48]], (tape, [x]) => hadamard(tape, x, twelve));
  // So many points that their sums are added up twice.
  const points = subVectors(upload(gpu, randomMatrix(256, 256, 6)), 1);
  releaseKMeans(await kmeans(points, { codewords: 2, iterations: 1 }));
  project(
    upload(gpu, randomMatrix(4, 8, 1)),
    Table.from(gpu, 16, 8, Float32Array.from(randomMatrix(16, 8, 2).data), 'table', 256),
  );
  setColumns(upload(gpu, randomMatrix(4, 24, 1)), upload(gpu, randomMatrix(4, 8, 2)), 8);
  multiplyFactors(upload(gpu, randomMatrix(9, 3, 1)), upload(gpu, randomMatrix(3, 11, 2)));
  scatter(gpu, 5, 9, Uint32Array.of(3, 17, 44), Float32Array.of(1, 2, 3));
  let seed = 20;
  for (const operation of Object.values(ACTIVATION_OPERATIONS)) {
    await operation(gpu, (rows, cols) => upload(gpu, randomMatrix(rows, cols, seed++)));
  }
  const logits = upload(gpu, randomMatrix(3, 9, 5));
  argmaxRows(logits);
  total(logits);
}

describe('the table of what shaders do with NaN', () => {
  it('has one line for each shader, and marks what is only included', () => {
    expect(Object.keys(NAN_TABLE).sort()).toEqual(shaderNames());
    for (const name of shaderNames()) {
      const kernel = shaderSource(name).includes('@compute');
      expect([name, NAN_TABLE[name].is === 'included']).toEqual([name, !kernel]);
    }
  });

  let results: Poisoned[] = [];
  beforeAll(async () => {
    const inPlace = (shader: string) => {
      const line = NAN_TABLE[shader];
      return line.is === 'propagates' && line.inPlace === true;
    };
    const finish = poison(gpu, inPlace);
    await everything();
    results = await finish();
  }, 300_000);

  it('is tried on finite numbers that stay so', () => {
    const broken = results.filter((one) => one.binding === null && one.broken);
    expect(broken.map(({ shader, entry }) => `${shader} ${entry}`)).toEqual([]);
  });

  const propagating = Object.entries(NAN_TABLE).flatMap(([name, line]) =>
    line.is === 'propagates' ? [{ name, line }] : [],
  );
  it.each(propagating)('$name keeps NaN', ({ name, line }) => {
    const own = results.filter((one) => one.shader === name && one.binding !== null);
    expect(own.length, 'tries on NaN').toBeGreaterThan(0);
    // Overrides leave some floats unread: each has to show where it is read.
    const named = ({ entry, binding }: Poisoned) => `${entry}: ${binding}`;
    const kept = new Set(own.filter(({ broken }) => broken).map(named));
    const excused = new Set(Object.keys(line.but ?? {}));
    const lost = own.filter((one) => !kept.has(named(one)) && !excused.has(one.binding ?? ''));
    expect([...new Set(lost.map(named))]).toEqual([]);
  });

  it('counts NaN and infinity where it says that it counts', async () => {
    const values = Float32Array.from({ length: 70 }, (_, i) => [NaN, 1, -Infinity, 3e38][i % 4]);
    const scalars = new Scalars(gpu);
    scalars.nonFiniteCount(Tensor.from(gpu, 10, 7, values));
    expect(await scalars.read()).toEqual([values.filter((x) => !Number.isFinite(x)).length]);
  });
});
