/** For tests: what a row of one method quantizes by. */
import { parseMethodRow } from './row';
import { methodIn, type QuantizesWeights } from './rows';

/** Of `{method, options}`, defaults filled in. */
export function methodRow(value: unknown): QuantizesWeights {
  return methodIn(parseMethodRow(value, 'row'));
}
