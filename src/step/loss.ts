/** What a layer loses by an error of its weight. */
import type { InputStatistics } from '../method/statistics';
import { matmulSquare } from '../tensor/matmul';
import { Scalars } from '../tensor/reduce';
import type { Tensor } from '../tensor/tensor';

/** tr(Δ·H·Δᵀ). */
export async function lossOf(delta: Tensor, { hessian }: InputStatistics): Promise<number> {
  const scalars = new Scalars(delta.gpu);
  const product = matmulSquare('nn', delta, hessian);
  scalars.innerProduct(product, delta);
  product.release();
  const [loss] = await scalars.read();
  return loss;
}
