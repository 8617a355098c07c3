/**
 * The page's side of the worker: starts it, and turns its calls into an EngineApi whose errors are StudioErrors again. A worker
 * that fails to load or dies would leave every call pending for ever, so each call also ends when the worker does.
 */
import { proxy, wrap } from 'comlink';
import { StudioError, isStudioError, sentenceOf, type ErrorCode } from '../base/errors';
import type { EngineApi } from './protocol';

/** Starts the engine's worker. Returns at once: the worker opens no GPU before it is asked. */
export function connectEngine(): EngineApi {
  const worker = new Worker(new URL('./main.ts', import.meta.url), { type: 'module', name: 'quantelier-engine' });
  const dead = new Promise<never>((_, reject) => {
    worker.addEventListener('error', (event) => {
      const where = event.filename ? ` (${event.filename.split('/').pop()}:${event.lineno})` : '';
      reject(
        new StudioError('QS-APP-01', `bug: the engine's worker stopped: ${event.message || 'no message'}${where}`),
      );
    });
  });
  // Nobody may be waiting when it dies; the next call reports it.
  dead.catch(() => undefined);
  return engineFrom(wrap<EngineApi>(worker), dead);
}

/** Wraps a remote engine: callbacks become proxies, thrown values become StudioErrors. */
export function engineFrom(remote: EngineApi, dead: Promise<never>): EngineApi {
  const call = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await Promise.race([answer, dead]);
    } catch (error) {
      throw restored(error);
    }
  };
  return {
    describeGpu: () => call(remote.describeGpu()),
    importFiles: (files) => call(remote.importFiles(files)),
    importSample: (id) => call(remote.importSample(id)),
    listModels: () => call(remote.listModels()),
    removeModel: (key) => call(remote.removeModel(key)),
    renameModel: (key, name) => call(remote.renameModel(key, name)),
    inspect: (key) => call(remote.inspect(key)),
    filePrints: (key) => call(remote.filePrints(key)),
    addData: (key, name, file) => call(remote.addData(key, name, file)),
    plan: (key, recipe, onProgress) => call(remote.plan(key, recipe, proxy(onProgress))),
    leavePlan: () => call(remote.leavePlan()),
    calibrationReport: (key, recipe, onProgress) => call(remote.calibrationReport(key, recipe, proxy(onProgress))),
    leaveReport: () => call(remote.leaveReport()),
    start: (runId, key, recipe, onEvent) => call(remote.start(runId, key, recipe, proxy(onEvent))),
    resume: (runId, onEvent) => call(remote.resume(runId, proxy(onEvent))),
    pause: (runId) => call(remote.pause(runId)),
    unpause: (runId) => call(remote.unpause(runId)),
    cancel: (runId) => call(remote.cancel(runId)),
    listRuns: () => call(remote.listRuns()),
    removeRun: (runId) => call(remote.removeRun(runId)),
    export: (runId, row, kind) => call(remote.export(runId, row, kind)),
    exportRefusals: (runId, row) => call(remote.exportRefusals(runId, row)),
    keepResultFile: (kept) => call(remote.keepResultFile(kept)),
    listResultFiles: () => call(remote.listResultFiles()),
    codebookView: (runId, wanted) => call(remote.codebookView(runId, wanted)),
    trainingCurves: (runId) => call(remote.trainingCurves(runId)),
    lookAtFiles: (files) => call(remote.lookAtFiles(files)),
    lookAtModel: (key) => call(remote.lookAtModel(key)),
    tensorStatistics: (key, tensor, onProgress) => call(remote.tensorStatistics(key, tensor, proxy(onProgress))),
    tensorWindow: (key, tensor, row, col) => call(remote.tensorWindow(key, tensor, row, col)),
    checkModel: (key, onProgress, onFinding) => call(remote.checkModel(key, proxy(onProgress), proxy(onFinding))),
    compareHeaders: (key, other) => call(remote.compareHeaders(key, other)),
    compareValues: (key, other, onProgress, onDifference) =>
      call(remote.compareValues(key, other, proxy(onProgress), proxy(onDifference))),
    leaveLook: () => call(remote.leaveLook()),
    storage: () => call(remote.storage()),
    // Only a window may ask for this; a worker can merely look whether it was granted.
    persist: () => call(globalThis.navigator?.storage?.persist?.() ?? remote.persist()),
    loseDevice: () => call(remote.loseDevice()),
  };
}

/** A thrown value as it was before it crossed: structured cloning keeps an Error's message, but neither its class nor its code. */
export function restored(error: unknown): StudioError {
  if (isStudioError(error)) return error;
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    const { code, message, facts } = error as { code: string; message?: unknown; facts?: unknown };
    if (code.startsWith('QS-')) {
      return new StudioError(
        code as ErrorCode,
        typeof message === 'string' ? message : code,
        typeof facts === 'object' && facts !== null ? (facts as StudioError['facts']) : {},
      );
    }
  }
  return new StudioError('QS-APP-01', sentenceOf(error));
}
