/** How KL is spread over tokens, or images, behind its mean: ' (median 0.001200, 99 % below 0.031000, same top-1 97.12 %)'. */
import type { DivergenceSpread } from '../../measure/divergence-spread';

export function describeSpread(divergence: DivergenceSpread | undefined): string {
  if (!divergence) return '';
  const { median, p99, sameTop } = divergence;
  if (median.value === null || p99.value === null || sameTop.value === null) return '';
  const share = (100 * sameTop.value).toFixed(2);
  return ` (median ${median.value.toFixed(6)}, 99 % below ${p99.value.toFixed(6)}, same top-1 ${share} %)`;
}
