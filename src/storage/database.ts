/**
 * The studio's IndexedDB databases through idb-keyval, schema version 1: one database a kind, because idb-keyval keeps one object
 * store each. A later schema opens databases under new names and moves entries over (`quantelier-2-…`).
 *
 *   files   `<model key>/<path>`            → Blob
 *   models  `<model key>`                   → StoredModel with its paths
 *   runs    `<run id>`                      → RunRecord
 *   layers  `<run id>/layer/<row>/<layer>`  → StoredLayer
 *           `<run id>/training`             → TrainingState with its row and block
 *           `<run id>/curve/<row>/<block>`  → TrainingCurve
 *   results `<file id>`                     → KeptResultFile
 *           `<run id>/figures`              → StoredFigures
 *   inspected `<model key>/<tensor>`        → figures of a tensor, with their version
 *
 * A write that the quota refuses becomes QS-STO-01; nothing already stored is touched by it.
 */
import { createStore, del, delMany, get, keys, set, type UseStore } from 'idb-keyval';
import { StudioError } from '../base/errors';

const SCHEMA = 1;
const opened = new Map<string, UseStore>();

export type Kind = 'files' | 'models' | 'runs' | 'layers' | 'results' | 'inspected';

function store(kind: Kind): UseStore {
  const name = `quantelier-${SCHEMA}-${kind}`;
  const known = opened.get(name);
  if (known) return known;
  const made = createStore(name, kind);
  opened.set(name, made);
  return made;
}

export async function read<T>(kind: Kind, key: string): Promise<T | undefined> {
  return get<T>(key, store(kind));
}

/** Throws QS-STO-01 when the browser's storage is full. */
export async function write(kind: Kind, key: string, value: unknown): Promise<void> {
  try {
    await set(key, value, store(kind));
  } catch (error) {
    if (error instanceof DOMException && error.name === 'QuotaExceededError') throw await full();
    throw error;
  }
}

export async function remove(kind: Kind, key: string): Promise<void> {
  await del(key, store(kind));
}

/** Keys that start with `prefix`. */
export async function keysOf(kind: Kind, prefix = ''): Promise<string[]> {
  return (await keys<string>(store(kind))).filter((key) => key.startsWith(prefix));
}

export async function removeAll(kind: Kind, prefix: string): Promise<void> {
  await delMany(await keysOf(kind, prefix), store(kind));
}

/** Refuses a write of `bytes` that cannot fit, before it is tried. */
export async function assertRoom(bytes: number): Promise<void> {
  const { usage = 0, quota = Infinity } = await navigator.storage.estimate();
  if (bytes > quota - usage) throw await full(bytes);
}

async function full(bytes?: number): Promise<StudioError> {
  const { usage = 0, quota = 0 } = await navigator.storage.estimate();
  const needed = bytes === undefined ? '' : `: this needs ${megabytes(bytes)}`;
  return new StudioError(
    'QS-STO-01',
    `Browser storage is full${needed}, about ${megabytes(Math.max(0, quota - usage))} of ${megabytes(quota)} are free: delete stored models or runs.`,
    { usage, quota },
  );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`;
}
