/** Systems whose rotations are learned on the whole network. */
import { STEP_FACES } from '../../step/faces';
import type { Options } from '../../method/parameters';
import type { NetworkFacts } from '../../step/network-facts';
import { firstTaken, type Paper, type PaperStep } from './paper';

/**
 * Learned by next tokens where there are any; from Hadamard matrices and with the first of the online transforms, as far as the network's
 * widths have them.
 */
function rotation(facts: NetworkFacts, places: readonly string[], more: Options = {}): PaperStep {
  const loss = facts.task === 'text' ? 'task' : 'kl';
  const forms = places.flatMap((online) =>
    ['hadamard', 'blocks', 'orthogonal'].flatMap((matrix) =>
      [true, false].map((heads) => ({ matrix, heads, online, loss, ...more })),
    ),
  );
  return firstTaken('learned_rotation', facts, forms);
}

export const LEARNED: readonly Paper[] = [
  {
    id: 'spinquant',
    title: 'SpinQuant',
    citation: STEP_FACES.learned_rotation.citation,
    fidelity: {
      label: 'simplified',
      why: 'R1 and R2 learned by next-token cross-entropy through the rounded network (KL where there are no tokens), in 40 steps of 4 calibration windows instead of 100 of 8; without bits for the cache.',
    },
    why: 'A rotation that is learned for the rounding behind it, with asymmetric four-bit activations.',
    suits: () => null,
    steps: (facts): PaperStep[] => [
      rotation(facts, ['down', 'none']),
      { step: 'activations', options: { bits: 4, per: 'token', symmetric: false } },
      { step: 'gptq', options: { bits: 4, symmetric: true, clip: 'mse' } },
    ],
  },
  {
    id: 'ostquant',
    title: 'OSTQuant',
    citation: {
      text: 'Hu, Cheng, Yang, Xu, Yuan, Yu, Xu, Jiang, Zhou: OSTQuant: Refining Large Language Model Quantization with Orthogonal and Scaling Transformations for Better Distribution Fitting, ICLR 2025.',
      url: 'https://arxiv.org/abs/2501.13987',
      bibtex:
        '@inproceedings{hu2025ostquant, title={OSTQuant: Refining Large Language Model Quantization with Orthogonal and Scaling Transformations for Better Distribution Fitting}, author={Hu, Xing and Cheng, Yuan and Yang, Dawei and Xu, Zukang and Yuan, Zhihang and Yu, Jiangyong and Xu, Chen and Jiang, Zhe and Zhou, Sifan}, booktitle={ICLR}, year={2025}}',
    },
    fidelity: {
      label: 'simplified',
      why: 'Rotations by Cayley SGD instead of Riemannian Adam, scales behind norms, of values and between up and down but not of queries and gates, KL over all tokens of the vocabulary instead of the teacher’s thousand likeliest; the paper’s text was not read.',
    },
    why: 'Rotations and scales of channels learned together, everywhere where an ordinary checkpoint carries them.',
    suits: () => null,
    steps: (facts): PaperStep[] => [
      rotation(facts, ['none'], { loss: 'kl', scales: true }),
      { step: 'activations', options: { bits: 4, per: 'token', symmetric: false } },
      { step: 'gptq', options: { bits: 4, symmetric: true, clip: 'mse' } },
    ],
  },
];
