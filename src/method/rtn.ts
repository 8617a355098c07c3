/**
 * RTN: every weight to the nearest level of its own row's or group's grid (algorithms.md section 1). No data; the baseline, and
 * what a layer falls back to when a method fails on it. Dead columns keep their weights, as in the reference.
 */
import { groupCount } from '../quantizer/affine';
import { emptyGrid, fitGroups, roundToGrid } from '../tensor/affine-grid';
import { arrangeWeights } from '../tensor/compensation';
import { Indices } from '../tensor/indices';
import { faceOf } from './catalogue';
import { finish } from './finish';
import type { Method } from './layer';
import { scalarOptions } from './parameters';
import { identity } from './statistics';

export const rtn: Method = {
  face: faceOf('rtn'),
  async quantize({ weight }, given) {
    const options = scalarOptions(given);
    const { gpu } = weight;
    const size = options.groupSize ?? weight.cols;
    const spec = {
      bits: options.bits,
      symmetric: options.symmetric,
      clip: options.clip,
      groups: groupCount(weight.cols, options.groupSize),
      size,
    };
    const order = identity(weight.cols);
    const place = Indices.from(gpu, order);
    const weights = arrangeWeights(weight, place);
    const grid = emptyGrid(gpu, weight.rows, spec.groups);
    fitGroups(weights, place, grid, spec);
    const columnGroup = order.map((c) => Math.floor(c / size));
    const groupOf = Indices.from(gpu, columnGroup);
    const codes = roundToGrid(weights, grid, groupOf, spec);
    for (const used of [place, weights, groupOf]) used.release();
    const done = await finish({
      codes,
      grid,
      position: order,
      groupOf: columnGroup,
      bits: options.bits,
      symmetric: options.symmetric,
    });
    return { ...done, damping: null, retries: 0, note: null };
  },
};
