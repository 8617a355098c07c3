/** Quantization of what linear layers read of a diffusion network, with ranges for each call of the sampler. */
import type { StepFace } from '../face';
import { ACTIVATION_PARAMETERS } from './activations.face';

export const activationsByStepFace: StepFace = {
  id: 'activations_by_step',
  slot: 'activations',
  title: 'Activations by time step',
  idea: 'Round what linear layers read to few levels, with a range of its own for each step of the sampler, since noise and picture differ in size.',
  formula: 'x̂ = s_i · (clamp(round(x / s_i) + z_i, 0, 2ᵇ − 1) − z_i),  i: the call of the sampler',
  citation: {
    text: 'Huang, Gong, Liu, Chen, Liu: TFMQ-DM: Temporal Feature Maintenance Quantization for Diffusion Models, CVPR 2024.',
    url: 'https://arxiv.org/abs/2311.16503',
    bibtex:
      '@inproceedings{huang2024tfmq, title={TFMQ-DM: Temporal Feature Maintenance Quantization for Diffusion Models}, author={Huang, Yushi and Gong, Ruihao and Liu, Jing and Chen, Tianlong and Liu, Xianglong}, booktitle={CVPR}, year={2024}}',
  },
  fidelity: {
    label: 'simplified',
    why: 'As TFMQ-DM’s released code, a set of ranges a sampling step for every quantizer; they are the least and the greatest of the calibration images of that step in the row’s own stream, without its moving average.',
  },
  parameters: {
    bits: ACTIVATION_PARAMETERS.bits,
    symmetric: { ...ACTIVATION_PARAMETERS.symmetric, default: false },
    clip: ACTIVATION_PARAMETERS.clip,
  },
  scope: () => 'stage',
  words: ({ bits, symmetric, clip }) => [
    `A${String(bits)}`,
    'by step',
    ...(symmetric === true ? ['sym'] : []),
    ...(clip === 1 ? [] : [`clip ${String(clip)}`]),
  ],
  refuses: ({ task }) =>
    task === 'diffusion'
      ? null
      : 'Ranges by time step are for networks that a sampler calls step by step, and this one is called once: choose Activations.',
  exports: () => 'own',
};
