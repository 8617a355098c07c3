/**
 * Operations that neither the recorded layers nor the tiny runs of cases.ts come by: those of networks with convolutions, of some ways
 * back, and of optimizers that no method takes by default. Each gives the tensors it makes.
 */
import { Random } from '../../base/random';
import type { Gpu } from '../../gpu/gpu';
import { clipGradients } from '../../gradient/optimizer/guard';
import { Optimizer } from '../../gradient/optimizer/optimizer';
import { sgd } from '../../gradient/optimizer/sgd';
import { Parameter } from '../../gradient/tape';
import { activate, siluGateGradient } from '../../tensor/activation';
import { columnSums } from '../../tensor/column-sums';
import { convolve, convolveBack } from '../../tensor/conv2d';
import { applyConvolution, unroll, unrollBack, windowColumnSums } from '../../tensor/convolution';
import { depthwiseCausalConvWeights } from '../../tensor/depthwise-conv';
import { cayleyBack, cayleyMap } from '../../tensor/cayley';
import { scaleBy, scaleColumns } from '../../tensor/elementwise';
import { project, Table } from '../../tensor/embedding';
import { groupNorm, groupNormBack } from '../../tensor/group-norm';
import { Hadamard } from '../../tensor/hadamard';
import { Indices } from '../../tensor/indices';
import { kroneckerBack, kroneckerRows } from '../../tensor/kronecker';
import { argmaxRows } from '../../tensor/loss';
import { crossEntropyGradient } from '../../tensor/loss-gradient';
import { normGradient } from '../../tensor/norm';
import { multiplyFactors, scatter } from '../../tensor/parts';
import { cutPatches, joinPatches } from '../../tensor/patches';
import { gatherColumns } from '../../tensor/permute';
import { maxPool, maxPoolBack } from '../../tensor/pool';
import { RowIndex } from '../../tensor/rows';
import { Tensor } from '../../tensor/tensor';
import { upsample2x, upsample2xBack } from '../../tensor/upsample';
import { ACTIVATION_OPERATIONS } from './activation-operations';

