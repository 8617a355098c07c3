/**
 * The offline part of a rotation (QuaRot, arXiv:2404.00456; SpinQuant's R1 and R2, arXiv:2405.16406): the head untied, the norms' gains
 * fused, the residual stream in a random basis, and each head's values in one where that is asked for. What comes out is a checkpoint like
 * any other, of the same function.
 */
import { StudioError } from '../../base/errors';
import { blockFactors, describeFactors, hadamardFactors, nearestHadamard } from '../../numerics/hadamard';
import { meanKeepingHadamard, meanKeepingOrthogonal, randomOrthogonal, randomSigns } from '../../numerics/orthogonal';
import type { Matrix } from '../../numerics/matrix';
import type { Block } from '../model';
import { fuseNorms } from './fuse-norms';
import { dense, onStretches, scaling, signedHadamard, type VectorMap } from './maps';
import { residualOf, type ResidualStream } from './residual';
import { rotateResidual, rotateValues, untied } from './rotate';
import { changed, type NetworkView } from './view';

export interface RotationOptions {
  /**
   * hadamard: random signs, then a Hadamard matrix, where the width has one; blocks: Hadamard matrices of the largest power of two that
   * divides it, side by side; orthogonal: of any width, multiplied out.
   */
  readonly matrix: 'hadamard' | 'blocks' | 'orthogonal';
  readonly seed: number;
  /** Whether the values of each head are rotated too. */
  readonly heads: boolean;
}

/** What a rotation is turned by further: R = Q·T, orthogonal. */
export interface Turns {
  readonly residual: Matrix;
  /** By block; those that are not there are not turned. */
  readonly heads: ReadonlyMap<number, Matrix>;
  /** Other turns have others. */
  readonly key: string;
}

/** Throws QS-RECIPE-01 where the network has no stream to be rotated, or its width no such matrix. */
export async function rotated(
  view: NetworkView,
  options: RotationOptions,
  turns: Turns | null = null,
): Promise<NetworkView> {
  const { view: fused, stream } = await readyToRotate(view);
  const { matrix, seed, heads } = options;
  const further = turns === null ? '' : ` turned ${turns.key}`;
  const map = inTurn(residualMap(stream, options), turns?.residual);
  const turned = changed(fused, rotateResidual(stream, map, `stream ${matrix} ${seed}${further}`));
  if (!heads) return turned;
  const mapOf = (dim: number, { index }: Block) => inTurn(headMap(dim, options), turns?.heads.get(index));
  return changed(turned, rotateValues(view.network.blocks, mapOf, `heads ${matrix} ${seed}${further}`));
}

/** The view with the head untied and the norms' gains fused, as rotations find it, and its stream. */
export async function readyToRotate(
  view: NetworkView,
): Promise<{ readonly view: NetworkView; readonly stream: ResidualStream }> {
  const own = untied(view);
  const stream = residualOf(own.network);
  if ('refusal' in stream) throw new StudioError('QS-RECIPE-01', stream.refusal);
  return { view: changed(own, await fuseNorms(own, stream)), stream };
}

/** One seed more, so that a head as wide as the stream is not turned alike. */
export function headMap(dim: number, { matrix, seed }: Omit<RotationOptions, 'heads'>): VectorMap {
  return mapOfWidth(dim, 'a head', { matrix, seed: seed + 1 });
}

/** The map, then the turn. By an identity everything stays, to the bit. */
function inTurn(map: VectorMap, turn: Matrix | undefined): VectorMap {
  if (!turn) return map;
  const { size, apply } = dense(turn);
  return { size, apply: (vectors, count) => apply(map.apply(vectors, count), count) };
}

/** Whether the stream's norms take means out. */
export function takesMeans({ norms }: ResidualStream): boolean {
  return norms.some(({ norm, readers }) => norm.bias !== null && readers.length > 0);
}

/** Of a LayerNorm's stream a matrix that keeps the direction of the mean. */
export function residualMap(stream: ResidualStream, { matrix, seed }: Omit<RotationOptions, 'heads'>): VectorMap {
  const { width } = stream;
  if (!takesMeans(stream)) return mapOfWidth(width, 'the residual stream', { matrix, seed });
  if (matrix === 'orthogonal') return dense(meanKeepingOrthogonal(width, seed));
  const q = matrix === 'hadamard' ? meanKeepingHadamard(width, seed) : null;
  if (!q) {
    throw new StudioError(
      'QS-RECIPE-01',
      `LayerNorms take the mean out of the residual stream, and of ${width} channels no ${matrix === 'blocks' ? 'blocks of Hadamard matrices keep' : 'Hadamard matrix keeps'} its direction: choose orthogonal.`,
      { width },
    );
  }
  return dense(q);
}

function mapOfWidth(width: number, what: string, { matrix, seed }: Omit<RotationOptions, 'heads'>): VectorMap {
  if (matrix === 'orthogonal') return dense(randomOrthogonal(width, seed));
  const signs = randomSigns(width, seed);
  if (matrix === 'blocks') {
    const { blocks, ...factors } = blockFactors(width);
    const one = signedHadamard(new Int8Array(width / blocks).fill(1), factors);
    const flip = scaling(signs);
    const all = onStretches(one, width, 0, blocks);
    return { size: width, apply: (vectors, count) => all.apply(flip.apply(vectors, count), count) };
  }
  const factors = hadamardFactors(width);
  if (factors) return signedHadamard(signs, factors);
  const { blocks, ...inside } = blockFactors(width);
  throw new StudioError(
    'QS-RECIPE-01',
    `The ${width} channels of ${what} have no Hadamard matrix; the nearest order is ${nearestHadamard(width).sentence}: choose blocks (${blocks} of ${describeFactors(inside)}) or orthogonal.`,
    { width },
  );
}
