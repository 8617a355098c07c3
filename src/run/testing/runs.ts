/** For tests: tiny models as checkpoints, and runs to their end. */
import { memorySource } from '../../checkpoint/bytes';
import { openCheckpoint, type Checkpoint } from '../../checkpoint/checkpoint';
import { encodeFloat32 } from '../../checkpoint/dtype';
import { safetensorsBlobParts } from '../../checkpoint/safetensors-write';
import type { Gpu } from '../../gpu/gpu';
import { loadFixture, type FixtureName } from '../../model/testing/fixtures';
import { RunControl } from '../control';
import { runRecipe } from '../driver';
import type { RunEvent, RunResult } from '../events';
import { prepareRun } from '../prepare';
import type { PreparedRun, RunHost } from '../prepared-run';
import { parseRecipe } from '../../recipe/recipe';
import { MemoryRunStore } from '../run-store';

/** A tiny model of src/model/testing as a checkpoint; `change` may alter a tensor's values. */
export async function tinyCheckpoint(
  name: FixtureName,
  change: (tensor: string, values: Float32Array<ArrayBuffer>) => void = () => undefined,
  config: Record<string, unknown> = {},
): Promise<Checkpoint> {
  const { source } = await loadFixture(name);
  const tensors = [...source.tensors].map(([tensor, { shape, values }]) => {
    const own = new Float32Array(values);
    change(tensor, own);
    return { name: tensor, dtype: 'F32' as const, shape, bytes: encodeFloat32('F32', own) };
  });
  const bytes = await joined(safetensorsBlobParts(tensors).chunks());
  const text = new TextEncoder().encode(JSON.stringify({ ...source.config, ...config }));
  return openCheckpoint([memorySource(bytes, `${name}/model.safetensors`), memorySource(text, `${name}/config.json`)]);
}

/** A recipe on random tokens. */
export function tinyRecipe(rows: readonly { method: string; options?: object }[]) {
  return parseRecipe({
    version: 1,
    rows,
    calibration: { source: 'random', file: null, windows: 6, length: 12, seed: 1 },
    heldOut: { file: null, windows: 3 },
  });
}

export function prepareTiny(
  gpu: Gpu,
  checkpoint: Checkpoint,
  recipe: ReturnType<typeof tinyRecipe>,
): Promise<PreparedRun> {
  return prepareRun(checkpoint, recipe, {
    gpu,
    rate: 1e9,
  });
}

/** Runs to the end, handing each event to `onEvent`. */
export async function runToEnd(
  prepared: PreparedRun,
  host: Partial<RunHost> & { readonly gpu: Gpu },
  onEvent: (event: RunEvent) => void = () => undefined,
): Promise<RunResult> {
  const events = runRecipe(prepared, { store: new MemoryRunStore(), control: new RunControl(), ...host });
  for (;;) {
    const step = await events.next();
    if (step.done) return step.value;
    onEvent(step.value);
  }
}

export async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return new Uint8Array(Buffer.concat(parts));
}
