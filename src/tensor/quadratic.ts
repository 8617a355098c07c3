/** What a change of a weight does to outputs, by the Gram matrix of its inputs. */
import { matmulSquare } from './matmul';
import type { Square } from './panels';
import type { Scalars } from './reduce';
import type { Tensor } from './tensor';

/** tr(A H Aᵀ), as a place in the readback: with H = XᵀX and A = Q − W, ‖X·(Q − W)ᵀ‖². */
export function quadratic(scalars: Scalars, a: Tensor, h: Square): number {
  const product = matmulSquare('nn', a, h);
  const place = scalars.innerProduct(product, a);
  product.release();
  return place;
}
