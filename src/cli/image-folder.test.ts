import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadVisionFixture } from '../model/testing/vision-fixtures';
import { openNetwork, readsText } from '../model/architecture';
import type { Classifier } from '../model/vision/image-model';
import { encodePng } from '../run/png';
import { imagesNpz } from '../run/testing/npz';
import { imagesAt } from './image-folder';

async function tinyClassifier(): Promise<Classifier> {
  const { source } = await loadVisionFixture('vit');
  const model = openNetwork(source);
  if (readsText(model) || model.task !== 'classification') throw new Error('no classifier');
  return { ...model, image: { ...model.image, scaling: null } };
}

describe('images of a folder', async () => {
  const model = await tinyClassifier();
  const { size } = model.image;
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quantelier-images-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function picture(path: string, value: number, width = size) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    const pixels = new Uint8Array(width * width * 3).fill(value);
    await writeFile(join(folder, path), encodePng({ width, height: width, channels: 3, pixels }));
  }

  it('are pictures, a folder a class by its number, or by the model’s names', async () => {
    await picture('2/b.png', 51);
    await picture('2/a.PNG', 102);
    await picture('0/c.png', 255);
    const { images, labels } = await imagesAt(folder, model);
    expect(labels).toEqual([0, 2, 2]);
    const firsts = [0, 1, 2].map((i) => images[i * 3 * size * size]);
    expect(firsts).toEqual([1, 102 / 255, 51 / 255].map(Math.fround));
    await rm(join(folder, '0'), { recursive: true });
    await rm(join(folder, '2'), { recursive: true });
    await picture('ring/a.png', 0);
    expect((await imagesAt(folder, { ...model, classNames: ['disc', 'ring'] })).labels).toEqual([1]);
  });

  it('are the arrays in it', async () => {
    await writeFile(join(folder, 'heldout.npz'), imagesNpz(4, size, 2, 1));
    await writeFile(join(folder, 'calibration.npz'), imagesNpz(7, size, 2, 1));
    expect((await imagesAt(folder, model)).labels).toHaveLength(4);
    expect((await imagesAt(join(folder, 'calibration.npz'), model)).labels).toHaveLength(7);
  });

  it('that are none, of another size, or of no class are refused', async () => {
    await expect(imagesAt(folder, model)).rejects.toThrow('0 .npz files and no folders');
    await mkdir(join(folder, '1'));
    await expect(imagesAt(folder, model)).rejects.toThrow('hold no .png files');
    await picture('1/a.png', 0, size + 1);
    await expect(imagesAt(folder, model)).rejects.toThrow(`${size + 1} × ${size + 1} × 3, and this model takes`);
    await rm(join(folder, '1'), { recursive: true });
    await picture('zebra/a.png', 0);
    await expect(imagesAt(folder, model)).rejects.toThrow('"zebra" is no class of this model');
  });
});
