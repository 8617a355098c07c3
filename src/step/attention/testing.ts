/** For tests: steps within attention on given heads, and rows with them through whole runs on tiny networks. */
import { expect } from 'vitest';
import { Tape } from '../../gradient/tape';
import type { Gpu } from '../../gpu/gpu';
import { defaultOptions, type Options } from '../../method/parameters';
import type { AnyNetwork } from '../../model/architecture';
import { hookedAttention } from '../../model/hooks';
import { parseRecipe } from '../../recipe/recipe';
import { tinyNetwork } from '../../run/testing/networks';
import { prepareTiny, runToEnd, tinyCheckpoint } from '../../run/testing/runs';
import type { RowSummary, RunResult } from '../../run/events';
import { mergeHeads, splitHeads, type Geometry } from '../../tensor/heads';
import type { Attention } from '../../tensor/reference/attention';
import type { Matrix } from '../../tensor/reference/matrix';
import type { Tensor } from '../../tensor/tensor';
import { upload } from '../../tensor/testing';
import type { AttentionId } from '../face';
import { STEP_FACES } from '../faces';
import { ATTENTION } from '../table';

export const TEXT = ['qwen2', 'llama3-scaled', 'qwen3', 'gpt2'] as const;
export const IMAGES = ['vit', 'dit'] as const;
type Name = (typeof TEXT)[number] | (typeof IMAGES)[number] | 'vim';

export const checkpointOf = (name: Name) =>
  name === 'vit' || name === 'dit' || name === 'vim' ? tinyNetwork(name) : tinyCheckpoint(name);

/** Rows that keep their weights, of one step each. */
export function recipeOf(name: Name, step: AttentionId, rows: readonly object[], weights: readonly object[] = []) {
  const source = name === 'dit' ? 'generated' : name === 'vit' || name === 'vim' ? 'file' : 'random';
  return parseRecipe({
    version: 2,
    rows: rows.map((options) => ({ steps: [{ step, options }, ...weights] })),
    calibration: { source, file: null, windows: 4, length: 12, seed: 1 },
    heldOut: { file: null, windows: 3 },
    ...(name === 'dit' ? { sampling: { steps: 3, guidance: 2, sampler: 'ddim', images: 2 } } : {}),
  });
}

export async function runOf(gpu: Gpu, name: Name, step: AttentionId, rows: readonly object[]): Promise<RunResult> {
  const prepared = await prepareTiny(gpu, await checkpointOf(name), recipeOf(name, step, rows));
  const before = gpu.buffers.bytesInUse;
  const result = await runToEnd(prepared, { gpu });
  expect(gpu.buffers.bytesInUse).toBe(before);
  return result;
}

/** How far a row is from full precision: KL, or what a diffusion network predicts. */
export function distanceOf({ kl, images }: RowSummary): number {
  return kl ?? images?.prediction ?? NaN;
}

/** Rows behind the baseline as figures that a second run repeats to the bit. */
export function figuresOf({ rows }: RunResult) {
  return rows.slice(1).map(({ milliseconds: _, ...row }) => row);
}

/** Whose runs are made twice: one with a causal mask, and one without. */
const TWICE: readonly Name[] = ['qwen2', 'vit'];

/** Runs to finite distances, and to equal bits a second time, and gives them. */
export async function distances(gpu: Gpu, name: Name, step: AttentionId, rows: readonly object[]): Promise<number[]> {
  const first = await runOf(gpu, name, step, rows);
  if (TWICE.includes(name)) expect(figuresOf(await runOf(gpu, name, step, rows))).toEqual(figuresOf(first));
  const all = first.rows.slice(1).map(distanceOf);
  expect(all).toHaveLength(rows.length);
  for (const one of all) expect(Number.isFinite(one)).toBe(true);
  return all;
}

export function optionsOf(step: AttentionId, given: object): Options {
  return { ...defaultOptions(STEP_FACES[step].parameters), ...given };
}

export interface Heads {
  readonly geometry: Geometry;
  readonly options: Attention;
  /** Tokens × (heads · dim). */
  readonly q: Matrix;
  /** Before rotary positions, which `turn` is instead of. */
  readonly k: Matrix;
  readonly v: Matrix;
  readonly turn?: (heads: Tensor) => Tensor;
}

/** What attention gives with a step's hooks, tokens × (heads · dim), or null for plain attention; the caller's. */
export function attended(gpu: Gpu, step: AttentionId | null, given: object, one: Heads): Tensor {
  const { geometry, options, q, k, v, turn } = one;
  // No hook asks a network for more than its blocks' heads, and none here asks at all.
  const hooks = step && ATTENTION[step].hooks(gpu, {} as AnyNetwork, optionsOf(step, given));
  const tape = new Tape(gpu, { recording: false });
  const headsOf = (x: Matrix, heads: number) => {
    const tokens = upload(gpu, x);
    const split = splitHeads(tokens, geometry, { first: 0, heads, dim: x.cols / heads });
    tokens.release();
    return tape.constant(tape.keep(split));
  };
  const inputs = {
    query: headsOf(q, options.heads),
    plain: headsOf(k, options.keyHeads),
    value: headsOf(v, options.keyHeads),
    turn: (x: ReturnType<typeof headsOf>) => (turn ? tape.constant(tape.keep(turn(x.value))) : x),
  };
  const y = hookedAttention(hooks, tape, { block: 0, stage: 0, options }, inputs, geometry);
  const merged = mergeHeads(y.value, geometry, options.heads);
  tape.release();
  hooks?.release?.();
  return merged;
}
