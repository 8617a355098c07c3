/** Systems that move range between inputs and weights, channel by channel, before anything is rounded. */
import { firstTaken, type Paper, type PaperStep } from './paper';

export const SCALED: readonly Paper[] = [
  {
    id: 'smoothquant',
    title: 'SmoothQuant',
    citation: {
      text: 'Xiao, Lin, Seznec, Wu, Demouth, Han: SmoothQuant: Accurate and Efficient Post-Training Quantization for Large Language Models, ICML 2023.',
      url: 'https://arxiv.org/abs/2211.10438',
      bibtex:
        '@inproceedings{xiao2023smoothquant, title={SmoothQuant: Accurate and Efficient Post-Training Quantization for Large Language Models}, author={Xiao, Guangxuan and Lin, Ji and Seznec, Mickael and Wu, Hao and Demouth, Julien and Han, Song}, booktitle={ICML}, year={2023}}',
    },
    fidelity: {
      label: 'faithful',
      why: 'Its O1 setting: dynamic ranges of a token, symmetric weights of a row; matrix products within attention stay in full precision.',
    },
    why: 'Eight-bit weights and activations where a few channels of the inputs are large.',
    suits: () => null,
    steps: (): PaperStep[] => [
      { step: 'smooth', options: { alpha: 0.5 } },
      { step: 'activations', options: { bits: 8, per: 'token' } },
      { step: 'rtn', options: { bits: 8, symmetric: true } },
    ],
  },
  {
    id: 'awq',
    title: 'AWQ',
    citation: {
      text: 'Lin, Tang, Tang, Yang, Chen et al.: AWQ: Activation-aware Weight Quantization for On-Device LLM Compression and Acceleration, MLSys 2024.',
      url: 'https://arxiv.org/abs/2306.00978',
      bibtex:
        '@inproceedings{lin2024awq, title={AWQ: Activation-aware Weight Quantization for On-Device LLM Compression and Acceleration}, author={Lin, Ji and Tang, Jiaming and Tang, Haotian and Yang, Shang and Chen, Wei-Ming and others}, booktitle={MLSys}, year={2024}}',
    },
    fidelity: {
      label: 'simplified',
      why: 'Scales are searched by the layers’ own output errors, where the release runs the attention or the MLP behind them.',
    },
    why: 'Weights alone at four bits in groups, by scales that protect what meets large inputs.',
    suits: () => null,
    steps: (): PaperStep[] => [
      { step: 'scale_search' },
      { step: 'clip_search' },
      { step: 'rtn', options: { bits: 4, groupSize: 128 } },
    ],
  },
  {
    id: 'outlier_suppression_plus',
    title: 'Outlier Suppression+',
    citation: {
      text: 'Wei, Zhang, Li, Zhang, Gong, Guo, Liu: Outlier Suppression+: Accurate Quantization of Large Language Models by Equivalent and Effective Shifting and Scaling, EMNLP 2023.',
      url: 'https://arxiv.org/abs/2304.09145',
      bibtex:
        '@inproceedings{wei2023outlier, title={Outlier Suppression+: Accurate Quantization of Large Language Models by Equivalent and Effective Shifting and Scaling}, author={Wei, Xiuying and Zhang, Yunchen and Li, Yuhang and Zhang, Xiangguo and Gong, Ruihao and Guo, Jinyang and Liu, Xianglong}, booktitle={EMNLP}, year={2023}}',
    },
    fidelity: {
      label: 'simplified',
      why: 'Channels are moved and scaled as published; its percentile search by the task’s loss is left out.',
    },
    why: 'Inputs whose channels lie off zero: moved to the middle by biases, then scaled.',
    suits: () => null,
    steps: (): PaperStep[] => [
      { step: 'shift_channels' },
      { step: 'activations', options: { bits: 6, per: 'tensor', ranges: 'static', symmetric: false } },
      { step: 'rtn', options: { bits: 6, symmetric: true } },
    ],
  },
  {
    id: 'crossquant',
    title: 'CrossQuant',
    citation: {
      text: 'CrossQuant: A Post-Training Quantization Method with Smaller Quantization Kernel for Precise Large Language Model Compression, 2024.',
      url: 'https://arxiv.org/abs/2410.07505',
      bibtex:
        '@misc{crossquant2024, title={CrossQuant: A Post-Training Quantization Method with Smaller Quantization Kernel for Precise Large Language Model Compression}, year={2024}, eprint={2410.07505}, archivePrefix={arXiv}}',
    },
    fidelity: {
      label: 'simplified',
      why: 'Only the abstract was read: element scales of a token’s and a channel’s largest magnitudes; α = 0.15 is recalled.',
    },
    why: 'Activations whose small values would all be rounded to zero by a token’s scale alone.',
    suits: () => null,
    steps: (): PaperStep[] => [
      { step: 'cross_quant', options: { bits: 8 } },
      { step: 'rtn', options: { bits: 8, symmetric: true } },
    ],
  },
  {
    id: 'rsq',
    title: 'RSQ',
    citation: {
      text: 'Sung, Yadav, Li, Yoon, Bansal: RSQ: Learning from Important Tokens Leads to Better Quantized LLMs, 2025.',
      url: 'https://arxiv.org/abs/2503.01820',
      bibtex:
        '@misc{sung2025rsq, title={RSQ: Learning from Important Tokens Leads to Better Quantized LLMs}, author={Sung, Yi-Lin and Yadav, Prateek and Li, Jialu and Yoon, Jaehong and Bansal, Mohit}, year={2025}, eprint={2503.01820}, archivePrefix={arXiv}}',
    },
    fidelity: {
      label: 'simplified',
      why: 'Rotation, then GPTQ on Hessians whose tokens count by the attention that they receive; the release’s expanded calibration set is left out.',
    },
    why: 'GPTQ that minds the tokens which others look at.',
    suits: () => null,
    steps: (facts): PaperStep[] => [
      firstTaken('rotate', facts, [
        {},
        { matrix: 'blocks' },
        { matrix: 'orthogonal' },
        { matrix: 'orthogonal', heads: false },
      ]),
      { step: 'attention_weights' },
      { step: 'gptq', options: { bits: 3, clip: 'mse' } },
    ],
  },
];
