/** The engine's model library: checks what is dropped, stores it, lists and inspects it. */
import { describeCheckpoint, openCheckpoint, type ByteSource, type Checkpoint } from '../engine';
import { StudioError } from '../base/errors';
import { blobSource } from '../checkpoint/bytes';
import { fingerprintOf } from '../checkpoint/fingerprint';
import { readTexts } from '../checkpoint/text';
import { readsText, type AnyNetwork, taskOf } from '../model/architecture';
import { networkOrLimitation } from '../run/describe';
import { readImages } from '../run/image-sets';
import {
  addFile,
  listModelRecords,
  modelRecord,
  modelSources,
  removeModel,
  saveModel,
  saveRecord,
  type ModelRecord,
} from '../storage/models';
import type { ModelDescription, StoredModel } from './protocol';

const NETWORK_FILES = ['config.json', 'model.safetensors'];
const IMAGE_FILES = ['calibration.npz', 'heldout.npz'];
const TEXT_FILES = ['tokenizer.json', 'tokenizer_config.json', 'calibration.jsonl', 'heldout.jsonl'];

/** Files of the bundled samples, by the names of their folders; all are needed. */
export const SAMPLE_FILES: Readonly<Record<string, readonly string[]>> = {
  'stories-1m': [...NETWORK_FILES, ...TEXT_FILES],
  'shapes-vit': [...NETWORK_FILES, ...IMAGE_FILES],
  'shapes-vim': [...NETWORK_FILES, ...IMAGE_FILES],
  'shapes-resnet': [...NETWORK_FILES, ...IMAGE_FILES],
  'shapes-dit': NETWORK_FILES,
};

/** The sample whose features the images of a diffusion network are compared by. */
const FEATURE_SAMPLE = 'shapes-vit';

export async function importFiles(files: readonly { path: string; file: Blob }[]): Promise<StoredModel> {
  const checkpoint = await openCheckpoint(files.map(({ path, file }) => blobSource(file, path)));
  refuseImages(checkpoint);
  const key = (await fingerprintOf(checkpoint)).slice(0, 24);
  return store(checkpoint, key, filesInUse(checkpoint, files), false);
}

/** A set of images opens like any NumPy file, and there is nothing in it to quantize. */
function refuseImages({ format, tensors, sources }: Checkpoint): void {
  if (format !== 'numpy' || tensors.get('images')?.dtype !== 'U8' || !tensors.has('labels')) return;
  throw new StudioError(
    'QS-FILE-04',
    `"${sources[0].name}" holds images, not weights: drop it together with a classifier, or open one and add it on the recipe screen.`,
  );
}

/** The files to keep. A checkpoint's own paths begin below the folder that everything dropped lies in. */
function filesInUse(
  checkpoint: Checkpoint,
  files: readonly { path: string; file: Blob }[],
): { path: string; blob: Blob }[] {
  const longest = (names: readonly string[]) => Math.max(...names.map((name) => name.length));
  const used = checkpoint.sources.map(({ name }) => name);
  const folder = longest(files.map(({ path }) => path)) - longest([...used, ...checkpoint.ignored]);
  return files.filter(({ path }) => used.includes(path.slice(folder))).map(({ path, file }) => ({ path, blob: file }));
}

export async function importSample(id: string): Promise<StoredModel> {
  const key = `sample-${id}`;
  const known = (await listModelRecords()).find((record) => record.key === key);
  if (known) return page(known);
  const files = await fetchSample(id, SAMPLE_FILES[id] ?? []);
  const checkpoint = await openCheckpoint(files.map(({ path, blob }) => blobSource(blob, path)));
  return store(checkpoint, key, files, true);
}

function fetchSample(id: string, names: readonly string[]): Promise<{ path: string; blob: Blob }[]> {
  // The built worker lies in assets/, beside samples/; the development server serves public/ at the root.
  const base = import.meta.env.DEV
    ? new URL('/samples/', self.location.href)
    : new URL('../samples/', self.location.href);
  return Promise.all(
    names.map(async (name) => {
      const response = await fetch(new URL(`${id}/${name}`, base));
      if (!response.ok) {
        throw new StudioError(
          'QS-FILE-03',
          `The sample's ${name} could not be loaded (status ${response.status}): reload the page.`,
        );
      }
      return { path: `${id}/${name}`, blob: await response.blob() };
    }),
  );
}

/**
 * The classifier that comes with the studio, for features of images; nothing is stored. Null where it cannot be had: a run that is all
 * but done should not fail for one figure, and its results say that the figure is missing.
 */
export async function featureCheckpoint(): Promise<Checkpoint | null> {
  try {
    const files = await fetchSample(FEATURE_SAMPLE, NETWORK_FILES);
    return await openCheckpoint(files.map(({ path, blob }) => blobSource(blob, path)));
  } catch {
    return null;
  }
}

export async function openStored(key: string): Promise<Checkpoint> {
  const record = await modelRecord(key);
  // The name in the library is the one that runs and exports carry.
  return { ...(await openCheckpoint(await modelSources(record))), name: record.name };
}

