/**
 * Weights out of codebooks with gradients (src/codebook: mixture.ts, signs.ts), for any layer that takes its weight from the tape.
 *   mixture:    v_i = Σ_j r_ij c_{A_ij}, r_i = softmax(z_i) or one-hot where frozen;  ∂L/∂z_ij = r_ij g_i · (c_{A_ij} − v_i),
 *               ∂L/∂c_k = Σ_{A_ij = k} r_ij g_i
 *   signSplit:  W = c[A] ⊙ sign(L), sign(0) = 1;  ∂L/∂c_k = Σ_{A_i = k} g_i ⊙ sign(L_i), and straight through ∂L/∂L := g ⊙ c[A]
 *   scaleRows:  y[r, :] = s_r x[r, :];  s_r g[r, :]
 * with g = ∂L/∂W. Mixtures are VQ4DiT's (arXiv:2408.17131), signs SSVQ's (arXiv:2503.08668).
 */
import { codebookGradients, logitGradients, mixtureRatios, mixtureWeights, type Mixture } from '../codebook/mixture';
import { signedWeights, signGradients } from '../codebook/signs';
import type { Tiles } from '../codebook/tiles';
import * as kernels from '../tensor/elementwise';
import type { Indices } from '../tensor/indices';
import type { Tensor } from '../tensor/tensor';
import type { Tape, Variable } from './tape';

export interface MixtureOptions {
  /** One a sub-vector: 0 for free, 1 + j for frozen at candidate j. Read, not changed; null: all free. */
  readonly frozen?: Indices | null;
  /** Told ∂L/∂W on the way back, which stays the tape's. */
  readonly onGradient?: (gradient: Tensor) => void;
}

export interface Mixed {
  /** rows × cols. */
  readonly weights: Variable;
  /** rows × (subs · n); the tape's. */
  readonly ratios: Tensor;
}

/** `logits`: rows × (subs · n); `codebooks`: books × (codewords · dim). */
export function mixture(
  tape: Tape,
  logits: Variable,
  codebooks: Variable,
  of: Mixture,
  { frozen = null, onGradient }: MixtureOptions = {},
): Mixed {
  const ratios = tape.keep(mixtureRatios(of, logits.value, frozen));
  const codewords = codebooks.value.cols / of.tiles.dim;
  const weights = tape.record(mixtureWeights(of, codebooks.value, ratios), [logits, codebooks], (g) => {
    onGradient?.(g);
    return [
      logits.needsGrad ? logitGradients(of, codebooks.value, ratios, g, frozen) : null,
      codebooks.needsGrad ? codebookGradients(of, codewords, ratios, g) : null,
    ];
  });
  return { weights, ratios };
}

/** `codebooks`: books × (codewords · dim), none negative; `latent`: rows × cols; `codes`: one a sub-vector. */
export function signSplit(tape: Tape, codebooks: Variable, latent: Variable, tiles: Tiles, codes: Indices): Variable {
  return tape.record(signedWeights(tiles, codebooks.value, codes, latent.value), [codebooks, latent], (g) => {
    const back = signGradients(tiles, codebooks.value, codes, latent.value, g);
    return [back.codebooks, back.latent];
  });
}

/** `scales`: 1 × rows, not trained. */
export function scaleRows(tape: Tape, x: Variable, scales: Tensor): Variable {
  const scaled = (from: Tensor) => {
    const to = from.clone('scaled rows');
    kernels.scaleRows(to, scales);
    return to;
  };
  return tape.record(scaled(x.value), [x], (g) => [scaled(g)]);
}
