/** For tests of transforms: a rehearsal of a tiny network's first block whose inputs are given, and what a view's network says. */
import type { Gpu } from '../../gpu/gpu';
import { openModel, openNetwork, uploadLinear, type AnyNetwork, type Model } from '../../model/architecture';
import { LanguageModel } from '../../model/forward';
import { loadFixture, type FixtureName } from '../../model/testing/fixtures';
import { loadVisionFixture } from '../../model/testing/vision-fixtures';
import { plainView, type NetworkView } from '../../model/view/view';
import type { Classifier, DiffusionNetwork } from '../../model/vision/image-model';
import { Denoiser, ImageClassifier } from '../../model/vision/image-network';
import { Tensor } from '../../tensor/tensor';
import type { Rehearsal } from '../step';

export type TinyName = FixtureName | 'vit' | 'vim' | 'dit';

export interface TinyView {
  readonly view: NetworkView;
  /** Logits, or the predicted noise. */
  outputs(view: NetworkView): Promise<Float32Array>;
}

export async function tinyView(gpu: Gpu, name: TinyName): Promise<TinyView> {
  if (name === 'vit' || name === 'vim' || name === 'dit') {
    const { source, images, facts } = await loadVisionFixture(name);
    const pictures = Float32Array.from(images.data);
    return {
      view: plainView(openNetwork(source), source),
      async outputs({ network, source: own }) {
        if (name === 'dit') {
          const model = await Denoiser.load(gpu, own, network as DiffusionNetwork);
          const conditions = { times: facts.get('t') as number[], labels: facts.get('y') as number[] };
          const { noise } = await model.predict(pictures, conditions);
          model.release();
          return noise;
        }
        const model = await ImageClassifier.load(gpu, own, network as Classifier);
        const { logits } = await model.classify(pictures);
        model.release();
        return logits;
      },
    };
  }
  const { source, ids, geometry } = await loadFixture(name);
  return {
    view: plainView(openModel(source) as AnyNetwork, source),
    async outputs({ network, source: own }) {
      const model = await LanguageModel.load(gpu, own, network as Model);
      const logits = await model.logits(ids, geometry);
      const values = await logits.read();
      logits.release();
      model.release();
      return values;
    },
  };
}

/** `inputs` gives a stage's inputs, rows × its columns. */
export function rehearsalOf(
  gpu: Gpu,
  view: NetworkView,
  block: number,
  inputs: (stage: number, cols: number) => Float32Array,
  { quantized = null, rounded = null }: Partial<Pick<Rehearsal, 'quantized' | 'rounded'>> = {},
): Rehearsal {
  const own = view.network.blocks[block];
  return {
    gpu,
    view,
    block: own,
    weight: (linear) => uploadLinear(gpu, view.source, linear),
    within: () => Promise.reject(new Error('no attention in this rehearsal')),
    lesson: () => Promise.reject(new Error('no lesson in this rehearsal')),
    async taps(see) {
      for (const [stage, { linears }] of own.stages.entries()) {
        const [{ cols }] = linears;
        const values = inputs(stage, cols);
        const x = Tensor.from(gpu, values.length / cols, cols, values);
        see(stage, x, { windows: 1, length: values.length / cols });
        x.release();
      }
      await gpu.settle();
    },
    quantized,
    rounded,
    check: () => undefined,
  };
}

/** The largest difference as a share of the largest value. */
export function farthest(a: Float32Array, b: Float32Array): number {
  const size = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0) / size;
}
