/** For tests of steps: rows of steps on tiny networks, to the end, again, and cut off in the middle. */
import { expect } from 'vitest';
import type { Checkpoint } from '../../checkpoint/checkpoint';
import type { Gpu } from '../../gpu/gpu';
import { parseRecipe, type Recipe } from '../../recipe/recipe';
import { RunControl } from '../control';
import type { RunResult } from '../events';
import type { PreparedRun } from '../prepared-run';
import { MemoryRunStore } from '../run-store';
import { tinyNetwork } from './networks';
import { prepareTiny, runToEnd, tinyCheckpoint } from './runs';

export type TinySteps = readonly { readonly step: string; readonly options?: object; readonly layers?: object[] }[];

export const TINY_NETWORKS = ['qwen2', 'gpt2', 'vit', 'vim', 'dit'] as const;
type TinyName = (typeof TINY_NETWORKS)[number] | 'qwen3';

const onImages = (name: TinyName): name is 'vit' | 'vim' | 'dit' => ['vit', 'vim', 'dit'].includes(name);

export function openTiny(name: TinyName): Promise<Checkpoint> {
  return onImages(name) ? tinyNetwork(name) : tinyCheckpoint(name);
}

export function stepRecipe(name: TinyName, rows: readonly TinySteps[]): Recipe {
  const source = name === 'dit' ? 'generated' : onImages(name) ? 'file' : 'random';
  return parseRecipe({
    version: 2,
    rows: rows.map((steps) => ({ steps })),
    calibration: { source, file: null, windows: onImages(name) ? 8 : 6, length: onImages(name) ? 8 : 12, seed: 1 },
    heldOut: { file: null, windows: 3 },
    ...(name === 'dit' ? { sampling: { steps: 3, guidance: 2, sampler: 'ddim', images: 3 } } : {}),
  });
}

export interface TinyRun {
  readonly checkpoint: Checkpoint;
  readonly recipe: Recipe;
  readonly prepared: PreparedRun;
  readonly store: MemoryRunStore;
  readonly result: RunResult;
}

/** Holds the GPU's memory to be as it was. */
export async function runSteps(gpu: Gpu, name: TinyName, rows: readonly TinySteps[]): Promise<TinyRun> {
  const checkpoint = await openTiny(name);
  const recipe = stepRecipe(name, rows);
  const prepared = await prepareTiny(gpu, checkpoint, recipe);
  const store = new MemoryRunStore();
  const before = gpu.buffers.bytesInUse;
  const result = await runToEnd(prepared, { gpu, store });
  expect(gpu.buffers.bytesInUse).toBe(before);
  return { checkpoint, recipe, prepared, store, result };
}

/** All of a result but how long it took. */
export const timeless = ({ rows, layers, blocks, fullPrecision, views }: RunResult) => ({
  fullPrecision,
  views,
  blocks,
  rows: rows.map(({ milliseconds: _, ...row }) => row),
  layers: layers.map(({ milliseconds: _, ...layer }) => layer),
});

/** Every figure is a number, and every layer takes what the plan said. */
export function expectSound({ prepared, result }: TinyRun): void {
  for (const { errors, status } of result.layers) {
    for (const error of Object.values(errors)) expect(error === null || Number.isFinite(error)).toBe(true);
    expect(status).not.toBe('rounded');
  }
  for (const { mse, heldOutMse } of result.blocks) expect([mse, heldOutMse].every(Number.isFinite)).toBe(true);
  expect(result.rows.map(({ bitsPerWeight }) => bitsPerWeight)).toEqual(
    prepared.plan.rows.map(({ bitsPerWeight }) => bitsPerWeight),
  );
}

/** Runs again, and once more cut off behind some stored layers and gone on with: both to the bits of `run`. */
export async function expectSameAgain(gpu: Gpu, { prepared, result, store }: TinyRun, after = 5): Promise<void> {
  const again = new MemoryRunStore();
  expect(timeless(await runToEnd(prepared, { gpu, store: again }))).toEqual(timeless(result));
  const cut = new MemoryRunStore();
  const control = new RunControl();
  let stored = 0;
  await runToEnd(prepared, { gpu, store: cut, control }, ({ type }) => {
    if (type === 'layer-stored' && ++stored === after) control.cancel();
  });
  expect(stored).toBe(after);
  expect(timeless(await runToEnd(prepared, { gpu, store: cut }))).toEqual(timeless(result));
  for (const { row } of prepared.rows) {
    for (const { index } of prepared.linears) {
      const whole = await store.loadLayer(row, index);
      for (const other of [again, cut]) {
        const { tensor, vectors } = (await other.loadLayer(row, index)) ?? {};
        expect({ tensor, vectors }).toEqual({ tensor: whole?.tensor, vectors: whole?.vectors });
      }
    }
  }
}
