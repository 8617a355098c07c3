/** For tests of steps: rows that are pipelines, through whole runs of tiny networks, and again with a cancel in the middle. */
import { expect } from 'vitest';
import type { Checkpoint } from '../../checkpoint/checkpoint';
import type { Gpu } from '../../gpu/gpu';
import type { FixtureName } from '../../model/testing/fixtures';
import { parseRecipe, type Recipe } from '../../recipe/recipe';
import { RunControl } from '../control';
import type { RunResult } from '../events';
import type { PreparedRun } from '../prepared-run';
import { MemoryRunStore } from '../run-store';
import { tinyNetwork } from './networks';
import { prepareTiny, runToEnd, tinyCheckpoint } from './runs';

export type TestSteps = readonly {
  readonly step: string;
  readonly options?: object;
  readonly layers?: readonly object[];
}[];

export type TinyName = FixtureName | 'vit' | 'vim' | 'dit';

/** One of every kind of block. */
export const TINY_NETWORKS = ['qwen2', 'gpt2', 'vit', 'vim', 'dit'] as const;

const ON_IMAGES: readonly string[] = ['vit', 'vim', 'dit'];

export function openTiny(name: TinyName): Promise<Checkpoint> {
  return ON_IMAGES.includes(name) ? tinyNetwork(name as 'vit') : tinyCheckpoint(name as FixtureName);
}

export function pipelineRecipe(rows: readonly TestSteps[], name: TinyName): Recipe {
  const images = ON_IMAGES.includes(name);
  const source = name === 'dit' ? 'generated' : images ? 'file' : 'random';
  return parseRecipe({
    version: 2,
    rows: rows.map((steps) => ({ steps })),
    calibration: { source, file: null, windows: images ? 8 : 6, length: images ? 8 : 12, seed: 1 },
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
export async function runPipelines(
  gpu: Gpu,
  name: TinyName,
  rows: readonly TestSteps[],
  checkpoint?: Checkpoint,
): Promise<TinyRun> {
  const store = new MemoryRunStore();
  const recipe = pipelineRecipe(rows, name);
  const own = checkpoint ?? (await openTiny(name));
  const prepared = await prepareTiny(gpu, own, recipe);
  const before = gpu.buffers.bytesInUse;
  const result = await runToEnd(prepared, { gpu, store });
  expect(gpu.buffers.bytesInUse).toBe(before);
  return { result, store, prepared, recipe, checkpoint: own };
}

/** All that does not depend on the clock. */
export function figuresOf({ rows, layers, blocks, fullPrecision, views, channels }: RunResult) {
  return {
    fullPrecision,
    views,
    channels,
    blocks,
    rows: rows.map(({ milliseconds: _, ...row }) => row),
    layers: layers.map(({ milliseconds: _, ...layer }) => layer),
  };
}

/** No layer was given up, every figure that there is is a number, and every row takes what the plan said. */
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

/**
 * Runs again, cut off behind so many stored layers (half of them by default) and gone on with: every layer is found a second time, in one
 * session or the other, and both together come to the figures and the stored layers of `run`, to the bit, without memory left behind.
 */
export async function expectSameAgain(
  gpu: Gpu,
  { prepared, result, store }: TinyRun,
  after = Math.floor(result.layers.length / 2),
): Promise<void> {
  const again = new MemoryRunStore();
  const control = new RunControl();
  const before = gpu.buffers.bytesInUse;
  let stored = 0;
  await runToEnd(prepared, { gpu, store: again, control }, ({ type }) => {
    if (type === 'layer-stored' && ++stored === after) control.cancel();
  });
  expect(stored).toBe(after);
  expect(gpu.buffers.bytesInUse).toBe(before);
  expect(figuresOf(await runToEnd(prepared, { gpu, store: again }))).toEqual(figuresOf(result));
  for (const { row } of prepared.rows) {
    for (const { index } of prepared.linears) {
      const [first, second] = [await store.loadLayer(row, index), await again.loadLayer(row, index)];
      expect({ tensor: second?.tensor, vectors: second?.vectors }).toEqual({
        tensor: first?.tensor,
        vectors: first?.vectors,
      });
    }
  }
}

/** To finite figures; again to equal bits, cancelled in its middle and gone on with; no memory left behind. */
export async function expectSteady(gpu: Gpu, name: TinyName, rows: readonly TestSteps[]): Promise<TinyRun> {
  const whole = await runPipelines(gpu, name, rows);
  for (const { row, perplexity, kl, images } of whole.result.rows) {
    for (const value of [perplexity, kl, images?.prediction, images?.trajectory]) {
      if (value !== null && value !== undefined) expect(value, `row ${row}`).toSatisfy(Number.isFinite);
    }
  }
  for (const { errors, name: layer } of whole.result.layers) expect(errors.output, layer).toSatisfy(Number.isFinite);
  await expectSameAgain(gpu, whole);
  return whole;
}
