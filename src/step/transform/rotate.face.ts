/** Rotation of a network's residual stream, its heads, and what its MLPs pass on. */
import type { Options } from '../../method/parameters';
import { hadamardFactors, nearestHadamard } from '../../numerics/hadamard';
import type { StepFace } from '../face';
import { seedOption } from '../seed-option';

const ONLINE = { none: [], down: ['down'], all: ['down', 'head'] } as const;

/** Where an online transform stands: before the projection back into the stream, and on queries and keys. */
export function onlinePlaces(options: Options): readonly ('down' | 'head')[] {
  return ONLINE[options.online as keyof typeof ONLINE];
}

export const rotateFace: StepFace = {
  id: 'rotate',
  slot: 'transform',
  title: 'Rotate',
  idea: 'Turn the residual stream, each head’s values and what MLPs pass on into a random orthogonal basis, in which no channel stands out.',
  formula: 'W_read ← W_read·diag(γ)·Q,  W_write ← Qᵀ·W_write,  W_down ← W_down·Ĥ with x ← x·Ĥ online',
  citation: {
    text: 'Ashkboos, Mohtashami, Croci, Li, Cameron, Jaggi, Alistarh, Hoefler, Hensman: QuaRot: Outlier-Free 4-Bit Inference in Rotated LLMs, NeurIPS 2024.',
    url: 'https://arxiv.org/abs/2404.00456',
    bibtex:
      '@inproceedings{ashkboos2024quarot, title={QuaRot: Outlier-Free 4-Bit Inference in Rotated LLMs}, author={Ashkboos, Saleh and Mohtashami, Amirkeivan and Croci, Maximilian L. and Li, Bo and Cameron, Pashmina and Jaggi, Martin and Alistarh, Dan and Hoefler, Torsten and Hensman, James}, booktitle={NeurIPS}, year={2024}}',
  },
  fidelity: {
    label: 'faithful',
    why: 'The released matrices, but for embeddings, which the release centres (no RMSNorm network keeps its function so), and for heads, which R2 turns instead of an online transform across them; LayerNorm networks keep their norms by a rotation that keeps the mean.',
  },
  parameters: {
    matrix: {
      kind: 'choice',
      choices: ['hadamard', 'blocks', 'orthogonal'],
      default: 'hadamard',
      label: 'Matrix',
      help: 'hadamard: random signs, then a Hadamard matrix; blocks: smaller ones side by side, for widths without one; orthogonal: any width.',
    },
    heads: { kind: 'boolean', default: true, label: 'Heads', help: 'Also turn the values of each head (R2).' },
    online: {
      kind: 'choice',
      choices: ['none', 'down', 'all'],
      default: 'none',
      label: 'Online',
      help: 'down: a Hadamard transform before the projection that ends an MLP or a mixer (R4); all: also on queries and keys after rotary positions (R3). They run with the network, so that no ordinary checkpoint carries them.',
    },
    seed: seedOption('Of the random signs or matrix.'),
  },
  scope: () => 'nothing',
  words: ({ matrix, online, heads }) => [
    'Rotate',
    ...(matrix === 'hadamard' ? [] : [String(matrix)]),
    ...(heads === false ? ['no heads'] : []),
    ...(online === 'none' ? [] : [`online ${String(online)}`]),
  ],
  refuses({ noRotation, hidden, attention, inner, means }, options) {
    if (noRotation !== null) return noRotation;
    if (means && options.matrix === 'blocks') {
      return `LayerNorms take the mean out of the residual stream, and no blocks of Hadamard matrices of its ${hidden} channels keep it: choose hadamard or orthogonal.`;
    }
    const missing = (width: number, what: string, instead: string) =>
      hadamardFactors(width) === null
        ? `The ${width} channels of ${what} have no Hadamard matrix; the nearest order is ${nearestHadamard(width).sentence}: choose ${instead}.`
        : null;
    const offline =
      options.matrix === 'hadamard'
        ? (missing(hidden, 'the residual stream', 'blocks or orthogonal') ??
          (options.heads === true && attention ? missing(attention.dim, 'a head', 'orthogonal, or no heads') : null))
        : null;
    const online = onlinePlaces(options).map((place) =>
      place === 'down'
        ? missing(inner, 'the inputs of the last projection', 'online none')
        : attention && missing(attention.dim, 'a head', 'online down'),
    );
    return [offline, ...online].find((sentence) => sentence !== null) ?? null;
  },
  exports: ({ online }) => (online === 'none' ? 'plain' : 'own'),
  betweenPairs: (options) => (onlinePlaces(options).includes('down') ? ['up'] : []),
};
