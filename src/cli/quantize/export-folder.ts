/**
 * A row's export as a folder. It is made whole and read back in a place of its own, then put where it belongs: first whatever an earlier
 * export left there is taken away, then come the files beside the weights, and the weights last. So a folder that has weights has
 * all that belongs to them, whenever the work is cut off.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { weightFiles, type RowExport, type RunResult, type WeightFormat } from '../../engine';
import { sentenceOf } from '../../base/errors';
import { openSafetensors } from '../../checkpoint/safetensors';
import { csvFile, resultsFile } from '../../run/export';
import { ExitError } from '../exit-codes';
import { sourcesOf } from '../folder-source';
import { syncFolder, writeParts } from '../write';

export interface Exported {
  readonly row: RowExport;
  readonly format: WeightFormat;
  readonly result: RunResult;
}

/** Makes the export in `staging` and moves it to `out`; returns the largest difference found on re-reading, and what is to be said of it. */
export async function exportFolder(
  exported: Exported,
  staging: string,
  out: string,
): Promise<{ readonly largestDifference: number; readonly notes: readonly string[] }> {
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  await writeParts(join(staging, 'results.json'), resultsFile(exported.result));
  await writeParts(join(staging, 'layers.csv'), csvFile(exported.result));
  const { files, notes, verify } = await weightFiles(exported.format, exported.row);
  for (const file of files) await writeParts(join(staging, file.name), file);
  const [weights] = files.map(({ name }) => name);
  const [written] = await sourcesOf(join(staging, weights));
  const largestDifference = await verify(written).catch((error: unknown) => {
    const why = sentenceOf(error).replace(/\.$/, '');
    throw new ExitError(
      'check',
      `The export was read back and is not what the run made, so it was not put in ${out}: ${why}.`,
    );
  });
  await publish(staging, out, weights);
  return { largestDifference, notes };
}

async function publish(staging: string, out: string, weights: string): Promise<void> {
  await removeEarlierExports(out);
  // The order is on the disk before the next step is.
  await syncFolder(out);
  const entries = await readdir(staging, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of paths.filter((one) => one !== join(staging, weights))) {
    const target = join(out, relative(staging, path));
    await mkdir(dirname(target), { recursive: true });
    await rename(path, target);
    await syncFolder(dirname(target));
  }
  await syncFolder(out);
  await rename(join(staging, weights), join(out, weights));
  await syncFolder(out);
  await rm(staging, { recursive: true, force: true });
}

/** Loaders would take one export's weights with another's description. A weight file that is not ours is left alone. */
async function removeEarlierExports(out: string): Promise<void> {
  for (const name of ['model.safetensors', 'model.codebook.safetensors']) {
    const found = await sourcesOf(join(out, name))
      .then(([source]) => openSafetensors(source))
      .catch(() => null); // absent, or no safetensors file
    if (found?.metadata.has('quantelier')) await rm(join(out, name));
  }
  await rm(join(out, 'quantize_config.json'), { force: true });
}
