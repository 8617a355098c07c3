/** Systems that give each layer its own bits. */
import type { NetworkFacts } from '../../step/network-facts';
import type { Paper, PaperStep } from './paper';

const withHead =
  (what: string) =>
  ({ head }: NetworkFacts) =>
    head ? null : `${what}, and this network has no head.`;
const comparesOutputs = withHead('KL compares outputs');
const differentiatesOutputs = withHead('Its measure goes back from outputs');

export const MIXED: readonly Paper[] = [
  {
    id: 'zeroq',
    title: 'ZeroQ',
    citation: {
      text: 'Cai, Yao, Dong, Gholami, Mahoney, Keutzer: ZeroQ: A Novel Zero Shot Quantization Framework, CVPR 2020.',
      url: 'https://arxiv.org/abs/2001.00281',
      bibtex:
        '@inproceedings{cai2020zeroq, title={ZeroQ: A Novel Zero Shot Quantization Framework}, author={Cai, Yaohui and Yao, Zhewei and Dong, Zhen and Gholami, Amir and Mahoney, Michael W. and Keutzer, Kurt}, booktitle={CVPR}, year={2020}}',
    },
    fidelity: {
      label: 'proxy',
      why: 'Its KL of one rounded layer with an exact choice; data is what the recipe’s calibration source gives (text that the network writes, its own trajectories, noise for a classifier) in the place of images distilled from batch norms, which no network here has.',
    },
    why: 'Bits by how far each layer alone moves what the network says.',
    suits: comparesOutputs,
    steps: (): PaperStep[] => [{ step: 'allocate', options: { budget: 3, measure: 'kl' } }, { step: 'rtn' }],
  },
  {
    id: 'modelopt',
    title: 'ModelOpt auto_quantize',
    citation: {
      text: 'NVIDIA Model Optimizer, mtq.auto_quantize with the KL score.',
      url: 'https://github.com/NVIDIA/Model-Optimizer',
      bibtex: '',
    },
    fidelity: {
      label: 'simplified',
      why: 'The KL score and its minimax search, exactly solved, where the release’s bisection may end beyond the budget; ties between siblings as there.',
    },
    why: 'No layer’s own KL larger than it has to be, with fused siblings at the same bits.',
    suits: comparesOutputs,
    steps: (): PaperStep[] => [
      { step: 'allocate', options: { budget: 4.8, measure: 'kl', candidates: '4,8', solver: 'minimax', tie: true } },
      { step: 'rtn' },
    ],
  },
  {
    id: 'hawq',
    title: 'HAWQ',
    citation: {
      text: 'Dong, Yao, Gholami, Mahoney, Keutzer: HAWQ: Hessian AWare Quantization of Neural Networks with Mixed-Precision, ICCV 2019.',
      url: 'https://arxiv.org/abs/1905.03696',
      bibtex:
        '@inproceedings{dong2019hawq, title={HAWQ: Hessian AWare Quantization of Neural Networks with Mixed-Precision}, author={Dong, Zhen and Yao, Zhewei and Gholami, Amir and Mahoney, Michael W. and Keutzer, Kurt}, booktitle={ICCV}, year={2019}}',
    },
    fidelity: {
      label: 'proxy',
      why: 'Layers get bits in the order of their curvature for its size, one upgrade after another, where the paper’s authors chose within that order by hand; the curvature is the trace’s mean and not the largest eigenvalue, and nothing is trained afterwards.',
    },
    why: 'The idea that began it: bits go where the loss curves most.',
    suits: differentiatesOutputs,
    steps: (): PaperStep[] => [
      { step: 'allocate', options: { budget: 4, measure: 'trace', candidates: '2,4,8', solver: 'greedy' } },
      { step: 'rtn', options: { bits: 4 } },
    ],
  },
  {
    id: 'hawq_v2',
    title: 'HAWQ-V2',
    citation: {
      text: 'Dong, Yao, Arfeen, Gholami, Mahoney, Keutzer: HAWQ-V2: Hessian Aware trace-Weighted Quantization of Neural Networks, NeurIPS 2020.',
      url: 'https://arxiv.org/abs/1911.03852',
      bibtex:
        '@inproceedings{dong2020hawqv2, title={HAWQ-V2: Hessian Aware trace-Weighted Quantization of Neural Networks}, author={Dong, Zhen and Yao, Zhewei and Arfeen, Daiyaan and Gholami, Amir and Mahoney, Michael W. and Keutzer, Kurt}, booktitle={NeurIPS}, year={2020}}',
    },
    fidelity: {
      label: 'simplified',
      why: 'Its measure, the mean trace times ‖Δ‖², and the exact choice, with the Fisher information’s trace for the Hessian’s; weights alone, without training; 4 or 8 bits at half the way between, as in the released code of its successor.',
    },
    why: 'Four or eight bits for each layer, by curvature and the error that rounding makes.',
    suits: differentiatesOutputs,
    steps: (): PaperStep[] => [
      { step: 'allocate', options: { budget: 6, measure: 'trace', candidates: '4,8' } },
      { step: 'rtn', options: { bits: 4 } },
    ],
  },
  {
    id: 'autoscheme',
    title: 'AutoScheme',
    citation: {
      text: 'Cheng, Zhang, Guo, Shen: SignRoundV2: Closing the Performance Gap in Extremely Low-Bit Post-Training Quantization for LLMs, 2025; AutoScheme of Intel’s auto-round.',
      url: 'https://arxiv.org/abs/2512.04746',
      bibtex:
        '@misc{cheng2025signroundv2, title={SignRoundV2: Closing the Performance Gap in Extremely Low-Bit Post-Training Quantization for LLMs}, author={Cheng, Wenhua and Zhang, Weiwei and Guo, Heng and Shen, Haihao}, year={2025}, eprint={2512.04746}, archivePrefix={arXiv}}',
    },
    fidelity: {
      label: 'proxy',
      why: 'Gradients and an exact choice as in its code (the paper was not read), but of second order at full precision, where the release sums |g ∘ Δ| once for each width with the whole network rounded to it.',
    },
    why: 'Bits for each layer from one look at gradients, with scales counted.',
    suits: differentiatesOutputs,
    steps: (): PaperStep[] => [
      { step: 'allocate', options: { budget: 5, measure: 'gradient', candidates: '4,8' } },
      { step: 'rtn', options: { bits: 4, groupSize: 128 } },
    ],
  },
  {
    id: 'exllamav3',
    title: 'exllamav3 mix',
    citation: {
      text: 'exllamav3: measure and optimize of finished quantizations of one model.',
      url: 'https://github.com/turboderp-org/exllamav3',
      bibtex: '',
    },
    fidelity: {
      label: 'simplified',
      why: 'Its measure around the narrowest model and its greedy choice with jumps, savings as they are and not tamed by a power; candidates are measured by plain rounding here, and what is mixed then is quantized anew. The command mix does it with the layers of finished rows themselves.',
    },
    why: 'From the narrowest model upwards: the bits that save most go first.',
    suits: comparesOutputs,
    steps: (): PaperStep[] => [
      { step: 'allocate', options: { budget: 3.5, measure: 'upgrade', candidates: '2,3,4,6', solver: 'greedy' } },
      { step: 'gptq' },
    ],
  },
];
