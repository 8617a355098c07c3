/** VidKV: keys in one bit and a half, values in three levels. */
import type { StepFace } from '../face';
import { NO_ATTENTION } from './words';

export const vidkvFace: StepFace = {
  id: 'vidkv',
  slot: 'attention',
  title: 'VidKV',
  idea: 'Two bits for the channels of keys that range widest, the signs of the spectrum for the others; values at −m, 0 and m of their channel.',
  formula: 'k̂ = fq₂(k) or F⁻¹(±mean|F(k)|),  v̂ = m·{−1, 0, 1},  m = mean|v|, 0 where |v| ≤ m / 2',
  citation: {
    text: 'Tao, You, Sui, Qin, Wang: Plug-and-Play 1.x-Bit KV Cache Quantization for Video Large Language Models, 2025.',
    url: 'https://arxiv.org/abs/2503.16257',
    bibtex:
      '@misc{tao2025vidkv, title={Plug-and-Play 1.x-Bit KV Cache Quantization for Video Large Language Models}, author={Tao, Keda and You, Haoxuan and Sui, Yang and Qin, Can and Wang, Huan}, year={2025}, eprint={2503.16257}, archivePrefix={arXiv}}',
  },
  fidelity: {
    label: 'simplified',
    why: 'The dequantization that is meant, ±m and m·{−1, 0, 1}: the release gives codes back without their scale, and cannot reach the paper’s figures, of which only a summary was read; channels are chosen for each head of a whole window, and no token keeps two bits for a text that asks about a video.',
  },
  parameters: {
    keyBits: {
      ...{ kind: 'number', min: 1, max: 2, default: 1.5, unit: 'bits' },
      label: 'Bits of keys',
      help: 'From 1 to 2: what it is more than 1 is the share of channels with two bits.',
    },
    groupSize: {
      ...{ kind: 'integer', min: 2, max: 4096, default: 32, unit: 'tokens', steps: 'doubling' },
      label: 'Group',
      help: 'Neighbouring tokens of a channel that share a range or a mean.',
    },
    residual: {
      ...{ kind: 'integer', min: 0, max: 8192, default: 0, unit: 'tokens' },
      label: 'Residual',
      help: 'Latest tokens that each query still reads in full precision, as a decoder does (VidKV: 128); 0: none.',
    },
  },
  scope: () => 'nothing',
  words: ({ keyBits, groupSize, residual }) => [
    `VidKV ${String(keyBits)}`,
    `g${String(groupSize)}`,
    ...(residual === 0 ? [] : [`R${String(residual)}`]),
  ],
  refuses({ attention, task }, { residual, groupSize }) {
    if (!attention) return NO_ATTENTION;
    if (Number(residual) > 0 && task !== 'text') {
      return `A residual of ${String(residual)} tokens is a decoder’s, and here every token sees every other: set it to 0.`;
    }
    return Number(residual) % Number(groupSize) === 0
      ? null
      : `Groups of ${String(groupSize)} tokens do not end with a residual of ${String(residual)}: choose a residual that is a multiple of the group.`;
  },
  exports: () => 'own',
};
