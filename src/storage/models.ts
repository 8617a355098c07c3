/** Stored models: their files as Blobs, and a short record each. */
import { blobSource, type ByteSource } from '../checkpoint/bytes';
import { StudioError } from '../base/errors';
import type { Task } from '../run/events';
import { assertRoom, keysOf, read, remove, removeAll, write } from './database';
import { removeInspected } from './inspected';

export interface ModelRecord {
  readonly key: string;
  readonly name: string;
  /** A person gave it its name, which the same files keep when they are dropped again. */
  readonly named?: true;
  readonly bytes: number;
  readonly architecture: string | null;
  /** What the network is for; null where the architecture is unknown. Missing in records of before there was anything but text. */
  readonly task?: Task | null;
  readonly parameters: number;
  readonly sample: boolean;
  /** Text files beside the weights. */
  readonly texts: readonly string[];
  /** Sets of images beside the weights; missing where the task is. */
  readonly images?: readonly string[];
  /** Why only weight-only methods work; null when everything does. */
  readonly limitation: string | null;
  /** ISO 8601. */
  readonly added: string;
  /** Paths of its files, as dropped. */
  readonly paths: readonly string[];
}

/**
 * Stores files and record. On a full disk the files already written are removed again, but not those of the same model that were
 * there before: it has just been dropped again.
 */
export async function saveModel(record: ModelRecord, files: readonly { path: string; blob: Blob }[]): Promise<void> {
  await assertRoom(files.reduce((sum, { blob }) => sum + blob.size, 0));
  // Of files of the same fingerprint, which does not see every byte, each tensor may be another.
  await removeInspected(record.key);
  const known = new Set(await keysOf('files', `${record.key}/`));
  const keys = files.map(({ path }) => `${record.key}/${path}`);
  try {
    for (const [i, { blob }] of files.entries()) await write('files', keys[i], blob);
    await write('models', record.key, record);
  } catch (error) {
    for (const key of keys) if (!known.has(key)) await remove('files', key);
    throw error;
  }
}

/** Replaces a model's record; its files stay. */
export async function saveRecord(record: ModelRecord): Promise<void> {
  await write('models', record.key, record);
}

/** Adds one file to a stored model and replaces its record. */
export async function addFile(record: ModelRecord, path: string, blob: Blob): Promise<void> {
  await assertRoom(blob.size);
  await write('files', `${record.key}/${path}`, blob);
  await write('models', record.key, record);
}

export async function listModelRecords(): Promise<ModelRecord[]> {
  const records = await Promise.all((await keysOf('models')).map((key) => read<ModelRecord>('models', key)));
  return records
    .filter((record): record is ModelRecord => record !== undefined)
    .sort((a, b) => (a.added < b.added ? 1 : -1));
}

/** Throws QS-STO-03 when the browser no longer has it. */
export async function modelRecord(key: string): Promise<ModelRecord> {
  const record = await read<ModelRecord>('models', key);
  if (!record) throw new StudioError('QS-STO-03', 'The stored copy of this model is gone: drop its files again.');
  return record;
}

/** The model's files as lazy sources. Throws QS-STO-03 naming a file that is gone. */
export async function modelSources(record: ModelRecord): Promise<ByteSource[]> {
  return Promise.all(
    record.paths.map(async (path) => {
      const blob = await read<Blob>('files', `${record.key}/${path}`);
      if (!blob) {
        throw new StudioError(
          'QS-STO-03',
          `The stored copy of ${record.name} is incomplete, the browser removed ${path}: drop its files again.`,
        );
      }
      return blobSource(blob, path);
    }),
  );
}

export async function removeModel(key: string): Promise<void> {
  await remove('models', key);
  await removeAll('files', `${key}/`);
  await removeInspected(key);
}
