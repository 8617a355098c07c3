/** The lessons' pieces are of the sample as it is: a changed sample wants scripts/lesson-data.mjs. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import attention from './data/attention-output.json';
import outliers from './data/outlier-inputs.json';
import { readLayerFile, type LayerFile } from './layer-data';
import { openSample, PIECES } from './testing/make-layer';

const FILES: Readonly<Record<string, LayerFile>> = { 'attention-output': attention, 'outlier-inputs': outliers };
const SAMPLE = join(import.meta.dirname, '../../public/samples/stories-1m');

it.each(Object.keys(PIECES))('%s has the weights of the sample', async (name) => {
  const { tensors } = await openSample(SAMPLE);
  const { rows, firstCol, cols } = PIECES[name];
  const piece = readLayerFile(FILES[name]);
  const found = tensors.get(`${FILES[name].layer}.weight`);
  if (!found) throw new Error(`the sample has no ${FILES[name].layer}`);
  const width = found.shape[1];
  for (let r = 0; r < rows; r++) {
    const own = found.values.subarray(r * width + firstCol, r * width + firstCol + cols);
    expect([...piece.weight.data.subarray(r * cols, (r + 1) * cols)]).toEqual([...own]);
  }
  expect(piece.own.data.every(Number.isFinite) && piece.full.data.every(Number.isFinite)).toBe(true);
  expect(piece.own.data).not.toEqual(piece.full.data);
});
