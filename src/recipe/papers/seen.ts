/** Systems that were made for networks on images: vision transformers and selective scans. */
import { STEP_FACES } from '../../step/faces';
import { firstTaken, type Paper, type PaperStep } from './paper';

/** Static, of the whole tensor, as RepQ-ViT and its successors have it. */
const STATIC = { per: 'tensor', ranges: 'static', observer: 'percentile', symmetric: false } as const;

export const SEEN: readonly Paper[] = [
  {
    id: 'repq_vit',
    title: 'RepQ-ViT',
    citation: STEP_FACES.reparameterize.citation,
    fidelity: {
      label: 'simplified',
      why: 'Reparameterized norms, log√2 probabilities and static ranges per tensor as published; ranges of weights are cut by squared error, where the release takes percentiles.',
    },
    why: 'Vision transformers at four bits, from 32 images and no training.',
    suits: ({ blocks }) =>
      blocks.includes('transformer') ? null : 'It is for transformers with norms that have a bias.',
    steps: (): PaperStep[] => [
      { step: 'reparameterize', options: { bits: 4 } },
      { step: 'activations', options: { bits: 4, ...STATIC } },
      { step: 'probabilities', options: { bits: 4 } },
      { step: 'rtn', options: { bits: 4, clip: 'mse' } },
    ],
  },
  {
    id: 'repquant',
    title: 'RepQuant',
    citation: {
      text: 'Li, Liu, Zhang, Gu: RepQuant: Towards Accurate Post-Training Quantization of Large Transformer Models via Scale Reparameterization, 2024.',
      url: 'https://arxiv.org/abs/2402.05628',
      bibtex:
        '@misc{li2024repquant, title={RepQuant: Towards Accurate Post-Training Quantization of Large Transformer Models via Scale Reparameterization}, author={Li, Zhikai and Liu, Xuewen and Zhang, Jing and Gu, Qingyi}, year={2024}, eprint={2402.05628}, archivePrefix={arXiv}}',
    },
    fidelity: {
      label: 'simplified',
      why: 'Only its abstract was read: clips of each channel are searched and not learned, and weights are compensated by GPTQ on the quantized inputs.',
    },
    why: 'RepQ-ViT with a range of its own at either end of each channel, and compensated weights.',
    suits: ({ blocks }) =>
      blocks.includes('transformer') ? null : 'It is for transformers with norms that have a bias.',
    steps: (): PaperStep[] => [
      { step: 'reparameterize', options: { bits: 4, ranges: 'clips' } },
      { step: 'activations', options: { bits: 4, ...STATIC } },
      { step: 'probabilities', options: { bits: 4 } },
      { step: 'gptq', options: { bits: 4, clip: 'mse' } },
    ],
  },
  {
    id: 'noisyquant',
    title: 'NoisyQuant',
    citation: STEP_FACES.noisy_quant.citation,
    fidelity: {
      label: 'simplified',
      why: 'Uniform noise as published (the release draws it from a normal distribution), with fewer strengths and shares of the range tried.',
    },
    why: 'Static activations whose rounding errors a fixed noise spreads more evenly.',
    suits: () => null,
    steps: (): PaperStep[] => [
      { step: 'noisy_quant', options: { bits: 6 } },
      { step: 'rtn', options: { bits: 6, symmetric: true } },
    ],
  },
  {
    id: 'quamba',
    title: 'Quamba',
    citation: {
      text: 'Chiang, Chang, Frumkin, Wu, Marculescu: Quamba: A Post-Training Quantization Recipe for Selective State Space Models, ICLR 2025.',
      url: 'https://arxiv.org/abs/2410.13229',
      bibtex:
        '@inproceedings{chiang2025quamba, title={Quamba: A Post-Training Quantization Recipe for Selective State Space Models}, author={Chiang, Hung-Yueh and Chang, Chi-Chih and Frumkin, Natalia and Wu, Kai-Chiang and Marculescu, Diana}, booktitle={ICLR}, year={2025}}',
    },
    fidelity: {
      label: 'simplified',
      why: 'Inputs of all projections, with a Hadamard transform before the last one; B, C, Δ and the state of the scan stay in full precision, and one percentile serves all places.',
    },
    why: 'Static eight bits for networks of selective scans.',
    suits: ({ blocks }) => (blocks.includes('mamba') ? null : 'It is for selective scans, and this network has none.'),
    steps: (facts): PaperStep[] => [
      firstTaken('rotate', facts, [
        { online: 'down' },
        { matrix: 'orthogonal', online: 'down' },
        { matrix: 'orthogonal' },
      ]),
      {
        step: 'activations',
        options: { bits: 8, per: 'tensor', ranges: 'static', observer: 'percentile', percentile: 0.9995 },
      },
      { step: 'rtn', options: { bits: 8, symmetric: true } },
    ],
  },
  {
    id: 'quantvggt',
    title: 'QuantVGGT',
    citation: STEP_FACES.rotate_inputs.citation,
    fidelity: {
      label: 'simplified',
      why: 'Its recipe on other networks than the one it was made for: every layer’s inputs turned as the network runs, scaled behind that, four symmetric bits for both; scales and clips are not learned, and calibration samples are not chosen.',
    },
    why: 'Four-bit weights and activations for networks on images, also those whose steered norms allow no rotation of the stream.',
    suits: ({ task }) =>
      task === 'text'
        ? 'It is for networks on images; a language model’s stream can be rotated at no cost: QuaRot.'
        : null,
    steps: (): PaperStep[] => [
      { step: 'rotate_inputs', options: { alpha: 0.5 } },
      { step: 'activations', options: { bits: 4, per: 'token' } },
      { step: 'rtn', options: { bits: 4, symmetric: true } },
    ],
  },
];