/** Another network that a recipe names by its key: a stored one, or a bundled sample, which need not be stored. Throws QS-RECIPE-01. */
export async function otherNetwork(key: string): Promise<Checkpoint> {
  const [, sample] = /^sample-(.+)$/.exec(key) ?? [];
  if (sample !== undefined && Object.hasOwn(SAMPLE_FILES, sample)) {
    const files = await fetchSample(sample, NETWORK_FILES);
    return openCheckpoint(files.map(({ path, blob }) => blobSource(blob, path)));
  }
  if ((await listModelRecords()).some((record) => record.key === key)) return openStored(key);
  throw new StudioError(
    'QS-RECIPE-01',
    `The recipe shares a codebook with the network "${key}", which is not stored here: drop its files, or choose others.`,
  );
}

export async function listModels(): Promise<StoredModel[]> {
  return (await listModelRecords()).map(page);
}

export async function removeStoredModel(key: string): Promise<void> {
  await removeModel(key);
}

/** Longer names fit no table. */
const LONGEST_NAME = 80;

export async function renameStoredModel(key: string, name: string): Promise<StoredModel> {
  const record = { ...(await modelRecord(key)), name: name.trim().slice(0, LONGEST_NAME), named: true } as const;
  await saveRecord(record);
  return page(record);
}

export async function inspectModel(key: string): Promise<ModelDescription> {
  return describeCheckpoint(await openStored(key));
}

/** Adds a text or a set of images to calibrate with; it is read once to be sure that it can be. */
export async function addData(key: string, name: string, file: Blob): Promise<StoredModel> {
  const record = await modelRecord(key);
  const base = name.split('/').pop() ?? name;
  const { network } = networkOrLimitation(await openCheckpoint(await modelSources(record)));
  const { accepts, kind, read } = dataOf(network);
  if (!accepts(base)) {
    throw new StudioError('QS-FILE-04', `"${base}" is not what this model calibrates on: choose ${kind}.`);
  }
  await read(blobSource(file, base));
  const folder = record.paths[0].includes('/') ? `${record.paths[0].split('/')[0]}/` : '';
  const path = `${folder}${base}`;
  const paths = [...new Set([...record.paths, path])];
  const list = network && !readsText(network) ? 'images' : 'texts';
  if (record.paths.includes(path) && !(record[list] ?? []).includes(base)) {
    throw new StudioError('QS-FILE-04', `The model has a file "${base}" of its own: rename yours.`);
  }
  const names = [...new Set([...(record[list] ?? []), base])];
  const next = { ...record, paths, [list]: names, bytes: record.bytes + file.size };
  await addFile(next, path, file);
  return page(next);
}

interface DataKind {
  accepts(name: string): boolean;
  readonly kind: string;
  read(source: ByteSource): Promise<unknown>;
}

/** The files that a network calibrates on; of one that is unknown, texts. */
function dataOf(network: AnyNetwork | null): DataKind {
  if (network === null || readsText(network)) {
    // What else a text may be named, and what is none, its reader says.
    const others = /\.(npz|npy|safetensors|bin|pt|pth|th|ckpt|png|jpe?g)$/i;
    return { accepts: (name) => !others.test(name), kind: 'a .txt, .md, .jsonl or .json file', read: readTexts };
  }
  if (network.task === 'classification') {
    return {
      accepts: (name) => /\.npz$/i.test(name),
      kind: 'an .npz file of images',
      read: (source) => readImages(source, network, 1),
    };
  }
  throw new StudioError(
    'QS-FILE-04',
    'A diffusion network calibrates on what it generates itself: it takes no further files.',
  );
}

async function store(
  checkpoint: Checkpoint,
  key: string,
  files: readonly { path: string; blob: Blob }[],
  sample: boolean,
): Promise<StoredModel> {
  const { network, limitation } = networkOrLimitation(checkpoint);
  const weights = [...checkpoint.tensors.values()].reduce(
    (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  );
  const known = (await listModelRecords()).find((record) => record.key === key);
  const record: ModelRecord = {
    key,
    ...(known?.named ? { name: known.name, named: true } : { name: checkpoint.name }),
    bytes: files.reduce((sum, { blob }) => sum + blob.size, 0),
    architecture: network?.architecture ?? null,
    task: network && taskOf(network),
    parameters: network?.parameters ?? weights,
    sample,
    texts: [...checkpoint.texts.keys()],
    images: [...checkpoint.images.keys()],
    limitation,
    added: new Date().toISOString(),
    paths: files.map(({ path }) => path),
  };
  await saveModel(record, files);
  return page(record);
}

/** Names of weight files that say nothing of the model. */
const EVERYBODYS_NAME =
  /^(model|pytorch_model|diffusion_pytorch_model|consolidated(\.\d+)?|weights|checkpoint|state_dict)$/i;

function page({ paths, named, ...model }: ModelRecord): StoredModel {
  const { task = model.architecture === null ? null : 'text', images = [] } = model;
  const folder = paths[0].includes('/') ? paths[0].split('/')[0] : null;
  const nameless = folder === null && named === undefined && EVERYBODYS_NAME.test(model.name);
  return { ...model, task, images, origin: { files: paths.length, folder, nameless } };
}
