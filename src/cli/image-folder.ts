/**
 * Images to evaluate on, from a path: an .npz file; a folder with one (`heldout.npz`, or its only one); or a folder of PNG pictures, one
 * folder a class, named as the model's classes are, by their numbers, or in the order of their names.
 */
import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { StudioError } from '../base/errors';
import { decodePng } from '../checkpoint/png';
import { quoted } from '../checkpoint/wording';
import type { Classifier } from '../model/vision/image-model';
import { readImages, scaled, type ImageSet } from '../run/image-sets';
import { fileSource, sourcesOf } from './folder-source';

const MOST_IMAGES = 1_000_000;

export async function imagesAt(path: string, model: Classifier): Promise<ImageSet> {
  const [first] = await sourcesOf(path);
  if ((await stat(path)).isFile()) return readImages(first, model, MOST_IMAGES);
  const entries = await readdir(path, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (folders.length > 0) return pictures(path, folders.sort(), model);
  const arrays = entries.map(({ name }) => name).filter((name) => name.endsWith('.npz'));
  const chosen = arrays.find((name) => name === 'heldout.npz') ?? (arrays.length === 1 ? arrays[0] : null);
  if (!chosen) {
    throw new StudioError(
      'QS-FILE-09',
      `${quoted(path)} has ${arrays.length} .npz files and no folders of PNG pictures: name one file, or a folder with a folder a class.`,
    );
  }
  const file = join(path, chosen);
  return readImages(fileSource(file, chosen, (await stat(file)).size), model, MOST_IMAGES);
}

async function pictures(path: string, folders: readonly string[], model: Classifier): Promise<ImageSet> {
  const { size, channels } = model.image;
  const labels: number[] = [];
  const parts: Uint8Array[] = [];
  for (const [i, folder] of folders.entries()) {
    const label = classOf(folder, i, folders, model);
    for (const name of (await readdir(join(path, folder))).filter((file) => /\.png$/i.test(file)).sort()) {
      const picture = decodePng(await readFile(join(path, folder, name)), `${folder}/${name}`);
      if (picture.width !== size || picture.height !== size || picture.channels !== channels) {
        throw new StudioError(
          'QS-FILE-07',
          `${quoted(`${folder}/${name}`)} is ${picture.width} × ${picture.height} × ${picture.channels}, and this model takes ${size} × ${size} × ${channels}: resize it.`,
        );
      }
      labels.push(label);
      parts.push(picture.bytes);
    }
  }
  if (labels.length === 0) {
    throw new StudioError('QS-FILE-09', `The folders of ${quoted(path)} hold no .png files: put pictures into them.`);
  }
  const bytes = new Uint8Array(parts.length * size * size * channels);
  parts.forEach((part, i) => bytes.set(part, i * part.length));
  return { images: scaled(bytes, model.image), labels, label: `${labels.length} pictures of ${basename(path)}` };
}

function classOf(
  folder: string,
  place: number,
  folders: readonly string[],
  { classes, classNames }: Classifier,
): number {
  const named = classNames?.indexOf(folder) ?? -1;
  if (named >= 0) return named;
  const label = /^\d+$/.test(folder) ? Number(folder) : folders.length === classes ? place : -1;
  if (label >= 0 && label < classes) return label;
  throw new StudioError(
    'QS-FILE-07',
    `The folder ${quoted(folder)} is no class of this model (${classNames?.join(', ') ?? `0 to ${classes - 1}`}): name folders as its classes.`,
  );
}
