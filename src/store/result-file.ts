/**
 * A results file opened to be looked at. It comes from anywhere, so it is checked (read-result.ts). The browser keeps the file as it is, so that it is there after a
 * reload under the same address.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { nextTask } from '../base/next-task';
import type { RunResult } from '../run/events';
import type { EngineApi, KeptResultFile } from '../worker/protocol';
import { failureOf, type Failure } from './failure';

/** A results file holds figures, not weights. */
const MAX_BYTES = 64_000_000;

export interface ImportedResult {
  /** 'file:5k2f9c1x0a': what the route calls it; the same contents have the same id. */
  readonly id: string;
  readonly name: string;
  readonly result: RunResult;
}

export interface ResultFilesState {
  /** Read, and ready to be shown. */
  readonly imported: readonly ImportedResult[];
  /** In this browser's storage, newest first; read when they are asked for. */
  readonly kept: readonly KeptResultFile[];
  /** Whether the storage has been looked into. */
  readonly loaded: boolean;
  readonly failure: Failure | null;
  /** The file that is shown and could not be kept, and why. */
  readonly notKept: { readonly name: string; readonly why: string } | null;
  /** Reads a file and keeps it; its id, or null where it is no result. */
  open(file: File): Promise<string | null>;
  /** Looks into the storage. */
  refresh(): Promise<void>;
  /** Reads a kept file. */
  restore(id: string): Promise<void>;
  dismiss(): void;
}

export type ResultFilesStore = StoreApi<ResultFilesState>;

export type Keeper = Pick<EngineApi, 'keepResultFile' | 'listResultFiles'>;

export function createResultFiles(engine: Keeper, now: () => number = Date.now): ResultFilesStore {
  const asked = new Set<string>();
  return createStore<ResultFilesState>()((set, get) => {
    const add = (one: ImportedResult) =>
      set({ imported: [...get().imported.filter(({ id }) => id !== one.id), one], failure: null });
    const fail = (error: unknown) => set({ failure: failureOf(error) });
    return {
      imported: [],
      kept: [],
      loaded: false,
      failure: null,
      notKept: null,
      async open(file) {
        try {
          const text = await textOf(file);
          const { name } = file;
          const id = await idOf(text);
          add({ id, name, result: await readResult(text) });
          const kept = { id, name, opened: new Date(now()).toISOString(), file: new Blob([text]) };
          set({ kept: [kept, ...get().kept.filter((one) => one.id !== id)], notKept: null });
          engine.keepResultFile(kept).catch((error: unknown) => {
            set({ notKept: { name, why: failureOf(error).sentence } });
          });
          return id;
        } catch (error) {
          fail(error);
          return null;
        }
      },
      async refresh() {
        try {
          const stored = await engine.listResultFiles();
          const here = new Set(get().kept.map((one) => one.id));
          set({ kept: [...get().kept, ...stored.filter((one) => !here.has(one.id))], loaded: true });
        } catch {
          // A browser that forbids storage has kept nothing.
          set({ loaded: true });
        }
      },
      async restore(id) {
        const file = get().kept.find((one) => one.id === id);
        if (!file || asked.has(id) || get().imported.some((one) => one.id === id)) return;
        asked.add(id);
        try {
          add({ id, name: file.name, result: await readResult(await file.file.text()) });
        } catch (error) {
          // No use to anybody: it is not offered again.
          set({ kept: get().kept.filter((one) => one.id !== id) });
          fail(error);
        }
      },
      dismiss: () => set({ failure: null, notKept: null }),
    };
  });
}

/** The text of a results file; of a picture or a page that carries one, that. */
async function textOf(file: File): Promise<string> {
  if (file.size > MAX_BYTES) {
    throw (await import('../report/read-result')).notAResult('it is larger than any results file');
  }
  const { carriedText, carrierOf } = await import('../report/embedded');
  const carrier = carrierOf(new Uint8Array(await file.slice(0, 64).arrayBuffer()));
  return carrier === null ? file.text() : carriedText(new Uint8Array(await file.arrayBuffer()), carrier);
}

async function readResult(text: string): Promise<RunResult> {
  const { notAResult, parseResult } = await import('../report/read-result');
  try {
    // Each takes its tens of milliseconds where there are thousands of layers; the page answers in between.
    await nextTask();
    const value: unknown = JSON.parse(text);
    await nextTask();
    const result = parseResult(value);
    await nextTask();
    return result;
  } catch (error) {
    throw error instanceof SyntaxError ? notAResult('it is not JSON') : error;
  }
}

/** Whether a route's id is that of a results file. */
export function isFileId(id: string): boolean {
  return id.startsWith('file:');
}

/** Whether a file that was dropped is a results file: by how such a file begins, so that a config.json is none. */
export async function isResultsFile(file: File): Promise<boolean> {
  if (!/\.json$/i.test(file.name) || file.size > MAX_BYTES) return false;
  const head = await file.slice(0, 256).text();
  return /^\uFEFF?\s*\{\s*"version"\s*:\s*\d+\s*,\s*"model"\s*:\s*\{/.test(head);
}

/** Letters that are summed up in one task: some ten milliseconds of a phone. */
const LETTERS = 2 ** 20;

/** The same for the same text: 64 bits of two FNV-1a sums. Tells files apart; protects nothing. */
async function idOf(text: string): Promise<string> {
  let [a, b] = [0x811c9dc5, 0x2f0b4c47];
  for (let from = 0; from < text.length; from += LETTERS) {
    if (from > 0) await nextTask();
    for (let i = from; i < Math.min(text.length, from + LETTERS); i++) {
      a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
      b = Math.imul(b ^ (text.charCodeAt(i) + i), 0x01000193);
    }
  }
  return `file:${(a >>> 0).toString(36)}${(b >>> 0).toString(36).padStart(7, '0')}`;
}
