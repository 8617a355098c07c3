/** Systems for diffusion networks, whose inputs change from step to step of the sampler. */
import { faceOf } from '../../method/catalogue';
import { STEP_FACES } from '../../step/faces';
import type { NetworkFacts } from '../../step/network-facts';
import type { Paper, PaperStep } from './paper';

/** Why a network is none that a sampler calls; null where it is one. */
function unsampled({ task }: NetworkFacts): string | null {
  return task === 'diffusion'
    ? null
    : 'It is for networks that a sampler calls step by step, and this one is called once.';
}

export const SAMPLED: readonly Paper[] = [
  {
    id: 'serial_to_parallel',
    title: 'Serial-to-Parallel',
    citation: faceOf('serial_to_parallel').citation,
    fidelity: {
      label: 'simplified',
      why: 'Only the abstract and the group’s quantizers could be read: phases, loss and rates are a reading of ours, freezing goes by oscillation, and time embeddings are computed as ever instead of being stored.',
    },
    why: 'Pictures that stay those of full precision at 4-bit weights and 8-bit inputs, for minutes of training.',
    suits: unsampled,
    steps: (): PaperStep[] => [
      { step: 'activations_by_step', options: { bits: 8 } },
      { step: 'serial_to_parallel', options: { bits: 4 } },
    ],
  },
  {
    id: 'tfmq_ranges',
    title: 'TFMQ-DM’s ranges by step',
    citation: STEP_FACES.activations_by_step.citation,
    fidelity: {
      label: 'simplified',
      why: 'Its finite-set calibration of ranges alone, with plain rounding of weights: the reconstruction of time embeddings and of blocks is left out.',
    },
    why: 'Eight-bit inputs of a diffusion network without training.',
    suits: unsampled,
    steps: (): PaperStep[] => [
      { step: 'activations_by_step', options: { bits: 8 } },
      { step: 'rtn', options: { bits: 4, clip: 'mse' } },
    ],
  },
];
