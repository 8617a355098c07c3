/** For tests: the tiny ResNets of src/model/testing as checkpoints without a config but for the size, with images of noise beside them. */
import { memorySource } from '../../checkpoint/bytes';
import { openCheckpoint, type Checkpoint } from '../../checkpoint/checkpoint';
import { encodeFloat32 } from '../../checkpoint/dtype';
import { safetensorsBlobParts } from '../../checkpoint/safetensors-write';
import { CLASSES, TINY_RESNETS, tinyResNet } from '../../model/testing/resnet';
import { imagesNpz } from './npz';
import { joined } from './runs';

export async function resnetCheckpoint(name: keyof typeof TINY_RESNETS): Promise<Checkpoint> {
  const source = tinyResNet(TINY_RESNETS[name]);
  const tensors = [...source.tensors].flatMap(([tensor, { shape, dtype, values }]) => {
    if (dtype !== 'F32') return []; // counts of batches
    return [{ name: tensor, dtype: 'F32' as const, shape, bytes: encodeFloat32('F32', new Float32Array(values)) }];
  });
  const weights = memorySource(await joined(safetensorsBlobParts(tensors).chunks()), `${name}/model.safetensors`);
  const config = new TextEncoder().encode(JSON.stringify(source.config));
  const { size } = TINY_RESNETS[name];
  const sets = ['calibration', 'heldout'].map((set, i) =>
    memorySource(imagesNpz(10 + i, size, CLASSES, i), `${name}/${set}.npz`),
  );
  return openCheckpoint([weights, memorySource(config, `${name}/config.json`), ...sets]);
}
