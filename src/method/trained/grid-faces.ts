import type { ListedMethod } from '../face';
import {
  ADAROUND_PARAMETERS,
  AUTOROUND_PARAMETERS,
  BLOCK_AP_PARAMETERS,
  LSQ_PARAMETERS,
  OMNIQUANT_PARAMETERS,
} from './grid-parameters';

const NEEDS = { hessian: true, drift: false };

/** Methods that learn roundings, scales or clips of an affine grid. */
export const GRID_FACES: readonly ListedMethod[] = [
  {
    id: 'adaround',
    family: 'affine',
    title: 'AdaRound',
    idea: 'Leave the grid as it is and learn for every weight whether it is rounded down or up.',
    formula:
      'q = s · (clamp(⌊w / s⌋ + h(V) + z, 0, 2ᵇ − 1) − z),  h = clamp(1.2 σ(V) − 0.1, 0, 1);  L = L_d + λ Σ (1 − |2h − 1|^β), β: 20 → 2',
    citation: {
      text: 'Nagel, Amjad, van Baalen, Louizos, Blankevoort: Up or Down? Adaptive Rounding for Post-Training Quantization, ICML 2020.',
      url: 'https://arxiv.org/abs/2004.10568',
      bibtex:
        '@inproceedings{nagel2020adaround, title={Up or Down? Adaptive Rounding for Post-Training Quantization}, author={Nagel, Markus and Amjad, Rana Ali and van Baalen, Mart and Louizos, Christos and Blankevoort, Tijmen}, booktitle={ICML}, year={2020}}',
    },
    needs: NEEDS,
    trains: true,
    fidelity: {
      label: 'simplified',
      why: 'Soft roundings, their start, the regulariser and its schedule follow the released code (as BRECQ and QDrop have it). But λ is measured in what rounding to the nearest costs, where the code sums over channels and weights; 300 steps at a higher rate stand for 20 000; and activations are not quantized while roundings are learned unless the row does so.',
    },
    parameters: ADAROUND_PARAMETERS,
  },
  {
    id: 'autoround',
    family: 'affine',
    title: 'AutoRound',
    idea: 'Add a learned value of at most half a level before rounding, and shrink each range, by the signs of their gradients alone.',
    formula:
      'q = s · (clamp(round(w / s + V) + z, 0, 2ᵇ − 1) − z),  s = (α max − β min) / (2ᵇ − 1);  V, α, β −= r · sign(∂L),  r: 1 / steps → 0',
    citation: {
      text: 'Cheng, Zhang, Shen, Cai, He, Lv, Liu: Optimize Weight Rounding via Signed Gradient Descent for the Quantization of LLMs, 2023.',
      url: 'https://arxiv.org/abs/2309.05516',
      bibtex:
        '@misc{cheng2023signround, title={Optimize Weight Rounding via Signed Gradient Descent for the Quantization of LLMs}, author={Cheng, Wenhua and Zhang, Weiwei and Shen, Haihao and Cai, Yiyang and He, Xin and Lv, Kaokao and Liu, Yi}, year={2023}, eprint={2309.05516}, archivePrefix={arXiv}}',
    },
    needs: NEEDS,
    trains: true,
    fidelity: {
      label: 'faithful',
      why: 'Roundings, ranges, rates, their fall and the values of the least loss follow the released code; batches are of the calibration set’s windows in their order, where the code draws them at random. A symmetric grid is the studio’s, with levels −2ᵇ⁻¹ … 2ᵇ⁻¹ − 1 over max |w|.',
    },
    parameters: AUTOROUND_PARAMETERS,
  },
  {
    id: 'block_ap',
    family: 'affine',
    title: 'Block-AP',
    idea: 'Train all weights of a block through their own rounding, together with the scales and zero points of their groups.',
    formula:
      'q = s · (clamp(round(w / s) + z, 0, 2ᵇ − 1) − z);  ∂w = g inside,  ∂s = Σ g (c − z − w / s) inside, g (c − z) outside,  ∂z = −s Σ g outside',
    citation: {
      text: 'Chen, Shao, Xu, Wang, Gao, Zhang, Qiao, Luo: EfficientQAT: Efficient Quantization-Aware Training for Large Language Models, ACL 2025.',
      url: 'https://arxiv.org/abs/2407.11062',
      bibtex:
        '@inproceedings{chen2025efficientqat, title={EfficientQAT: Efficient Quantization-Aware Training for Large Language Models}, author={Chen, Mengzhao and Shao, Wenqi and Xu, Peng and Wang, Jiahao and Gao, Peng and Zhang, Kaipeng and Qiao, Yu and Luo, Ping}, booktitle={ACL}, year={2025}}',
    },
    needs: NEEDS,
    trains: true,
    fidelity: {
      label: 'simplified',
      why: 'EfficientQAT’s first phase: grid, gradients, optimizer and the cosine to a twentieth follow the released code. But the block’s norms are not trained; rates are shares of the layer’s weights and scales, for hundreds of steps instead of thousands; scales are not rounded to 16 bits between the phases.',
    },
    parameters: BLOCK_AP_PARAMETERS,
  },
  {
    id: 'omniquant',
    family: 'affine',
    title: 'OmniQuant LWC',
    idea: 'Round to the nearest, on ranges whose two ends are learned to shrink.',
    formula: 's = (σ(γ) max − σ(β) min) / (2ᵇ − 1),  z = round(−σ(β) min / s),  γ₀ = β₀ = 4',
    citation: {
      text: 'Shao, Chen, Zhang, Xu, Zhao, Li, Zhang, Gao, Qiao, Luo: OmniQuant: Omnidirectionally Calibrated Quantization for Large Language Models, ICLR 2024.',
      url: 'https://arxiv.org/abs/2308.13137',
      bibtex:
        '@inproceedings{shao2024omniquant, title={OmniQuant: Omnidirectionally Calibrated Quantization for Large Language Models}, author={Shao, Wenqi and Chen, Mengzhao and Zhang, Zhaoyang and Xu, Peng and Zhao, Lirui and Li, Zhiqian and Zhang, Kaipeng and Gao, Peng and Qiao, Yu and Luo, Ping}, booktitle={ICLR}, year={2024}}',
    },
    needs: NEEDS,
    trains: true,
    fidelity: {
      label: 'simplified',
      why: 'The learnable weight clipping alone, as the released code has it, zero points without gradient; its other half, channel scales and shifts learned in the same steps (LET), is not there: a smoothing step may stand before it, whose scales are then fixed. No floor of 1e-5 under scales.',
    },
    parameters: OMNIQUANT_PARAMETERS,
  },
  {
    id: 'lsq',
    family: 'affine',
    title: 'LSQ',
    idea: 'Learn the step of each grid by gradient, with the weights that are rounded to it.',
    formula:
      'q = s · clamp(round(w / s), −2ᵇ⁻¹, 2ᵇ⁻¹ − 1),  s₀ = 2 mean |w| / √(2ᵇ⁻¹ − 1);  ∂s = Σ g (round(w / s) − w / s) inside, g · end outside',
    citation: {
      text: 'Esser, McKinstry, Bablani, Appuswamy, Modha: Learned Step Size Quantization, ICLR 2020.',
      url: 'https://arxiv.org/abs/1902.08153',
      bibtex:
        '@inproceedings{esser2020lsq, title={Learned Step Size Quantization}, author={Esser, Steven K. and McKinstry, Jeffrey L. and Bablani, Deepika and Appuswamy, Rathinakumar and Modha, Dharmendra S.}, booktitle={ICLR}, year={2020}}',
    },
    needs: NEEDS,
    trains: true,
    fidelity: {
      label: 'simplified',
      why: 'Grid, start and gradients are the paper’s, with a step a row or group instead of a layer. But each block is trained on its own output, where the paper trains the whole network on its task; by AdamW, under which the paper’s gradient scale cancels, instead of SGD with momentum.',
    },
    parameters: LSQ_PARAMETERS,
  },
];
