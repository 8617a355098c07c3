/** Systems of eight bits: channels that stand out are kept, or what rounding does to means is taken back. */
import { STEP_FACES } from '../../step/faces';
import type { Paper, PaperStep } from './paper';

export const EIGHT_BIT: readonly Paper[] = [
  {
    id: 'llm_int8',
    title: 'LLM.int8()',
    citation: {
      text: 'Dettmers, Lewis, Belkada, Zettlemoyer: LLM.int8(): 8-bit Matrix Multiplication for Transformers at Scale, NeurIPS 2022.',
      url: 'https://arxiv.org/abs/2208.07339',
      bibtex:
        '@inproceedings{dettmers2022llmint8, title={LLM.int8(): 8-bit Matrix Multiplication for Transformers at Scale}, author={Dettmers, Tim and Lewis, Mike and Belkada, Younes and Zettlemoyer, Luke}, booktitle={NeurIPS}, year={2022}}',
    },
    fidelity: {
      label: 'simplified',
      why: 'Channels with a magnitude above 6 pass unquantized, as in the paper; the weights that meet them are rounded all the same, where the paper keeps them in 16 bits.',
    },
    why: 'Eight bits that are safe for networks with a few large channels, without calibration.',
    suits: () => null,
    steps: (): PaperStep[] => [
      { step: 'activations', options: { bits: 8, per: 'token', keepAbove: 6 } },
      { step: 'rtn', options: { bits: 8, symmetric: true } },
    ],
  },
  {
    id: 'whitepaper',
    title: 'White paper',
    citation: STEP_FACES.bias_correction.citation,
    fidelity: {
      label: 'simplified',
      why: 'Its pipeline without AdaRound: cross-layer equalization, ranges by least squared error, then empirical bias correction.',
    },
    why: 'What deployment tools do after training: static ranges per tensor, and biases that take the mean error back.',
    suits: () => null,
    steps: (facts): PaperStep[] => [
      ...(facts.pairs.some((kind) => kind === 'v' || kind === 'up') ? [{ step: 'equalize' } as const] : []),
      { step: 'activations', options: { bits: 8, per: 'tensor', ranges: 'static', observer: 'mse', symmetric: false } },
      { step: 'rtn', options: { bits: 8, symmetric: true, clip: 'mse' } },
      { step: 'bias_correction' },
    ],
  },
];
