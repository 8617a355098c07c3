/**
 * Diffusion transformers under DiT's names: patches of a noisy image (or of a latent), steered by the sum of a time and a class
 * embedding through adaLN-Zero. Sizes that the file does not show (heads) are those of the published DiT-S, B, L and XL.
 * Peebles and Xie 2023, arXiv 2212.09748. Followed: facebookresearch/DiT, models.py.
 */
import { contradiction, unsupported } from '../config';
import { numbered, type Block, type LinearShape, type WeightSource } from '../model';
import { DIT_DIFFUSION } from './diffusion';
import { diffusionOf } from './diffusion-config';
import { patchCount, type DiffusionTransformer } from './image-model';
import { headsOf, VisionSource } from './infer';

/** Heads by width: S, B, L, XL. */
const PUBLISHED_HEADS = { 384: 6, 768: 12, 1024: 16, 1152: 16 };
const PATCHES = 'x_embedder.proj';

/** Throws QS-FILE-02, -04 or -07. `config` may be null: a bare state dict. */
export function openDiT(source: WeightSource, config: Record<string, unknown> | null): DiffusionTransformer {
  const vision = new VisionSource(source, config);
  const { tensors } = vision;
  const hidden = vision.size('pos_embed', 2);
  const tokens = vision.size('pos_embed', 1);
  const channels = vision.size(`${PATCHES}.weight`, 1);
  const image = vision.image(PATCHES, tokens, vision.config.section('image') !== null);
  if (image.stride !== image.patch)
    throw unsupported(`patches of ${image.patch} that overlap (stride ${image.stride})`);
  const heads = headsOf(vision.config, hidden, PUBLISHED_HEADS);
  const eps = vision.config.positive('layer_norm_eps', 1e-6);
  const act = vision.config.text('activation', 'gelu_tanh');
  if (act !== 'gelu_tanh') throw unsupported(`the activation "${act}"`);

  const depth = tensors.blocks(vision.config, 'depth', (i) => `blocks.${i}.attn.qkv.weight`);
  const blocks = Array.from({ length: depth }, (_, index): Block<LinearShape> => {
    const name = `blocks.${index}`;
    const width = vision.size(`${name}.mlp.fc1.weight`, 0);
    return {
      index,
      name,
      stages: [
        { linears: [vision.linear('modulation', `${name}.adaLN_modulation.1`, 6 * hidden, hidden)] },
        { linears: [vision.linear('qkv', `${name}.attn.qkv`, 3 * hidden, hidden)] },
        { linears: [vision.linear('o', `${name}.attn.proj`, hidden, hidden)] },
        { linears: [vision.linear('fc', `${name}.mlp.fc1`, width, hidden)] },
        { linears: [vision.linear('down', `${name}.mlp.fc2`, hidden, width)] },
      ],
      plan: { kind: 'dit', heads, eps },
    };
  });
  const last = vision.size('final_layer.linear.weight', 0) / image.patch ** 2;
  if (last !== channels && last !== 2 * channels) {
    throw contradiction(
      `the last layer gives ${last} channels for ${channels}, and it must give as many or twice as many`,
    );
  }
  const labels = 'y_embedder.embedding_table.weight';
  const classes = vision.config.count('num_classes', vision.size(labels, 0) - 1);
  const timeWaves = vision.size('t_embedder.mlp.0.weight', 1);
  return {
    architecture: 'DiT',
    title: 'DiT',
    task: 'diffusion',
    hidden,
    image,
    tokens: patchCount(image),
    classes,
    classNames: vision.classNames(classes),
    diffusion: diffusionOf(vision.config, DIT_DIFFUSION),
    learnsVariance: last === 2 * channels,
    unasked: true,
    context: { steer: hidden, tokens: null },
    blocks: numbered(blocks),
    ends: {
      patches: vision.patches(PATCHES, image, hidden, tokens, 'pos_embed'),
      time: [
        vision.linear('fc', 't_embedder.mlp.0', hidden, timeWaves),
        vision.linear('fc', 't_embedder.mlp.2', hidden, hidden),
      ],
      timeWaves,
      labels: tensors.expect(labels, [classes + 1, hidden]),
      modulation: vision.linear('modulation', 'final_layer.adaLN_modulation.1', 2 * hidden, hidden),
      last: vision.linear('fc', 'final_layer.linear', image.patch ** 2 * last, hidden),
      eps,
    },
    notes: tensors.finish(/^$/),
    parameters: tensors.parameters,
  };
}
