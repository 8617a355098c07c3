/** Buffers of the pool that work on one layer takes, from its shape alone: what steps and methods hold beside the weight itself. */
import { poolBytes } from '../gpu/buffers';
import { codebookOptions } from '../method/families';
import { scalarOptions } from '../method/parameters';
import type { RunRow } from '../recipe/rows';
import { STEP_FACES } from '../step/faces';
import { padded } from '../tensor/tensor';

/** Bytes of the pool that a rows × cols tensor takes. */
export const size = (rows: number, cols: number) => poolBytes(padded(rows) * padded(cols) * 4);

/** Of a layer's weight, beside what it decodes to, while steps work on it that store low-rank factors: differences, products, their sums. */
export function copiesBeside(steps: RunRow['steps']): number {
  const storing = steps.filter(({ step }) => STEP_FACES[step].parts?.includes('factors'));
  if (storing.length === 0) return 0;
  return storing.some(({ step, options }) => STEP_FACES[step].needsDrift?.(options)) ? 5 : 3;
}

/** Of a weight's tiles, one after another: those before are there as they were decoded. */
export function affineWork(options: RunRow['options'], tiles: readonly number[], cols: number): number {
  let before = 0;
  let most = 0;
  for (const height of tiles) {
    most = Math.max(most, before + tileWork(options, height, cols));
    before += size(height, cols);
  }
  return most;
}

/** The column loop's or the rounding's working copy, coefficients and codes; then codes, packed ones and the decoded weight. */
function tileWork(options: RunRow['options'], rows: number, cols: number): number {
  const { blockSize, groupSize } = scalarOptions(options);
  const layer = size(cols, rows);
  const grid = size(2 * Math.ceil(cols / (groupSize ?? cols)), rows);
  const original = typeof options.alpha2 === 'number' && options.alpha2 !== 0 ? layer : 0;
  const history = blockSize ? size(2 * Math.min(blockSize, cols), rows) : 0;
  const loop = 2 * layer + original + history + grid;
  const finishing = layer + poolBytes(rows * Math.ceil(cols / 4) * 4) + size(rows, cols) + grid;
  return Math.max(loop, finishing);
}

/** Sub-vectors as points, a scaled copy where there are scales, their codes and distances. */
export function codebookWork(options: RunRow['options'], rows: number, cols: number): number {
  const { dim, scaleBlock } = codebookOptions(options);
  const layer = size(rows, cols);
  const codes = poolBytes((4 * rows * cols) / dim);
  return layer * (scaleBlock === null ? 2 : 4) + 3 * codes;
}
