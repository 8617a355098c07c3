/** A split of pictures: random numbers of a name of its own, so that no two splits draw the same. */
import { crc32 } from '../../../checkpoint/crc32';
import { NumpyRandom } from '../../../numerics/numpy/generator';

export function splitRandom(seed: number, split: string): NumpyRandom {
  return new NumpyRandom([seed, crc32(new TextEncoder().encode(split))]);
}
