/** A classifier's head trained anew on the tape alone, on the features that the rest of the bundled ViT gives. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { openCheckpoint } from '../checkpoint/checkpoint';
import { testGpu } from '../gpu/testing/gpus';
import { linear } from '../gradient/linear';
import { crossEntropy, scalarsOf } from '../gradient/loss';
import { adamW } from '../gradient/optimizer/adamw';
import { Optimizer } from '../gradient/optimizer/optimizer';
import { cosineRate } from '../gradient/optimizer/schedule';
import { Parameter, Tape } from '../gradient/tape';
import { accuracyOf } from '../measure/accuracy';
import { openNetwork, readsText } from '../model/architecture';
import { ImageClassifier } from '../model/vision/image-network';
import { Indices } from '../tensor/indices';
import { Tensor } from '../tensor/tensor';
import { readImages } from './image-sets';

const FOLDER = join(import.meta.dirname, '../../public/samples/shapes-vit');
const [IMAGES, STEPS] = [256, 120];

it('a new head on the ViT sample’s features falls below a fiftieth of its first loss, and tells held-out images apart', async () => {
  const gpu = await testGpu();
  const source = async (name: string) => memorySource(await readFile(join(FOLDER, name)), name);
  const checkpoint = await openCheckpoint([await source('model.safetensors'), await source('config.json')]);
  const model = openNetwork(checkpoint);
  if (readsText(model) || model.task !== 'classification') throw new Error('the sample is no classifier');
  const classifier = await ImageClassifier.load(gpu, checkpoint, model);
  const featuresOf = async (file: string) => {
    const { images, labels } = await readImages(await source(file), model, IMAGES);
    return { features: (await classifier.classify(images)).features, labels };
  };
  const [known, heldOut] = [await featuresOf('calibration.npz'), await featuresOf('heldout.npz')];
  classifier.release();

  const { classes, hidden } = model;
  const before = gpu.buffers.bytesInUse;
  const x = Tensor.from(gpu, known.labels.length, hidden, known.features);
  const targets = Indices.from(gpu, Uint32Array.from(known.labels));
  const parameters = [Tensor.zeros(gpu, classes, hidden), Tensor.zeros(gpu, 1, classes)].map(
    (value) => new Parameter(value),
  );
  const [weight, bias] = parameters;
  const optimizer = new Optimizer(gpu, adamW(), parameters);
  const rate = cosineRate({ peak: 0.03, steps: STEPS });
  const losses: Tensor[] = [];
  for (let step = 0; step < STEPS; step++) {
    const tape = new Tape(gpu);
    const loss = crossEntropy(tape, linear(tape, tape.constant(x), weight, bias), targets);
    tape.backward(loss);
    losses.push(tape.take(loss));
    tape.release();
    optimizer.step(rate(step));
    optimizer.clearGradients();
  }
  const values = await scalarsOf(...losses);
  // Nothing is known at first: every class is as likely as another.
  expect(values[0]).toBeCloseTo(Math.log(classes), 5);
  expect(values[STEPS - 1]).toBeLessThan(values[0] / 50);

  const tape = new Tape(gpu, { recording: false });
  const held = tape.keep(Tensor.from(gpu, heldOut.labels.length, hidden, heldOut.features));
  const logits = await linear(tape, tape.constant(held), weight, bias).value.read();
  expect(accuracyOf(logits, heldOut.labels, classes).share).toBeGreaterThan(0.95);

  tape.release();
  for (const thing of [...losses, weight.value, bias.value, x, targets, optimizer]) thing.release();
  expect(gpu.buffers.bytesInUse).toBe(before);
});
