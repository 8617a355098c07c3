/** What a time step looks like to a network: cosines and sines of it, at frequencies from 1 down to 1/10000. */
import type { WavePlan } from './image-model';

/**
 * N × size: cosines, then sines, or the other way round. The last frequency is left out where the shift is 0, as in latent diffusion and
 * DiT, and reached where it is 1 (DDPM).
 */
export function timeWaves(times: readonly number[], { size, sinesFirst, shift }: WavePlan): Float32Array<ArrayBuffer> {
  const half = Math.floor(size / 2);
  const [cosines, sines] = sinesFirst ? [half, 0] : [0, half];
  const waves = new Float32Array(times.length * size);
  times.forEach((t, i) => {
    for (let k = 0; k < half; k++) {
      const angle = t * Math.exp((-Math.log(10000) * k) / (half - shift));
      waves[i * size + cosines + k] = Math.cos(angle);
      waves[i * size + sines + k] = Math.sin(angle);
    }
  });
  return waves;
}
