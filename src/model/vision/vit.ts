/**
 * Vision transformers (ViT, DeiT) under the names of vit-names.ts: patches, a class token in front (and DeiT's distillation token behind
 * it), learned positions, pre-norm blocks in which every token sees every other, exact GELU, and a head on the class token.
 * Dosovitskiy et al. 2021, arXiv 2010.11929; Touvron et al. 2021 (DeiT), arXiv 2012.12877. Followed: timm's vision_transformer.py,
 * transformers' models/{vit,deit}.
 */
import { unsupported } from '../config';
import { numbered, type Block, type LinearShape, type Role, type WeightSource } from '../model';
import { patchCount, type Classifier } from './image-model';
import { headsOf, VisionSource } from './infer';
import { signsOf, TIMM, VIT_NAMES } from './vit-names';

/** Heads by width: Ti, S, B, L, H. */
const PUBLISHED_HEADS = { 192: 3, 384: 6, 768: 12, 1024: 16, 1280: 16 };

/** Throws QS-FILE-02, -04 or -07. `config` may be null: a bare state dict. */
export function openViT(source: WeightSource, config: Record<string, unknown> | null): Classifier {
  const vision = new VisionSource(source, config);
  const { tensors } = vision;
  const names = VIT_NAMES.find((naming) => signsOf(naming).every((name) => tensors.has(name))) ?? TIMM;
  if (tensors.has(names.distillation)) throw unsupported(`a distillation token ("${names.distillation}")`);
  if (!tensors.has(names.classToken)) throw unsupported('average pooling instead of a class token');
  const hidden = tensors.decides(vision.config, 'hidden_size', vision.size(names.classToken, 2));
  const tokens = vision.size(names.positions, 1);
  const image = vision.image(names.patches, tokens - 1, true);
  const heads = headsOf(vision.config, hidden, PUBLISHED_HEADS);
  const eps = vision.config.positive('layer_norm_eps', names.eps);
  const act = vision.config.text('activation', 'gelu');
  if (act !== 'gelu') throw unsupported(`the activation "${act}"`);
  const pooling = vision.config.text('pooling', 'token');
  if (pooling !== 'token') throw unsupported(`"${pooling}" pooling`);
  const norm = (name: string) => vision.norm(name, hidden, eps);
  const depth = tensors.blocks(vision.config, 'depth', (i) => `${names.block(i)}.${names.inputNorm}.weight`);
  const blocks = Array.from({ length: depth }, (_, index): Block<LinearShape> => {
    const name = names.block(index);
    const width = tensors.decides(vision.config, 'intermediate_size', vision.size(`${name}.${names.up}.weight`, 0));
    const linear = (role: Role, path: string, rows: number, cols: number, promised = true): LinearShape =>
      vision.linear(role, `${name}.${path}`, rows, cols, promised);
    const { attention } = names;
    const inputs =
      'qkv' in attention
        ? [linear('qkv', attention.qkv, 3 * hidden, hidden, false)]
        : (['k', 'v', 'q'] as const).map((role) => linear(role, attention[role], hidden, hidden, false));
    return {
      index,
      name,
      stages: [
        { linears: inputs },
        { linears: [linear('o', names.projection, hidden, hidden)] },
        { linears: [linear('fc', names.up, width, hidden)] },
        { linears: [linear('down', names.down, hidden, width)] },
      ],
      plan: {
        kind: 'transformer',
        inputNorm: norm(`${name}.${names.inputNorm}`),
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
        outputNorm: norm(`${name}.${names.outputNorm}`),
        activation: 'gelu_erf',
      },
    };
  });
  const { head, classes } = vision.head(names.head, hidden);
  return {
    architecture: 'VisionTransformer',
    title: 'ViT',
    task: 'classification',
    hidden,
    image,
    tokens: patchCount(image) + 1,
    classes,
    classNames: vision.classNames(classes),
    blocks: numbered(blocks),
    ends: {
      patches: vision.patches(names.patches, image, hidden, tokens, names.positions),
      classToken: tensors.expect(names.classToken, [1, 1, hidden]),
      classPlace: 0,
      norm: norm(names.norm),
      head,
    },
    notes: tensors.finish(/^$/),
    parameters: tensors.parameters,
  };
}
