/** Systems that learn how weights are rounded, or the grid that they are rounded to. */
import { STEP_FACES } from '../../step/faces';
import type { Paper, PaperStep } from './paper';

/** Short ones of the studio instead of thousands. */
const STEPS = 'Some hundred steps on the calibration windows instead of thousands on a large set';

export const ROUNDED: readonly Paper[] = [
  {
    id: 'adaround',
    title: 'AdaRound',
    citation: STEP_FACES.adaround.citation,
    fidelity: {
      label: 'simplified',
      why: `Layer by layer on the Hessian of the row’s own inputs, which is the paper’s local loss over all calibration data at once; towards the same inputs’ outputs, where the released code takes the full-precision ones. ${STEPS}.`,
    },
    why: 'Four-bit weights on a fixed grid, each layer’s roundings chosen together.',
    suits: () => null,
    steps: (): PaperStep[] => [{ step: 'adaround', options: { bits: 4, proxy: true } }],
  },
  {
    id: 'brecq',
    title: 'BRECQ',
    citation: {
      text: 'Li, Gong, Tan, Yang, Hu, Zhang, Yu, Wang, Gu: BRECQ: Pushing the Limit of Post-Training Quantization by Block Reconstruction, ICLR 2021.',
      url: 'https://arxiv.org/abs/2102.05426',
      bibtex:
        '@inproceedings{li2021brecq, title={BRECQ: Pushing the Limit of Post-Training Quantization by Block Reconstruction}, author={Li, Yuhang and Gong, Ruihao and Tan, Xu and Yang, Yang and Hu, Peng and Zhang, Qi and Yu, Fengwei and Wang, Wei and Gu, Shi}, booktitle={ICLR}, year={2021}}',
    },
    fidelity: {
      label: 'simplified',
      why: `AdaRound’s roundings on a block’s outputs, all layers of the block at once, inputs of the row’s own stream, as the released code has it by default; without weighing outputs by the squared gradient of the task, without activation steps and mixed precision. ${STEPS}.`,
    },
    why: 'Two- to four-bit weights on a fixed grid, each block’s roundings chosen together.',
    suits: () => null,
    steps: (): PaperStep[] => [{ step: 'adaround', options: { bits: 4 } }],
  },
  {
    id: 'autoround',
    title: 'AutoRound',
    citation: STEP_FACES.autoround.citation,
    fidelity: STEP_FACES.autoround.fidelity,
    why: 'Four bits in groups from two hundred steps without a learning rate to choose.',
    suits: () => null,
    steps: (): PaperStep[] => [{ step: 'autoround', options: { bits: 4, groupSize: 128 } }],
  },
  {
    id: 'omniquant',
    title: 'OmniQuant',
    citation: STEP_FACES.omniquant.citation,
    fidelity: {
      label: 'simplified',
      why: `The paper’s way for weights alone, as its released recipes for Llama have it: clipping without the equivalent transformation. ${STEPS}; constant rate.`,
    },
    why: 'Three bits in groups whose ranges give up their ends where that costs the block least.',
    suits: () => null,
    steps: (): PaperStep[] => [{ step: 'omniquant', options: { bits: 3, groupSize: 128 } }],
  },
  {
    id: 'block_ap',
    title: 'EfficientQAT, Block-AP',
    citation: STEP_FACES.block_ap.citation,
    fidelity: {
      label: 'simplified',
      why: `The paper’s first phase alone: the second, scales trained end to end under fixed codes, is not in this row. Norms are not trained. ${STEPS}.`,
    },
    why: 'Two bits in groups, weights and grid trained together, block by block.',
    suits: () => null,
    steps: (): PaperStep[] => [{ step: 'block_ap', options: { bits: 2, groupSize: 64 } }],
  },
  {
    id: 'lsq',
    title: 'LSQ',
    citation: STEP_FACES.lsq.citation,
    fidelity: {
      label: 'proxy',
      why: 'The paper trains the whole network on its task, with activations on learned steps as well; here weights alone, block by block on each block’s outputs, a step a row instead of one a layer, all layers at the same width.',
    },
    why: 'The base of most quantization-aware training, without a training set.',
    suits: () => null,
    steps: (): PaperStep[] => [{ step: 'lsq', options: { bits: 4 } }],
  },
];
