/** Systems with a low-rank part beside the codes. */
import { STEP_FACES } from '../../step/faces';
import type { Paper, PaperStep } from './paper';

export const BRANCHED: readonly Paper[] = [
  {
    id: 'svdquant',
    title: 'SVDQuant',
    citation: STEP_FACES.svdquant.citation,
    fidelity: {
      label: 'simplified',
      why: 'Smoothing by one exponent, where the release searches two; siblings have branches of their own.',
    },
    why: 'Four-bit weights and activations, with the weights’ leading directions in a branch of 16 bits.',
    suits: () => null,
    steps: (): PaperStep[] => [
      { step: 'smooth', options: { alpha: 0.5 } },
      { step: 'activations', options: { bits: 4, per: 'group', groupSize: 64 } },
      { step: 'svdquant' },
      { step: 'rtn', options: { bits: 4, groupSize: 64, symmetric: true } },
    ],
  },
  {
    id: 'eora',
    title: 'EoRA',
    citation: STEP_FACES.eora.citation,
    fidelity: {
      label: 'faithful',
      why: 'The same optimum by a projector, without the inverse that the release takes.',
    },
    why: 'A quantized network mended by small products, without training.',
    suits: () => null,
    steps: (): PaperStep[] => [{ step: 'gptq', options: { bits: 3 } }, { step: 'eora' }],
  },
];
