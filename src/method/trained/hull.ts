/**
 * The moving hull of ViM-VQ (arXiv:2503.09509; shaders/codebook/hull.wgsl): candidates that are of little use give way to the
 * codeword nearest to where the loss would have the sub-vector, u = v − η ∂L/∂v, in a way that moves v as little as possible.
 */
import { assign } from '../../codebook/assign';
import { linear } from '../../codebook/linear';
import { subVectors, VIEW_PARAMS, viewParams } from '../../codebook/tiles';
import { defineKernel, linearGrid } from '../../gpu/kernel';
import { innerProduct, squaredError } from '../../tensor/scalar';
import { Tensor } from '../../tensor/tensor';
import type { MixtureLayer } from './mixture-layer';

const TARGET = defineKernel({
  shader: 'codebook/hull-target',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'read', 'write'],
  params: { count: 'u32', share: 'f32' },
});

const HULL = defineKernel({
  shader: 'codebook/hull',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'read', 'write', 'write', 'write', 'write'],
  params: { ...VIEW_PARAMS, cb_stride: 'u32', stride: 'u32', first_group: 'u32', past_group: 'u32' },
  overrides: ['D', 'LANES', 'N'],
});

/** u = v − η g, with η such that the step's size is `share` times that of w − v; the caller's. All rows × cols. */
export function hullTarget(weight: Tensor, value: Tensor, gradient: Tensor, share: number): Tensor {
  const { gpu } = weight;
  const residual = squaredError(weight, value, null);
  const energy = innerProduct(gradient, gradient);
  const target = Tensor.empty(gpu, weight.rows, weight.cols, 'hull target');
  const count = target.bytes / 16;
  gpu.launch(TARGET, {
    buffers: [value, gradient, residual, energy, target].map(({ buffer }) => buffer),
    params: { count, share },
    grid: linearGrid(count, 64),
    work: 8 * count,
  });
  residual.release();
  energy.release();
  return target;
}

/** Moves a layer's candidates towards `target`. `state`: the optimizer's two tensors of the logits. */
export function moveHull(layer: MixtureLayer, target: Tensor, state: readonly [Tensor, Tensor]): void {
  const { of, codebook, logits, frozen } = layer;
  const points = subVectors(target, of.tiles.dim);
  const { codes, distances } = assign(points, codebook.value);
  linear(
    target.gpu,
    HULL,
    [
      target.buffer,
      codebook.value.buffer,
      codes.buffer,
      frozen.buffer,
      of.candidates.buffer,
      logits.value.buffer,
      state[0].buffer,
      state[1].buffer,
    ],
    points.rows * points.subs,
    8 * of.n * points.dim + 32,
    { ...viewParams(points), cb_stride: codebook.value.stride, stride: logits.value.stride },
    { D: points.dim, N: of.n },
  );
  codes.release();
  distances.release();
}
