/** For tests of steps: rows that are pipelines, through whole runs of tiny networks, again and with a cancel in the middle. */
import { expect } from 'vitest';
import type { Checkpoint } from '../../checkpoint/checkpoint';
import type { Gpu } from '../../gpu/gpu';
import type { FixtureName } from '../../model/testing/fixtures';
import { parseRecipe } from '../../recipe/recipe';
import { RunControl } from '../control';
import type { RunResult } from '../events';
import { MemoryRunStore } from '../run-store';
import { tinyNetwork } from './networks';
import { prepareTiny, runToEnd, tinyCheckpoint } from './runs';

export type TestSteps = readonly {
  readonly step: string;
  readonly options?: object;
  readonly layers?: readonly object[];
}[];

export type TinyName = FixtureName | 'vit' | 'vim' | 'dit';

const ON_IMAGES: readonly string[] = ['vit', 'vim', 'dit'];

export function openTiny(name: TinyName): Promise<Checkpoint> {
  return ON_IMAGES.includes(name) ? tinyNetwork(name as 'vit') : tinyCheckpoint(name as FixtureName);
}

export function pipelineRecipe(rows: readonly TestSteps[], name: TinyName) {
  const source = name === 'dit' ? 'generated' : ON_IMAGES.includes(name) ? 'file' : 'random';
  return parseRecipe({
    version: 2,
    rows: rows.map((steps) => ({ steps })),
    calibration: { source, file: null, windows: 6, length: ON_IMAGES.includes(name) ? 8 : 12, seed: 1 },
    heldOut: { file: null, windows: 3 },
    ...(name === 'dit' ? { sampling: { steps: 3, guidance: 2, sampler: 'ddim', images: 4 } } : {}),
  });
}

export async function runPipelines(gpu: Gpu, name: TinyName, rows: readonly TestSteps[], checkpoint?: Checkpoint) {
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

/** To finite figures; twice to equal bits; cancelled in its middle and gone on with, to equal bits; no memory left behind. */
export async function expectSteady(gpu: Gpu, name: TinyName, rows: readonly TestSteps[]) {
  const whole = await runPipelines(gpu, name, rows);
  const wanted = figuresOf(whole.result);
  for (const row of wanted.rows) {
    for (const value of [row.perplexity, row.kl, row.images?.prediction, row.images?.trajectory]) {
      if (value !== null && value !== undefined) expect(value, `row ${row.row}`).toSatisfy(Number.isFinite);
    }
  }
  for (const { errors, name: layer } of wanted.layers) expect(errors.output, layer).toSatisfy(Number.isFinite);
  expect(figuresOf(await runToEnd(whole.prepared, { gpu }))).toEqual(wanted);
  const store = new MemoryRunStore();
  const control = new RunControl();
  const before = gpu.buffers.bytesInUse;
  let told = 0;
  const half = Math.floor(wanted.layers.length / 2);
  await runToEnd(whole.prepared, { gpu, store, control }, ({ type }) => {
    if (type === 'layer-stored' && ++told === half) control.cancel();
  });
  expect(gpu.buffers.bytesInUse).toBe(before);
  expect(figuresOf(await runToEnd(whole.prepared, { gpu, store }))).toEqual(wanted);
  return whole;
}
