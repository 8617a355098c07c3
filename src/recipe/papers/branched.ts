/** Systems with a low-rank part beside the codes. */
import type { Paper, PaperStep } from './paper';

export const BRANCHED: readonly Paper[] = [
  {
    id: 'svdquant',
    title: 'SVDQuant',
    citation: {
      text: 'Li, Lin, Zhang, Cai, Li, Guo, Xie, Meng, Zhu, Han: SVDQuant: Absorbing Outliers by Low-Rank Components for 4-Bit Diffusion Models, ICLR 2025.',
      url: 'https://arxiv.org/abs/2411.05007',
      bibtex:
        '@inproceedings{li2025svdquant, title={SVDQuant: Absorbing Outliers by Low-Rank Components for 4-Bit Diffusion Models}, author={Li, Muyang and Lin, Yujun and Zhang, Zhekai and Cai, Tianle and Li, Xiuyu and Guo, Junxian and Xie, Enze and Meng, Chenlin and Zhu, Jun-Yan and Han, Song}, booktitle={ICLR}, year={2025}}',
    },
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
    citation: {
      text: 'Liu, Khadkevich, Fung, Sakr, Yang, Wang, Muralidharan, Yin, Cheng, Kautz, Wang, Molchanov, Chen: EoRA: Fine-tuning-free Compensation for Compressed LLM with Eigenspace Low-Rank Approximation, 2024.',
      url: 'https://arxiv.org/abs/2410.21271',
      bibtex:
        '@misc{liu2024eora, title={EoRA: Fine-tuning-free Compensation for Compressed LLM with Eigenspace Low-Rank Approximation}, author={Liu, Shih-Yang and others}, year={2024}, eprint={2410.21271}, archivePrefix={arXiv}}',
    },
    fidelity: {
      label: 'faithful',
      why: 'The same optimum by a projector, without the inverse that the release takes.',
    },
    why: 'A quantized network mended by small products, without training.',
    suits: () => null,
    steps: (): PaperStep[] => [{ step: 'gptq', options: { bits: 3 } }, { step: 'eora' }],
  },
];
