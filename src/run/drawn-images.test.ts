/** Drawn pictures as a set of images: like the sample's own, and refused to networks that know others. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import type { ImagePlan } from '../model/vision/image-model';
import { drawnImages } from './drawn-images';
import { readImages } from './image-sets';

const image: ImagePlan = {
  ...{ size: 16, channels: 3, patch: 4, stride: 4 },
  scaling: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
};
const model = { image, classes: 10 };

it('are new ones of the kind that the sample ships', async () => {
  const path = join(import.meta.dirname, '../../public/samples/shapes-vit/heldout.npz');
  const shipped = await readImages(memorySource(await readFile(path), 'heldout.npz'), model, 512);
  const drawn = drawnImages(model, 512, 1);
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(drawn.images).toHaveLength(shipped.images.length);
  expect(Math.abs(mean(drawn.images) - mean(shipped.images))).toBeLessThan(0.1);
  expect(new Set(drawn.labels).size).toBe(10);
  expect(drawn.images.subarray(0, 768)).not.toEqual(shipped.images.subarray(0, 768));
  expect(drawnImages(model, 2, 2).images).not.toEqual(drawn.images.subarray(0, 2 * 768));
});

it.each([
  { ...model, classes: 1000 },
  { ...model, image: { ...image, size: 32 } },
])('are refused to a network for others', (other) => {
  expect(() => drawnImages(other, 2, 1)).toThrow('Drawn pictures are 16 × 16 × 3 of 10 shapes, and this model takes');
});
