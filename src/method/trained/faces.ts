import type { ListedMethod } from '../face';
import { SSVQ_PARAMETERS, VIMVQ_PARAMETERS, VQ4ALL_PARAMETERS, VQ4DIT_PARAMETERS } from './trained-parameters';

const NEEDS = { hessian: true, drift: false };

export const TRAINED_FACES: readonly ListedMethod[] = [
  {
    id: 'vq4dit',
    family: 'codebook',
    title: 'VQ4DiT',
    idea: 'Let every sub-vector be a mixture of its nearest codewords, learn the ratios, and freeze each at the codeword that wins.',
    formula:
      'v^_i = Σ_j r_ij c_{A_ij},  r_i = softmax(z_i),  z_ij = log(δ_in / δ_ij);  L = L_d + L_r;  frozen where max_j r_ij > 0.99',
    citation: {
      text: 'Deng, Li, Wang, Gu, Xu, Huang: VQ4DiT: Efficient Post-Training Vector Quantization for Diffusion Transformers, AAAI 2025.',
      url: 'https://arxiv.org/abs/2408.17131',
      bibtex:
        '@inproceedings{deng2025vq4dit, title={VQ4DiT: Efficient Post-Training Vector Quantization for Diffusion Transformers}, author={Deng, Juncan and Li, Shuaiting and Wang, Zeyu and Gu, Hong and Xu, Kedong and Huang, Kejie}, booktitle={AAAI}, year={2025}}',
    },
    needs: NEEDS,
    trains: true,
    fidelity: {
      label: 'simplified',
      why: 'Ratios, their loss and freezing follow the published code. But each block is trained on its own output, where the code matches the features of all blocks at once, end to end; the data’s loss is measured in units of what k-means adds to it; biases are not trained; and in the end codebooks are trained a little longer.',
    },
    parameters: VQ4DIT_PARAMETERS,
  },
  {
    id: 'ssvq',
    family: 'codebook',
    title: 'SSVQ',
    idea: 'Keep each weight’s sign as a bit of its own that is learnt, and share only magnitudes in a codebook.',
    formula:
      'W^ = C[A] ⊙ sign(L_s),  L_s = α W;  ∂L/∂L_s := g ⊙ C[A];  signs that flip more often than τ freeze at their majority',
    citation: {
      text: 'Li, Deng, Wang, Xu, Deng, Gu, Shen, Huang: SSVQ: Unleashing the Potential of Vector Quantization with Sign-Splitting, ICCV 2025.',
      url: 'https://arxiv.org/abs/2503.08668',
      bibtex:
        '@inproceedings{li2025ssvq, title={SSVQ: Unleashing the Potential of Vector Quantization with Sign-Splitting}, author={Li, Shuaiting and Deng, Juncan and Wang, Chenxuan and Xu, Kedong and Deng, Rongtao and Gu, Hong and Shen, Haibin and Huang, Kejie}, booktitle={ICCV}, year={2025}}',
    },
    needs: NEEDS,
    trains: true,
    fidelity: {
      label: 'proxy',
      why: 'The paper fine-tunes the whole network on its task; here each block is trained on its own output. The paper’s text does not give α, the flip momentum and the limits of freezing; they were chosen here.',
    },
    parameters: SSVQ_PARAMETERS,
  },
  {
    id: 'vimvq',
    family: 'codebook',
    title: 'ViM-VQ',
    idea: 'Mixtures of codewords whose candidates move with the loss, confirmed little by little so that the rest can make up for it.',
    formula:
      'v^_i = Σ_j r_ij c_{A_ij};  every T_h steps k* = argmin_k ‖v^_i − η ∂L/∂v^_i − c_k‖ may enter A_i;  the surest share ρ_t is confirmed, ρ_t: 0 → 1',
    citation: {
      text: 'Deng, Li, Wang, Xu, Gu, Huang: ViM-VQ: Efficient Post-Training Vector Quantization for Visual Mamba, ICCV 2025.',
      url: 'https://arxiv.org/abs/2503.09509',
      bibtex:
        '@inproceedings{deng2025vimvq, title={ViM-VQ: Efficient Post-Training Vector Quantization for Visual Mamba}, author={Deng, Juncan and Li, Shuaiting and Wang, Zeyu and Xu, Kedong and Gu, Hong and Huang, Kejie}, booktitle={ICCV}, year={2025}}',
    },
    needs: NEEDS,
    trains: true,
    fidelity: {
      label: 'simplified',
      why: 'Follows the paper’s outline of the moving hull and of incremental confirmation; their detailed rules and schedules are the studio’s own. Trained block by block.',
    },
    parameters: VIMVQ_PARAMETERS,
  },
  {
    id: 'vq4all',
    family: 'codebook',
    title: 'VQ4ALL',
    idea: 'One codebook for many networks, drawn from the density of their weights and never changed; a network learns only which codewords it takes.',
    formula:
      'p(v) = mean_i N(v; x_i, h²), c_k ~ p;  W^[r, :] = s_r Σ_j r_ij c_{A_ij};  L = L_d + λ mean Σ_j r (1 − r);  fixed where max_j r_ij > α_th',
    citation: {
      text: 'Deng, Li, Wang, Gu, Xu, Huang: VQ4ALL: Efficient Neural Network Representation via a Universal Codebook, 2024.',
      url: 'https://arxiv.org/abs/2412.06875',
      bibtex:
        '@misc{deng2024vq4all, title={VQ4ALL: Efficient Neural Network Representation via a Universal Codebook}, author={Deng, Juncan and Li, Shuaiting and Wang, Zeyu and Gu, Hong and Xu, Kedong and Huang, Kejie}, year={2024}, eprint={2412.06875}, archivePrefix={arXiv}}',
    },
    needs: { ...NEEDS, networks: true },
    trains: true,
    fidelity: {
      label: 'simplified',
      why: 'Without the task’s loss, and without training biases and norms; row scales, candidates and thresholds are the studio’s own. The codebook is counted in proportion with all layers that share it; with one network alone, with that network’s.',
    },
    parameters: VQ4ALL_PARAMETERS,
  },
];
