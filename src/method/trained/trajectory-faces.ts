/** Methods that train along what a diffusion network samples. */
import type { ListedMethod } from '../face';
import { SERIAL_TO_PARALLEL_PARAMETERS } from './serial-to-parallel-parameters';

export const TRAJECTORY_FACES: readonly ListedMethod[] = [
  {
    id: 'serial_to_parallel',
    family: 'affine',
    title: 'Serial-to-Parallel',
    idea: 'Let the quantized network sample, step after step, and then train it on the states that it met, all steps mixed, towards what full precision says of them.',
    formula:
      'S: x_{i−1} = step(x_i, ε_q(x_i, i)) with all parameters fixed;  P: min ‖ε_q(x_i, i) − ε(x_i, i)‖² + λ mean_b ‖F̂_b − F_b‖² / ‖F_b‖² over the x_i met, shuffled',
    citation: {
      text: 'Li, Deng, Wang, Xu, Deng, Gu, Shen, Huang: Efficiency Meets Fidelity: A Novel Quantization Framework for Stable Diffusion, 2024.',
      url: 'https://arxiv.org/abs/2412.06661',
      bibtex:
        '@misc{li2024efficiency, title={Efficiency Meets Fidelity: A Novel Quantization Framework for Stable Diffusion}, author={Li, Shuaiting and Deng, Juncan and Wang, Zeyu and Xu, Kedong and Deng, Rongtao and Gu, Hong and Shen, Haibin and Huang, Kejie}, year={2024}, eprint={2412.06661}, archivePrefix={arXiv}}',
    },
    needs: { hessian: false, drift: false },
    trains: 'trajectories',
    fidelity: {
      label: 'simplified',
      why: 'Of the paper only the abstract could be read, and of its group’s code the quantizers: the two phases, their loss and their rates are a reading of ours. Frozen are codes that oscillate, which stands in for a selection whose rule is unknown; quantizers are at layers’ inputs, where the code has them at outputs; the time path is quantized like the rest.',
    },
    parameters: SERIAL_TO_PARALLEL_PARAMETERS,
  },
];