type Operation = (
  gpu: Gpu,
  normals: (rows: number, cols: number) => Tensor,
) => readonly (Tensor | null)[] | Promise<readonly Tensor[]>;

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  ...ACTIVATION_OPERATIONS,
  convolution: (_, normals) => {
    const options = { height: 6, width: 5, side: 3, padding: 1 };
    const [x, weight, g] = [normals(60, 7), normals(9, 63), normals(60, 9)];
    const back = convolveBack(x, weight, g, options, { x: true, weight: true });
    return [convolve(x, weight, options), back.x, back.weight];
  },
  'windows of a convolution': (_, normals) => {
    const options = { height: 6, width: 5, side: 3, stride: 2, padding: 1 };
    const [x, weight] = [normals(60, 7), normals(9, 63)];
    const back = unrollBack(normals(18, 63), 60, 7, options);
    return [unroll(x, options, 3, 11), applyConvolution(x, weight, options), windowColumnSums(x, options), back];
  },
  'max pooling': (_, normals) => {
    const options = { height: 6, width: 5, side: 3, stride: 2, padding: 1 };
    const x = normals(60, 7);
    return [maxPool(x, options), maxPoolBack(x, normals(18, 7), options)];
  },
  'group norm': (_, normals) => {
    const options = { groups: 3, pixels: 20, eps: 1e-5 };
    const [x, weight, bias, g] = [normals(40, 12), normals(1, 12), normals(1, 12), normals(40, 12)];
    const { y, mean, rate } = groupNorm(x, weight, bias, options);
    const back = groupNormBack(x, weight, { mean, rate }, g, options);
    return [y, mean, rate, back.x, back.weight, back.bias];
  },
  upsampling: (_, normals) => {
    const size = { height: 3, width: 5 };
    return [upsample2x(normals(30, 7), size), upsample2xBack(normals(120, 7), size)];
  },
  patches: (_, normals) => {
    const grid = { channels: 3, height: 6, width: 8, patch: 2 };
    return [cutPatches(normals(2, 144), grid, 'channel first'), joinPatches(normals(24, 12), grid, 'channel last')];
  },
  'depthwise convolution': (_, normals) => [depthwiseCausalConvWeights(normals(24, 11), normals(24, 11), 4, 12)],
  norms: (_, normals) => {
    const [x, weight, g] = [normals(9, 20), normals(1, 20), normals(9, 20)];
    const both = [true, false].map((centred) => normGradient(x, weight, g, { centred, eps: 1e-6 }));
    return both.flatMap((made) => [made.x, made.weight]);
  },
  'gates and activations': (_, normals) => [
    ...siluGateGradient(normals(5, 13), normals(5, 13), normals(5, 13)),
    activate('relu', normals(5, 13)),
    activate('exp', normals(5, 13)),
  ],
  logits: (gpu, normals) => {
    const [logits, g] = [normals(7, 33), normals(1, 1)];
    const targets = Indices.from(gpu, Uint32Array.from([0, 32, 5, 7, 9, 11, 13]));
    return [crossEntropyGradient(logits, targets, 0.5, g), argmaxRows(logits)];
  },
  'rows and columns': (gpu, normals) => {
    const [x, scaled] = [normals(9, 17), normals(9, 17)];
    scaleColumns(scaled, normals(1, 17));
    const picked = gatherColumns(
      x,
      Uint32Array.from({ length: 17 }, (_, i) => (5 * i) % 17),
    );
    const shared = RowIndex.from(gpu, [0, 2, 2, 1, 0, 2, 1, 1, 1], 3);
    return [scaled, picked, columnSums(x), scaleBy(normals(1, 1), 0.5, x), shared.giveBack(x)];
  },
  'Hadamard transforms': (gpu, normals) => {
    // 2^5: two passes of butterflies; 12 · 2^2 and 20: signs, with butterflies and without, there and back.
    const [powers, product, signs] = [
      { K: 1, power: 5 },
      { K: 12, power: 2 },
      { K: 20, power: 0 },
    ].map((factors) => new Hadamard(gpu, factors));
    const heads = { first: 1, blocks: 2 };
    return [
      powers.rows(normals(5, 64)),
      product.rows(normals(7, 99), heads),
      product.rows(normals(7, 99), { ...heads, transposed: true }),
      signs.rows(normals(3, 40)),
    ];
  },
  'learned transforms': (_, normals) => {
    const [x, a, b, g] = [normals(9, 20), normals(4, 4), normals(5, 5), normals(9, 20)];
    const { y, middle } = kroneckerRows(x, a, b);
    const back = kroneckerBack(x, a, b, middle, g, { x: true, a: true, b: true });
    const { q, inverse } = cayleyMap(normals(9, 9));
    return [y, back.x, back.a, back.b, q, cayleyBack(inverse, normals(9, 9))];
  },
  'a head in panels': (gpu, normals) => {
    const table = Table.from(gpu, 40, 16, new Random(9).normals(640), 'head', 16 * 16 * 4);
    return [project(normals(6, 16), table)];
  },
  'parts of a layer': (gpu, normals) => {
    const places = Uint32Array.of(0, 5, 16, 17, 100, 152);
    return [multiplyFactors(normals(17, 5), normals(5, 9)), scatter(gpu, 17, 9, places, new Random(3).normals(6))];
  },
  'gradient descent': (gpu, normals) => {
    const parameters = [0, 0.9].map((momentum) => {
      const parameter = new Parameter(normals(6, 10));
      const optimizer = new Optimizer(gpu, sgd({ momentum, decay: 0.01 }), [parameter]);
      for (let step = 0; step < 2; step++) {
        parameter.grad = normals(6, 10);
        clipGradients([parameter], 0.5);
        optimizer.step(0.1);
      }
      return parameter.value;
    });
    return parameters;
  },
};

/** Runs one operation; what it made comes back in one piece. */
export async function operate(gpu: Gpu, name: string): Promise<Float32Array> {
  const random = new Random(name.length);
  const normals = (rows: number, cols: number) => Tensor.from(gpu, rows, cols, random.normals(rows * cols));
  const made = await OPERATIONS[name](gpu, normals);
  const values: number[] = [];
  for (const tensor of made) if (tensor) values.push(...(await tensor.read()));
  return Float32Array.from(values);
}
