/** The bundled samples on images against what PyTorch computed from the same files (training/vision/check_*.py). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { memorySource } from '../../checkpoint/bytes';
import { openCheckpoint } from '../../checkpoint/checkpoint';
import { openSafetensors } from '../../checkpoint/safetensors';
import { readTensor } from '../../checkpoint/tensors';
import { testGpu } from '../../gpu/testing/gpus';
import { accuracyOf } from '../../measure/accuracy';
import { relativeDifference } from '../../tensor/testing';
import { openNetwork, readsText } from '../architecture';
import { Denoiser, ImageClassifier } from './image-network';
import { sampleImages } from './sampler';
import { openNpz } from '../../checkpoint/numpy';

const gpu = await testGpu();
const ROOT = join(import.meta.dirname, '../../..');

async function sample(id: string) {
  const files = ['model.safetensors', 'config.json'].map(async (name) =>
    memorySource(await readFile(join(ROOT, 'public/samples', id, name)), `${id}/${name}`),
  );
  const checkpoint = await openCheckpoint(await Promise.all(files));
  const network = openNetwork(checkpoint);
  if (readsText(network)) throw new Error(`${id} is a language model`);
  return { checkpoint, network };
}

it.each([
  ['shapes-vit', 512, 0.9844],
  ['shapes-vim', 64, null],
  ['shapes-resnet', 64, null],
])('%s is right as often as in PyTorch', async (id, count, expected) => {
  const { checkpoint, network } = await sample(id);
  if (network.task !== 'classification') throw new Error(`${id} is no classifier`);
  const path = join(ROOT, 'public/samples', id, 'heldout.npz');
  const arrays = await openNpz(memorySource(await readFile(path), 'heldout.npz'));
  const bytes = (await arrays.get('images')?.items(0, count)) ?? [];
  const labels = Array.from((await arrays.get('labels')?.items(0, count)) ?? []);
  const images = Float32Array.from({ length: bytes.length }, (_, at) => {
    const [image, c, pixel] = [Math.floor(at / 768), Math.floor(at / 256) % 3, at % 256];
    return (bytes[image * 768 + pixel * 3 + c] / 255 - 0.5) / 0.5;
  });
  const classifier = await ImageClassifier.load(gpu, checkpoint, network);
  const { logits } = await classifier.classify(images);
  classifier.release();
  const { share } = accuracyOf(logits, labels, network.classes);
  if (expected === null) expect(share).toBeGreaterThan(0.95);
  else expect(share).toBeCloseTo(expected, 4);
});

it('shapes-dit draws what PyTorch draws from the same noise', async () => {
  const { checkpoint, network } = await sample('shapes-dit');
  if (network.task !== 'diffusion') throw new Error('no diffusion network');
  const fixtures = join(ROOT, 'src/model/testing/fixtures-vision/shapes-dit.safetensors');
  const { tensors } = await openSafetensors(memorySource(await readFile(fixtures), 'fixtures'));
  const read = async (name: string) => {
    const info = tensors.get(name);
    if (!info) throw new Error(`the fixtures have no ${name}`);
    return readTensor(info);
  };
  const denoiser = await Denoiser.load(gpu, checkpoint, network);
  const drawn = await sampleImages(denoiser, {
    ...{ labels: [0, 3], seed: 0, steps: 10, guidance: 2, sampler: 'ddim' },
    start: await read('noise'),
  });
  denoiser.release();
  expect(relativeDifference(drawn, await read('ddim.final'))).toBeLessThan(2e-3);
});
