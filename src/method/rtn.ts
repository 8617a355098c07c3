/**
 * RTN: every weight to the nearest level of its own row's or group's grid. No data; the baseline, and
 * what a layer falls back to when a method fails on it. Dead columns keep their weights, as in the reference.
 */
import { groupCount } from '../quantizer/affine';
import { decodeCodes, emptyGrid, fitGroups, fitUnits, groupsOf, packCodes, roundToGrid } from '../tensor/affine-grid';
import { arrangeWeights } from '../tensor/compensation';
import { Indices } from '../tensor/indices';
import { faceOf } from './catalogue';
import { Tensor } from '../tensor/tensor';
import { finish, finishRows } from './finish';
import { healthOf } from './health';
import type { Layer, Method } from './layer';
import { scalarOptions, type Options, type ScalarOptions } from './parameters';

export const rtn: Method = {
  face: faceOf('rtn'),
  async quantize({ weight, beside }, given) {
    const options = scalarOptions(given);
    const asked = weight instanceof Tensor ? beside : undefined;
    const { tensor, q } = await finishRows(weight, (tile) => round(tile, options, asked));
    return { tensor, q, damping: null, retries: 0, note: null };
  },
};

/** The weight as its own grid has it, by what a row's options say of one; nothing is read back. */
export function roundedToGrid(weight: Tensor, given: Options): Tensor {
  const { codes, grid, place, groupOf, weights, units } = codesOf(weight, scalarOptions(given));
  const packed = packCodes(codes, place);
  const q = decodeCodes(packed, grid, groupOf);
  for (const used of [codes, grid, place, groupOf, weights, packed, units]) used?.release();
  return q;
}

async function round(weight: Tensor, options: ScalarOptions, beside: Layer['beside']) {
  const { codes, grid, place, groupOf, weights, units } = codesOf(weight, options);
  const health = healthOf(weights, null);
  weights.release();
  const { bits, symmetric } = options;
  const done = await finish({ codes, grid, position: place, groupOf, units, bits, symmetric }, health, beside);
  place.release();
  return done;
}

/** In the working order, which is the natural one. */
function codesOf(weight: Tensor, { bits, symmetric, clip, groupSize, progressive }: ScalarOptions) {
  const { gpu } = weight;
  const size = groupSize ?? weight.cols;
  const place = Indices.natural(gpu, weight.cols);
  const weights = arrangeWeights(weight, place);
  const units = progressive ? fitUnits(weights, { bits }) : undefined;
  const spec = { bits, symmetric, clip, groups: groupCount(weight.cols, groupSize), size, units };
  const grid = emptyGrid(gpu, weight.rows, spec.groups);
  fitGroups(weights, place, grid, spec);
  const groupOf = groupsOf(place, size);
  return { codes: roundToGrid(weights, grid, groupOf, spec), grid, place, groupOf, weights, units };
}
