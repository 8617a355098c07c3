/**
 * Losses as 1 × 1 variables that stay on the GPU, so that a step waits for nothing (tensor/scalar.ts, loss.ts, loss-gradient.ts);
 * `scalarsOf` reads any number of them at once. With g = ∂loss/∂L, which is read on the GPU too:
 *   meanSquare:     L = Σ_r w_r Σ_c (y − t)² / (rows · cols);      ∂L/∂y = 2 g w_r (y − t) / (rows · cols)
 *   crossEntropy:   L = Σ_r −log softmax(z_r)[t_r] / rows counted; ∂L/∂z = g (softmax(z) − onehot(t)) / rows counted
 *   divergence:     L = Σ_r KL(softmax(f_r) ‖ softmax(z_r)) / rows; ∂L/∂z = g (softmax(z) − softmax(f)) / rows
 *   quadraticForm:  L = scale · tr((W − T) H (W − T)ᵀ), H = Hᵀ;    ∂L/∂W = 2 g scale (W − T) H
 */
import { axpy, scale, scaleBy, subtract } from '../tensor/elementwise';
import { Indices } from '../tensor/indices';
import * as kernels from '../tensor/loss';
import { crossEntropyGradient, squaredErrorGradient } from '../tensor/loss-gradient';
import { matmul } from '../tensor/matmul';
import type { RowOptions } from '../tensor/row-lanes';
import { innerProduct, squaredError, total } from '../tensor/scalar';
import type { Tensor } from '../tensor/tensor';
import type { Tape, Variable } from './tape';

/** The mean of (y − target)²; `weights`, 1 × rows, multiplies the squares of a row without changing what they are divided by. */
export function meanSquare(tape: Tape, y: Variable, target: Tensor, weights: Tensor | null = null): Variable {
  const alpha = 1 / (target.rows * target.cols);
  return tape.record(squaredError(y.value, target, weights, alpha), [y], (g) => [
    squaredErrorGradient(y.value, target, weights, alpha, g),
  ]);
}

export interface CrossEntropyOptions extends RowOptions {
  /** Rows that have a target, where some have NO_TARGET (tensor/loss.ts); default all. */
  readonly counted?: number;
}

/** The mean of −log softmax(logits[r])[targets[r]] in nats over the rows that have a target. */
export function crossEntropy(
  tape: Tape,
  logits: Variable,
  targets: Indices,
  { counted = logits.value.rows, ...options }: CrossEntropyOptions = {},
): Variable {
  if (!(counted > 0)) throw new Error(`bug: a mean over ${counted} targets`);
  const losses = kernels.crossEntropy(logits.value, targets, options);
  const mean = total(losses, 1 / counted);
  losses.release();
  return tape.record(mean, [logits], (g) => [crossEntropyGradient(logits.value, targets, 1 / counted, g, options)]);
}

/** The mean of KL(softmax(full[r]) ‖ softmax(logits[r])) in nats; nothing flows into `full`. */
export function divergence(tape: Tape, logits: Variable, full: Tensor, options: RowOptions = {}): Variable {
  const { gpu, rows } = logits.value;
  const losses = kernels.klDivergence(full, logits.value, options);
  const mean = total(losses, 1 / rows);
  losses.release();
  return tape.record(mean, [logits], (g) => {
    // Cross-entropy's gradient is a softmax less its target, which is the same for both.
    const targets = Indices.from(gpu, new Uint32Array(rows), 'any targets');
    const [gradient, other] = [logits.value, full].map((z) => crossEntropyGradient(z, targets, 1 / rows, g, options));
    axpy(-1, other, gradient);
    other.release();
    targets.release();
    return [gradient];
  });
}

/** factor · tr((W − T) H (W − T)ᵀ): what a layer's outputs lose in squares, with H their inputs' second moments, cols × cols. */
export function quadraticForm(tape: Tape, w: Variable, target: Tensor, h: Tensor, factor = 1): Variable {
  const difference = subtract(w.value, target);
  const product = matmul('nn', difference, h, { label: 'difference times Hessian' });
  const loss = innerProduct(difference, product, factor);
  difference.release();
  if (tape.needs(w)) tape.keep(product);
  else product.release();
  return tape.record(loss, [w], (g) => [scaleBy(g, 2 * factor, product)]);
}

/** Σ weights[i] · losses[i]; by default their sum. */
export function weightedSum(tape: Tape, losses: readonly Variable[], weights?: readonly number[]): Variable {
  const weight = (i: number) => weights?.[i] ?? 1;
  const sum = scale(weight(0), losses[0].value);
  for (let i = 1; i < losses.length; i++) axpy(weight(i), losses[i].value, sum);
  return tape.record(sum, losses, (g) => losses.map(({ needsGrad }, i) => (needsGrad ? scale(weight(i), g) : null)));
}

/** The values of 1 × 1 variables or tensors, in order: one readback. */
export async function scalarsOf(...scalars: readonly (Variable | Tensor)[]): Promise<number[]> {
  const tensors = scalars.map((scalar) => ('value' in scalar ? scalar.value : scalar));
  if (tensors.length === 0) return [];
  const reads = await tensors[0].gpu.read(...tensors.map(({ buffer }) => ({ buffer, bytes: 4 })));
  return reads.map((bytes) => new Float32Array(bytes)[0]);
}
