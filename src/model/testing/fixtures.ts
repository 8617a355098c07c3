/** The tiny models of fixtures/ (made by make.py with Hugging Face transformers), and sources that differ from them on purpose. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { memorySource } from '../../checkpoint/bytes';
import { openSafetensors, readTensor } from '../../checkpoint/safetensors';
import { matrix, type Matrix } from '../../tensor/reference/matrix';
import type { Geometry, WeightSource } from '../model';

export const FIXTURES = ['llama3-scaled', 'llama-linear-biased', 'mistral-sliding', 'qwen2', 'qwen3', 'gpt2'] as const;
export type FixtureName = (typeof FIXTURES)[number];

/** A source whose tensors are in memory. */
export interface MemorySource extends WeightSource {
  readonly config: Record<string, unknown>;
  readonly tensors: Map<string, { shape: readonly number[]; dtype: string; values: Float32Array }>;
}

export interface Fixture {
  readonly source: MemorySource;
  readonly ids: Uint32Array<ArrayBuffer>;
  readonly geometry: Geometry;
  /** What transformers computes: embedding, block.0, …, logits. */
  readonly expected: ReadonlyMap<string, Matrix>;
}

export async function loadFixture(name: FixtureName): Promise<Fixture> {
  const path = join(import.meta.dirname, 'fixtures', `${name}.safetensors`);
  const file = await openSafetensors(memorySource(await readFile(path), `${name}.safetensors`));
  const tensors: MemorySource['tensors'] = new Map();
  const expected = new Map<string, Matrix>();
  for (const info of file.tensors.values()) {
    const values = await readTensor(info);
    if (info.name.startsWith('expected.')) {
      expected.set(info.name.slice('expected.'.length), matrix(info.shape[0], info.shape[1], values));
    } else {
      tensors.set(info.name, { shape: info.shape, dtype: info.dtype, values });
    }
  }
  const ids = Uint32Array.from(JSON.parse(file.metadata.get('ids') ?? '') as number[]);
  const windows = Number(file.metadata.get('windows'));
  const config = JSON.parse(file.metadata.get('config') ?? '') as Record<string, unknown>;
  return { source: memoryWeights(config, tensors), ids, geometry: { windows, length: ids.length / windows }, expected };
}

export function memoryWeights(config: Record<string, unknown>, tensors: MemorySource['tensors']): MemorySource {
  return {
    config,
    tensors,
    read(name) {
      const found = tensors.get(name);
      return found ? Promise.resolve(found.values) : Promise.reject(new Error(`the test source has no ${name}`));
    },
    readRange: (name, first, last) =>
      Promise.resolve((tensors.get(name)?.values ?? new Float32Array()).slice(first, last)),
  };
}

/** The source with config keys replaced, and each tensor renamed (or dropped, on null). */
export function altered(
  source: MemorySource,
  config: Record<string, unknown>,
  rename: (name: string) => string | null = (name) => name,
): MemorySource {
  const tensors: MemorySource['tensors'] = new Map();
  for (const [name, tensor] of source.tensors) {
    const renamed = rename(name);
    if (renamed !== null) tensors.set(renamed, tensor);
  }
  return memoryWeights({ ...source.config, ...config }, tensors);
}

/** The source with one more tensor, of zeros. */
export function withTensor(source: MemorySource, name: string, shape: readonly number[], dtype = 'F32'): MemorySource {
  const size = shape.reduce((product, n) => product * n, 1);
  return memoryWeights(
    source.config,
    new Map(source.tensors).set(name, { shape, dtype, values: new Float32Array(size) }),
  );
}
