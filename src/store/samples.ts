/** The models that come with the studio. A sample is a folder under public/samples, its files in src/worker/library.ts, and an entry here. */
import type { StoredModel } from '../worker/protocol';

export interface Sample {
  /** The name of its folder, and what importSample is asked for. */
  readonly id: string;
  readonly title: string;
  /** What it is, and what it shows: one sentence each. All are trained for the studio and under its licence. */
  readonly provenance: string;
  readonly shows: string;
  /** Of all its files, about. */
  readonly bytes: number;
}

export const SAMPLES: readonly Sample[] = [
  {
    id: 'stories-1m',
    title: 'Stories 1M',
    provenance: 'A Llama-style language model of a million parameters, trained on short stories made by a grammar.',
    shows: 'How rounding error travels from layer to layer in a transformer, in seconds instead of hours.',
    bytes: 2_240_000,
  },
  {
    id: 'shapes-vit',
    title: 'Shapes ViT',
    provenance: 'A vision transformer of 0.2 million parameters that tells ten drawn shapes apart.',
    shows: 'Where two bits begin to cost accuracy, and what a codebook saves.',
    bytes: 903_000,
  },
  {
    id: 'shapes-vim',
    title: 'Shapes Vim',
    provenance:
      'A Vision Mamba of 0.14 million parameters for the same ten shapes: a state-space scan in both directions.',
    shows: 'The same question without attention.',
    bytes: 783_000,
  },
  {
    id: 'shapes-resnet',
    title: 'Shapes ResNet',
    provenance:
      'A ResNet-20 of 0.27 million parameters for the same ten shapes: convolutions of 3 × 3 and nothing else.',
    shows: 'The same question where every layer is a convolution.',
    bytes: 1_040_000,
  },
  {
    id: 'shapes-dit',
    title: 'Shapes DiT',
    provenance: 'A diffusion transformer of 0.7 million parameters that draws the ten shapes from noise.',
    shows: 'What quantization does to images, sampled from the same noise by every method.',
    bytes: 1_471_000,
  },
];

/** The key under which a sample is stored once it has been opened. */
export const sampleKey = ({ id }: Sample) => `sample-${id}`;

/** The sample that a stored model is; null for a model of one's own. */
export function sampleOf(model: StoredModel | null): Sample | null {
  return model?.sample ? (SAMPLES.find((sample) => model.key === sampleKey(sample)) ?? null) : null;
}
