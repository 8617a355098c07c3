/**
 * Vision transformers under timm's names (ViT, DeiT): patches, a class token in front, learned positions, pre-norm blocks in which
 * every token sees every other, exact GELU, and a head on the class token.
 * Dosovitskiy et al. 2021, arXiv 2010.11929; Touvron et al. 2021 (DeiT), arXiv 2012.12877. Followed: timm's vision_transformer.py.
 */
import { unsupported } from '../config';
import type { Block, NormPlan, WeightSource } from '../model';
import { patchCount, type Classifier } from './image-model';
import { headsOf, VisionSource } from './infer';

/** Heads by width: Ti, S, B, L, H. */
const PUBLISHED_HEADS = { 192: 3, 384: 6, 768: 12, 1024: 16, 1280: 16 };
const PATCHES = 'patch_embed.proj';

/** Throws QS-FILE-02, -04 or -07. `config` may be null: a bare state dict. */
export function openViT(source: WeightSource, config: Record<string, unknown> | null): Classifier {
  const vision = new VisionSource(source, config);
  const { tensors } = vision;
  if (tensors.has('dist_token')) throw unsupported('a distillation token');
  const hidden = vision.size('cls_token', 2);
  const tokens = vision.size('pos_embed', 1);
  const image = vision.image(PATCHES, tokens - 1, true);
  const heads = headsOf(vision.config, hidden, PUBLISHED_HEADS);
  const eps = vision.config.positive('layer_norm_eps', 1e-6);
  const act = vision.config.text('activation', 'gelu');
  if (act !== 'gelu') throw unsupported(`the activation "${act}"`);
  const pooling = vision.config.text('pooling', 'token');
  if (pooling !== 'token') throw unsupported(`"${pooling}" pooling`);
  const norm = (name: string): NormPlan => ({
    weight: tensors.expect(`${name}.weight`, [hidden]),
    bias: tensors.expect(`${name}.bias`, [hidden]),
    eps,
  });

  const depth = vision.config.count(
    'depth',
    vision.depth((i) => `blocks.${i}.norm1.weight`),
  );
  const blocks = Array.from({ length: depth }, (_, index): Block => {
    const name = `blocks.${index}`;
    const width = vision.size(`${name}.mlp.fc1.weight`, 0);
    const qkvBias = tensors.has(`${name}.attn.qkv.bias`);
    return {
      index,
      name,
      stages: [
        { linears: [vision.linear('qkv', `${name}.attn.qkv`, 3 * hidden, hidden, qkvBias)] },
        { linears: [vision.linear('o', `${name}.attn.proj`, hidden, hidden)] },
        { linears: [vision.linear('fc', `${name}.mlp.fc1`, width, hidden)] },
        { linears: [vision.linear('down', `${name}.mlp.fc2`, hidden, width)] },
      ],
      plan: {
        kind: 'transformer',
        inputNorm: norm(`${name}.norm1`),
        attention: {
          heads,
          keyHeads: heads,
          dim: hidden / heads,
          causal: false,
          slidingWindow: null,
          rope: null,
          queryNorm: null,
          keyNorm: null,
        },
        outputNorm: norm(`${name}.norm2`),
        activation: 'gelu_erf',
      },
    };
  });
  const classes = vision.size('head.weight', 0);
  return {
    architecture: 'VisionTransformer',
    title: 'ViT',
    task: 'classification',
    hidden,
    image,
    tokens: patchCount(image) + 1,
    classes,
    classNames: vision.classNames(classes),
    blocks,
    ends: {
      patches: vision.patches(PATCHES, image, hidden, tokens),
      classToken: tensors.expect('cls_token', [1, 1, hidden]),
      classPlace: 0,
      norm: norm('norm'),
      head: vision.linear('fc', 'head', classes, hidden),
    },
    notes: tensors.finish('blocks.', /^$/),
    parameters: tensors.parameters,
  };
}
