/** The tiny networks on images of fixtures-vision/ (made by make.py with PyTorch, in float64). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { memorySource } from '../../checkpoint/bytes';
import { openSafetensors } from '../../checkpoint/safetensors';
import { readTensor } from '../../checkpoint/tensors';
import { matrix, type Matrix } from '../../tensor/reference/matrix';
import { memoryWeights, type MemorySource } from './fixtures';

export const VISION_FIXTURES = ['dit', 'vit', 'vim'] as const;
/** U-Nets (make_unet.py), by dialect; the last has a text encoder. */
export const UNET_FIXTURES = [
  'unet-plain',
  'unet-conditioned',
  'unet-conditioned-linear',
  'unet-ddpm',
  'unet-ldm',
  'unet-ldm-plain',
  'unet-text',
] as const;
export type VisionFixtureName = (typeof VISION_FIXTURES)[number] | (typeof UNET_FIXTURES)[number];

export interface VisionFixture {
  readonly source: MemorySource;
  /** Images, one a row. */
  readonly images: Matrix;
  /** What a U-Net reads of a text: `context`, or `tokens`. */
  readonly inputs: ReadonlyMap<string, Matrix>;
  /** embedding, block.0, block.0.attn, …, logits or output. */
  readonly expected: ReadonlyMap<string, Matrix>;
  /** The rest of what the file says. */
  readonly facts: ReadonlyMap<string, unknown>;
}

export async function loadVisionFixture(name: VisionFixtureName): Promise<VisionFixture> {
  const path = join(import.meta.dirname, 'fixtures-vision', `${name}.safetensors`);
  const file = await openSafetensors(memorySource(await readFile(path), `${name}.safetensors`));
  const tensors: MemorySource['tensors'] = new Map();
  const expected = new Map<string, Matrix>();
  const inputs = new Map<string, Matrix>();
  let images = matrix(1, 1);
  for (const info of file.tensors.values()) {
    const values = await readTensor(info);
    if (info.name === 'input.x') images = matrix(info.shape[0], info.shape[1], values);
    else if (info.name.startsWith('expected.')) {
      expected.set(info.name.slice('expected.'.length), matrix(info.shape[0], info.shape[1], values));
    } else if (info.name.startsWith('input.')) {
      inputs.set(info.name.slice('input.'.length), matrix(info.shape[0], info.shape[1], values));
    } else tensors.set(info.name, { shape: info.shape, dtype: info.dtype, values });
  }
  const facts = new Map([...file.metadata].map(([key, value]) => [key, JSON.parse(value) as unknown]));
  const config = facts.get('config') as Record<string, unknown>;
  return { source: memoryWeights(config, tensors), images, inputs, expected, facts };
}
