/** A low-rank fit as a layer stores it. */
import type { Options } from '../method/parameters';
import { storeFactors, type FactorsTensor } from '../quantizer/factors';
import { balanced, type LowRank } from '../tensor/low-rank';
import { factorBitsOf } from './rank-options';

/** Throws QS-NUM-02 where F16 does not hold a value. */
export function factored(fit: LowRank, options: Options): FactorsTensor {
  return storeFactors(balanced(fit), factorBitsOf(options));
}
