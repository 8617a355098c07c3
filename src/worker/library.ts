/** The engine's model library: checks what is dropped, stores it, lists and inspects it. */
import { StudioError } from '../base/errors';
import { blobSource } from '../checkpoint/bytes';
import { openCheckpoint, type Checkpoint } from '../checkpoint/checkpoint';
import { fingerprintOf } from '../checkpoint/fingerprint';
import { readTexts } from '../checkpoint/text';
import { describeCheckpoint, networkOrLimitation } from '../run/describe';
import {
  addFile,
  listModelRecords,
  modelRecord,
  modelSources,
  removeModel,
  saveModel,
  type ModelRecord,
} from '../storage/models';
import type { ModelDescription, StoredModel } from './protocol';

/** Files of a bundled sample; all are needed. */
const SAMPLE_FILES = [
  'config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
  'calibration.jsonl',
  'heldout.jsonl',
];

export async function importFiles(files: readonly { path: string; file: Blob }[]): Promise<StoredModel> {
  const checkpoint = await openCheckpoint(files.map(({ path, file }) => blobSource(file, path)));
  const key = (await fingerprintOf(checkpoint)).slice(0, 24);
  return store(checkpoint, key, filesInUse(checkpoint, files), false);
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
  // The built worker lies in assets/, beside samples/; the development server serves public/ at the root.
  const base = import.meta.env.DEV
    ? new URL('/samples/', self.location.href)
    : new URL('../samples/', self.location.href);
  const files = await Promise.all(
    SAMPLE_FILES.map(async (name) => {
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
  const checkpoint = await openCheckpoint(files.map(({ path, blob }) => blobSource(blob, path)));
  return store(checkpoint, key, files, true);
}

export async function listModels(): Promise<StoredModel[]> {
  return (await listModelRecords()).map(page);
}

export async function removeStoredModel(key: string): Promise<void> {
  await removeModel(key);
}

export async function inspectModel(key: string): Promise<ModelDescription> {
  const checkpoint = await openCheckpoint(await modelSources(await modelRecord(key)));
  return describeCheckpoint(checkpoint);
}

/** Adds a text to calibrate with; it is read once to be sure that it can be. */
export async function addText(key: string, name: string, file: Blob): Promise<StoredModel> {
  const record = await modelRecord(key);
  const base = name.split('/').pop() ?? name;
  if (!/\.(txt|jsonl)$/i.test(base)) {
    throw new StudioError('QS-FILE-04', `"${base}" is not a text this page reads: choose a .txt or .jsonl file.`);
  }
  await readTexts(blobSource(file, base));
  const folder = record.paths[0].includes('/') ? `${record.paths[0].split('/')[0]}/` : '';
  const path = `${folder}${base}`;
  const paths = [...new Set([...record.paths, path])];
  const texts = [...new Set([...record.texts, base])];
  const next = { ...record, paths, texts, bytes: record.bytes + file.size };
  await addFile(next, path, file);
  return page(next);
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
  const record: ModelRecord = {
    key,
    name: checkpoint.name,
    bytes: files.reduce((sum, { blob }) => sum + blob.size, 0),
    architecture: network?.architecture ?? null,
    parameters: network?.parameters ?? weights,
    sample,
    texts: [...checkpoint.texts.keys()],
    limitation,
    added: new Date().toISOString(),
    paths: files.map(({ path }) => path),
  };
  await saveModel(record, files);
  return page(record);
}

function page({ paths: _, ...model }: ModelRecord): StoredModel {
  return model;
}
