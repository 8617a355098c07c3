/** Systems that give each layer its own bits. */
import type { Paper, PaperStep } from './paper';

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
    suits: ({ head }) => (head ? null : 'KL compares outputs, and this network has no head.'),
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
    suits: ({ head }) => (head ? null : 'KL compares outputs, and this network has no head.'),
    steps: (): PaperStep[] => [
      { step: 'allocate', options: { budget: 4.8, measure: 'kl', candidates: '4,8', solver: 'minimax', tie: true } },
      { step: 'rtn' },
    ],
  },
];
