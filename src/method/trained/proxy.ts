/**
 * The layer proxy: any trained method on one layer by itself, with tr((W − Ŵ) H (W − Ŵ)ᵀ) / tr(W H Wᵀ) in place of the network's loss,
 * which is the studio's own; without statistics of the layer's inputs H is the identity. W, Ŵ rows × cols; H cols × cols.
 */
import { scale } from '../../gradient/elementwise';
import { meanSquare, quadraticForm } from '../../gradient/loss';
import { matmulSquare } from '../../tensor/matmul';
import { inOnePiece } from '../../tensor/panels';
import { Scalars } from '../../tensor/reduce';
import { untiled } from '../../tensor/weight';
import type { Layer } from '../layer';
import type { QuantizedLayer } from '../quantized-layer';
import type { Options } from '../parameters';
import type { Trainer, TrainingHost, TrainingProblem } from '../training';

/** A problem of one layer; one batch. */
export async function proxyProblem({ weight: whole, statistics, universalCodebook }: Layer): Promise<TrainingProblem> {
  const weight = untiled(whole);
  const { gpu, rows, cols } = weight;
  const scalars = new Scalars(gpu);
  if (statistics) {
    const product = matmulSquare('nn', weight, statistics.hessian, { label: 'weight times Hessian' });
    scalars.innerProduct(weight, product);
    product.release();
  } else {
    scalars.sumOfSquares(weight);
  }
  const [size] = await scalars.read();
  // Nothing to lose where outputs are zero anyway.
  const factor = size > 0 && Number.isFinite(size) ? 1 / size : 1;
  return {
    gpu,
    layers: [{ name: 'the layer', weight, statistics }],
    batches: 1,
    lossName: statistics ? 'Hessian-weighted error' : 'weight error',
    universalCodebook,
    loss: (tape, _, [q]) =>
      statistics
        ? quadraticForm(tape, q, weight, inOnePiece(statistics.hessian), factor)
        : scale(tape, meanSquare(tape, q, weight), rows * cols * factor),
  };
}

/** Nobody to keep states for. */
const ALONE: TrainingHost = { from: null, keep: () => Promise.resolve(), keepEvery: Infinity };

/** One layer by itself. Throws QS-NUM-02 where the training does. */
export async function quantizeByProxy(trainer: Trainer, layer: Layer, options: Options): Promise<QuantizedLayer> {
  const training = trainer(await proxyProblem(layer), options, ALONE);
  for (;;) {
    const { done, value } = await training.next();
    if (done) return value[0];
  }
}
