/**
 * RTN: every weight to the nearest level of its own row's or group's grid. No data; the baseline, and
 * what a layer falls back to when a method fails on it. Dead columns keep their weights, as in the reference.
 */
import { groupCount } from '../quantizer/affine';
import { emptyGrid, fitGroups, groupsOf, roundToGrid } from '../tensor/affine-grid';
import { arrangeWeights } from '../tensor/compensation';
import { Indices } from '../tensor/indices';
import { faceOf } from './catalogue';
import { Tensor } from '../tensor/tensor';
import { finish, finishRows } from './finish';
import { healthOf } from './health';
import type { Layer, Method } from './layer';
import { scalarOptions, type ScalarOptions } from './parameters';

export const rtn: Method = {
  face: faceOf('rtn'),
  async quantize({ weight, beside }, given) {
    const options = scalarOptions(given);
    const asked = weight instanceof Tensor ? beside : undefined;
    const { tensor, q } = await finishRows(weight, (tile) => round(tile, options, asked));
    return { tensor, q, damping: null, retries: 0, note: null };
  },
};

async function round(weight: Tensor, options: ScalarOptions, beside: Layer['beside']) {
  const { gpu } = weight;
  const size = options.groupSize ?? weight.cols;
  const spec = {
    bits: options.bits,
    symmetric: options.symmetric,
    clip: options.clip,
    groups: groupCount(weight.cols, options.groupSize),
    size,
  };
  const place = Indices.natural(gpu, weight.cols);
  const weights = arrangeWeights(weight, place);
  const grid = emptyGrid(gpu, weight.rows, spec.groups);
  fitGroups(weights, place, grid, spec);
  const groupOf = groupsOf(place, size);
  const codes = roundToGrid(weights, grid, groupOf, spec);
  const health = healthOf(weights, null);
  weights.release();
  const { bits, symmetric } = options;
  const done = await finish({ codes, grid, position: place, groupOf, bits, symmetric }, health, beside);
  place.release();
  return done;
}
