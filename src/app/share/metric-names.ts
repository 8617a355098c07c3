/** Kinds of error within a sentence. */
import { words } from '../words';

export const metricNames = {
  hessian: words.metrics.hessian.of,
  output: words.metrics.output.of,
  weight: words.metrics.weight.of,
};
