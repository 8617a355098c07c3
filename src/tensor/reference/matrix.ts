/** The float64 twin's matrix is that of the host's mathematics (src/numerics/matrix.ts). */
export { matmul, matrix, multiply, transpose, type Matrix } from '../../numerics/matrix';
