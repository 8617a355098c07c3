/**
 * Vision Mamba under Vim's names: bidirectional mixers ("v2": one projection in, a convolution and a selective scan with weights of
 * their own in either direction, one projection out), RMSNorm, a class token in the middle.
 * Zhu et al. 2024, arXiv 2401.09417; Gu and Dao 2023 (Mamba), arXiv 2312.00752. Followed: hustvl/Vim, models_mamba.py, mamba_simple.py.
 */
import { unsupported } from '../config';
import { numbered, type Block, type LinearShape, type NormPlan, type ScanPlan, type WeightSource } from '../model';
import { patchCount, type Classifier } from './image-model';
import { VisionSource } from './infer';

const PATCHES = 'patch_embed.proj';

/** Throws QS-FILE-02, -04 or -07. `config` may be null: a bare state dict. */
export function openVim(source: WeightSource, config: Record<string, unknown> | null): Classifier {
  const vision = new VisionSource(source, config);
  const { tensors } = vision;
  const refused = {
    if_rope: false,
    if_rope_residual: false,
    use_double_cls_token: false,
    if_bidirectional: false,
    flip_img_sequences_each_two_layers: false,
  };
  for (const [key, expected] of Object.entries(refused)) {
    if (vision.config.flag(key, expected) !== expected) throw unsupported(`"${key}"`);
  }
  const pooling = vision.config.text('final_pool_type', 'none');
  if (pooling !== 'none') throw unsupported(`"${pooling}" pooling`);
  if (!vision.config.flag('use_middle_cls_token', true)) throw unsupported('a class token that is not in the middle');
  if (tensors.has('layers.0.norm.bias')) throw unsupported('LayerNorm in a Vision Mamba');
  if (!tensors.has('layers.0.mixer.A_b_log')) throw unsupported('one direction only');
  const hidden = vision.size('cls_token', 2);
  const tokens = vision.size('pos_embed', 1);
  const image = vision.image(PATCHES, tokens - 1, true);
  const eps = vision.config.positive('rms_norm_eps', 1e-5);
  const halved = vision.config.flag('if_divide_out', true);
  const norm = (name: string): NormPlan => ({ weight: tensors.expect(`${name}.weight`, [hidden]), bias: null, eps });

  const depth = tensors.blocks(vision.config, 'depth', (i) => `layers.${i}.mixer.in_proj.weight`);
  const blocks = Array.from({ length: depth }, (_, index): Block<LinearShape> => {
    const name = `layers.${index}`;
    const mixer = `${name}.mixer`;
    const channels = vision.size(`${mixer}.A_log`, 0);
    const state = vision.size(`${mixer}.A_log`, 1);
    const stepRank = vision.size(`${mixer}.dt_proj.weight`, 1);
    const scan = (end: '' | '_b'): ScanPlan => {
      const width = vision.size(`${mixer}.conv1d${end}.weight`, 2);
      return {
        convolution: tensors.expect(`${mixer}.conv1d${end}.weight`, [channels, 1, width]),
        convolutionBias: tensors.expect(`${mixer}.conv1d${end}.bias`, [channels]),
        decay: tensors.expect(`${mixer}.A${end}_log`, [channels, state]),
        skip: tensors.expect(`${mixer}.D${end}`, [channels]),
      };
    };
    const ssm = stepRank + 2 * state;
    return {
      index,
      name,
      stages: [
        { linears: [vision.linear('in', `${mixer}.in_proj`, 2 * channels, hidden, false)] },
        { linears: [vision.linear('ssm', `${mixer}.x_proj`, ssm, channels, false)] },
        { linears: [vision.linear('ssm_back', `${mixer}.x_proj_b`, ssm, channels, false)] },
        { linears: [vision.linear('delta', `${mixer}.dt_proj`, channels, stepRank)] },
        { linears: [vision.linear('delta_back', `${mixer}.dt_proj_b`, channels, stepRank)] },
        { linears: [vision.linear('out', `${mixer}.out_proj`, hidden, channels, false)] },
      ],
      plan: {
        kind: 'mamba',
        norm: norm(`${name}.norm`),
        channels,
        state,
        stepRank,
        forward: scan(''),
        backward: scan('_b'),
        halved,
      },
    };
  });
  const { head, classes } = vision.head('head', hidden);
  const patches = patchCount(image);
  return {
    architecture: 'VisionMamba',
    title: 'Vision Mamba',
    task: 'classification',
    hidden,
    image,
    tokens: patches + 1,
    classes,
    classNames: vision.classNames(classes),
    blocks: numbered(blocks),
    ends: {
      patches: vision.patches(PATCHES, image, hidden, tokens, 'pos_embed'),
      classToken: tensors.expect('cls_token', [1, 1, hidden]),
      classPlace: Math.floor(patches / 2),
      norm: norm('norm_f'),
      head,
    },
    notes: tensors.finish(/^$/),
    parameters: tensors.parameters,
  };
}
