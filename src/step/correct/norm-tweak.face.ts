/** Norms moved after quantization, so that a block's outputs are spread like those of full precision. */
import type { StepFace } from '../face';

export const normTweakFace: StepFace = {
  id: 'norm_tweak',
  slot: 'correct',
  title: 'Norm tweak',
  idea: 'When a block is quantized, move the gains and biases of its norms until its outputs have the means and variances of before.',
  formula: 'γ, β ← argmin  Σ_c (|E[ỹ_c] − E[y_c]| + |Var[ỹ_c] − Var[y_c]|) / C',
  citation: {
    text: 'Li, Li, Zhang, Chu: Norm Tweaking: High-Performance Low-Bit Quantization of Large Language Models, AAAI 2024.',
    url: 'https://arxiv.org/abs/2309.02784',
    bibtex:
      '@inproceedings{li2024normtweaking, title={Norm Tweaking: High-Performance Low-Bit Quantization of Large Language Models}, author={Li, Liang and Li, Qingyuan and Zhang, Bo and Chu, Xiangxiang}, booktitle={AAAI}, year={2024}, eprint={2309.02784}, archivePrefix={arXiv}}',
  },
  fidelity: {
    label: 'simplified',
    why: 'Only the abstract was read: the loss of channels’ means and variances and a rate that grows with depth are its description’s, the optimizer is Adam, and its numbers are our own; after every epoch the loss is looked at, and the best norms are kept.',
  },
  parameters: {
    loss: {
      kind: 'choice',
      choices: ['distribution', 'outputs'],
      default: 'distribution',
      label: 'Loss',
      help: 'distribution: means and variances of the block’s output channels over the tokens of a step; outputs: the mean square of all that the outputs are off.',
    },
    epochs: {
      kind: 'integer',
      min: 0,
      max: 100,
      default: 4,
      label: 'Epochs',
      help: 'Passes over the calibration windows, block by block; 0 changes nothing.',
    },
    rate: {
      kind: 'number',
      min: 0,
      max: 0.1,
      default: 0.001,
      label: 'Learning rate',
      help: 'Of Adam, in the first block: how far a gain moves in a step, at most.',
    },
    growth: {
      kind: 'number',
      min: 0,
      max: 10,
      default: 1,
      unit: 'of the rate',
      label: 'Growth',
      help: 'How much higher the rate is in the last block: errors gather with depth.',
    },
    batch: {
      kind: 'integer',
      min: 1,
      max: 256,
      default: 4,
      unit: 'windows',
      label: 'Batch',
      help: 'Calibration windows a step, or fewer where GPU memory does not reach.',
    },
  },
  scope: () => 'block',
  words: ({ loss, epochs }) => [
    'Norm tweak',
    ...(loss === 'outputs' ? ['outputs'] : []),
    ...(epochs === 4 ? [] : [`${String(epochs)} epochs`]),
  ],
  // Learned in an epoch and looked at behind it; the block as it was, and as it came out.
  passes: ({ epochs }) => (epochs === 0 ? 0 : 4 * Number(epochs) + 2),
  refuses: ({ blocks }) =>
    blocks.includes('dit')
      ? 'A DiT’s norms have no gains of their own, they are scaled anew for every image (adaLN): choose bias correction, which moves the biases of its layers.'
      : blocks.some((kind) => kind.startsWith('unet-'))
        ? 'A U-Net’s norms are of groups of channels, and the gains of these are not learned: choose bias correction, which moves the biases of its layers.'
        : blocks.includes('convolution')
          ? 'A ResNet’s batch norms are folded into its convolutions, and have no gains of their own: choose bias correction, which moves their biases.'
          : null,
};
