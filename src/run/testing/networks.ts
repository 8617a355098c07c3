/** For tests: the tiny networks on images of src/model/testing as checkpoints, with images of noise beside classifiers. */
import { memorySource } from '../../checkpoint/bytes';
import { openCheckpoint, type Checkpoint } from '../../checkpoint/checkpoint';
import { encodeFloat32 } from '../../checkpoint/dtype';
import { safetensorsBlobParts } from '../../checkpoint/safetensors-write';
import { loadVisionFixture, type VisionFixtureName } from '../../model/testing/vision-fixtures';
import { parseRecipe, type Recipe } from '../../recipe/recipe';
import { joined } from './runs';
import { imagesNpz } from './npz';

/** Words and captions of the tiny U-Net that reads them. */
export const TINY_WORDS = ['<pad>', '<bos>', 'a', 'b', 'c', 'd', 'e'];
export const TINY_CAPTIONS = ['a b', 'c', 'd e a', 'b b', 'e'];

export async function tinyNetwork(name: VisionFixtureName): Promise<Checkpoint> {
  const { source } = await loadVisionFixture(name);
  const tensors = [...source.tensors].map(([tensor, { shape, values }]) => {
    return { name: tensor, dtype: 'F32' as const, shape, bytes: encodeFloat32('F32', new Float32Array(values)) };
  });
  const weights = memorySource(await joined(safetensorsBlobParts(tensors).chunks()), `${name}/model.safetensors`);
  const image = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
  const config = new TextEncoder().encode(JSON.stringify({ ...source.config, image }));
  const size = Number(source.config.input_size);
  const text = (file: string, content: string) => memorySource(new TextEncoder().encode(content), `${name}/${file}`);
  const captioned =
    name === 'unet-text'
      ? [text('vocabulary.json', JSON.stringify(TINY_WORDS)), text('captions.txt', `${TINY_CAPTIONS.join('\n')}\n`)]
      : [];
  const sets =
    name === 'dit' || name.startsWith('unet-')
      ? captioned
      : ['calibration', 'heldout'].map((set, i) => memorySource(imagesNpz(10 + i, size, 5, i), `${name}/${set}.npz`));
  return openCheckpoint([weights, memorySource(config, `${name}/config.json`), ...sets]);
}

/** Eight windows to calibrate on and six held out. */
export function imageRecipe(rows: readonly object[], source: string, more: object = {}): Recipe {
  return parseRecipe({
    version: 1,
    rows,
    calibration: { source, file: null, windows: 8, length: 8, seed: 3 },
    heldOut: { file: null, windows: 6 },
    ...more,
  });
}
