/**
 * A results file opened to be looked at. It comes from anywhere, so what the charts rely on is checked; a method that this version
 * does not know is shown all the same, since nothing of it is run.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { fromBase64 } from '../base/base64';
import { LEDGER_PARTS } from '../quantizer/ledger';
import { RESULT_VERSION, type ImageFigures, type RunResult, type SampledImages, type Task } from '../run/events';
import { StudioError } from '../base/errors';
import { failureOf, type Failure } from './failure';

/** A results file holds figures, not weights. */
const MAX_BYTES = 64_000_000;

export interface ImportedResult {
  /** 'file:1': what the route calls it. */
  readonly id: string;
  readonly name: string;
  readonly result: RunResult;
}

export interface ResultFilesState {
  readonly imported: readonly ImportedResult[];
  readonly failure: Failure | null;
  /** Reads a file; its id, or null where it is no result. */
  open(file: File): Promise<string | null>;
  dismiss(): void;
}

export type ResultFilesStore = StoreApi<ResultFilesState>;

export function createResultFiles(): ResultFilesStore {
  return createStore<ResultFilesState>()((set, get) => ({
    imported: [],
    failure: null,
    async open(file) {
      try {
        if (file.size > MAX_BYTES) refuse('it is larger than any results file');
        const result = parseResult(JSON.parse(await file.text()));
        const id = `file:${get().imported.length + 1}`;
        set({ imported: [...get().imported, { id, name: file.name, result }], failure: null });
        return id;
      } catch (error) {
        set({ failure: error instanceof SyntaxError ? failureOf(notAResult('it is not JSON')) : failureOf(error) });
        return null;
      }
    },
    dismiss: () => set({ failure: null }),
  }));
}

/** Throws QS-FILE-04 unless the value has the shape of a RunResult as far as the screens read it. */
export function parseResult(value: unknown): RunResult {
  const result = record(value, 'the file');
  if (result.version !== RESULT_VERSION)
    refuse(
      `its version is ${typeof result.version === 'number' ? result.version : 'not a number'}, this page reads ${RESULT_VERSION}`,
    );
  record(result.model, 'model');
  const plan = record(result.plan, 'plan');
  if (plan.task !== undefined && !TASKS.includes(plan.task as Task)) refuse('its task is not one that this page knows');
  for (const layer of records(plan.layers, 'plan.layers'))
    need(layer, { index: 'number', name: 'string', block: 'number' });
  for (const row of records(plan.rows, 'plan.rows')) {
    need(row, { row: 'number', method: 'string', label: 'string', bitsPerWeight: 'number' });
  }
  const layers = records(result.layers, 'layers');
  for (const layer of layers) {
    need(layer, { row: 'number', layer: 'number', name: 'string', milliseconds: 'number', status: 'string' });
    for (const error of Object.values(record(layer.errors, 'errors'))) {
      if (error !== null && typeof error !== 'number') refuse('an error in it is not a number');
    }
  }
  for (const block of records(result.blocks, 'blocks')) need(block, { row: 'number', block: 'number', mse: 'number' });
  const rows = records(result.rows, 'rows').map((row) => {
    need(row, { row: 'number', meanError: 'number', worstError: 'number' });
    const images = row.images === undefined ? {} : { images: imageFigures(row.images) };
    if (row.ledger === undefined) return { ...row, ...images };
    const ledger = record(row.ledger, 'ledger');
    need(ledger, { weights: 'number', total: 'number', compression16: 'number' });
    need(record(ledger.parts, 'ledger.parts'), Object.fromEntries(LEDGER_PARTS.map((part) => [part, 'number'])));
    return { ...row, ...images };
  });
  need(result, { adapter: 'string', date: 'string', milliseconds: 'number' });
  const full = result.fullPrecision === null ? null : record(result.fullPrecision, 'fullPrecision');
  const fullPrecision = full?.images === undefined ? full : { ...full, images: imageFigures(full.images) };
  return { ...result, rows, fullPrecision } as unknown as RunResult;
}

const TASKS: readonly Task[] = ['text', 'classification', 'diffusion'];

function imageFigures(value: unknown): ImageFigures {
  const figures = record(value, 'images');
  const optional = (name: string) => (figures[name] === null ? null : record(figures[name], name));
  const accuracy = optional('accuracy');
  if (accuracy) {
    need(accuracy, { share: 'number', images: 'number' });
    if (!Array.isArray(accuracy.interval) || accuracy.interval.length !== 2) refuse('an interval in it is none');
  }
  for (const name of ['prediction', 'trajectory']) if (figures[name] !== null) need(figures, { [name]: 'number' });
  const frechet = optional('frechet');
  if (frechet) need(frechet, { distance: 'number', images: 'number', network: 'string' });
  const samples = optional('samples');
  return { ...figures, samples: samples && sampledImages(samples) } as unknown as ImageFigures;
}

/** Bytes of pixels are written as base64. */
function sampledImages({ size, labels, pixels: text }: Record<string, unknown>): SampledImages {
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1) refuse('its images have no size');
  if (!Array.isArray(labels) || labels.length === 0 || !labels.every((label) => Number.isInteger(label))) {
    refuse('its images have no labels');
  }
  const pixels = bytesOf(text);
  if (pixels.length === 0 || pixels.length % (labels.length * size * size) !== 0) {
    refuse('its images have not as many pixels as they should');
  }
  return { size, labels: labels as number[], pixels };
}

function bytesOf(text: unknown): Uint8Array<ArrayBuffer> {
  try {
    if (typeof text === 'string') return fromBase64(text);
  } catch {
    // Said below.
  }
  return refuse('its images have no pixels');
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(`${name} is not an object`);
  return value as Record<string, unknown>;
}

function records(value: unknown, name: string): Record<string, unknown>[] {
  if (!Array.isArray(value) || value.length > 100_000) refuse(`${name} is not a list`);
  return value.map((item) => record(item, name));
}

function need(value: Record<string, unknown>, types: Record<string, 'number' | 'string'>): void {
  for (const [name, type] of Object.entries(types)) if (typeof value[name] !== type) refuse(`${name} is not a ${type}`);
}

function notAResult(why: string): StudioError {
  return new StudioError('QS-FILE-04', `This file is not a result of the studio: ${why}.`);
}

function refuse(why: string): never {
  throw notAResult(why);
}
