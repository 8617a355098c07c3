/** The diffusion that a network was trained for, from its config's section "diffusion". */
import { contradiction, unsupported, type Config } from '../config';
import type { DiffusionSettings } from './diffusion';

/** `otherwise`: where there is no such section. Throws QS-FILE-02 on what is not sampled, -04 on what cannot be. */
export function diffusionOf(config: Config, otherwise: DiffusionSettings): DiffusionSettings {
  const section = config.section('diffusion');
  if (!section) return otherwise;
  const schedule = section.text('schedule', 'linear');
  const prediction = section.text('prediction', 'epsilon');
  if (schedule !== 'linear' && schedule !== 'scaled_linear') throw unsupported(`the noise schedule "${schedule}"`);
  if (prediction !== 'epsilon') throw unsupported(`the prediction of "${prediction}"`);
  const settings: DiffusionSettings = {
    steps: section.count('num_timesteps', otherwise.steps),
    betaStart: section.positive('beta_start', otherwise.betaStart),
    betaEnd: section.positive('beta_end', otherwise.betaEnd),
    clip: section.flag('clip_denoised', otherwise.clip),
    ...(schedule === 'linear' ? {} : { schedule }),
  };
  if (settings.steps < 2 || settings.steps > 100_000 || settings.betaEnd >= 1) {
    throw contradiction(`a schedule of ${settings.steps} steps up to ${settings.betaEnd} cannot be`);
  }
  if (settings.betaStart > settings.betaEnd) {
    throw contradiction(
      `"diffusion.beta_start" is ${settings.betaStart} and "diffusion.beta_end" is ${settings.betaEnd}, and noise grows with time`,
    );
  }
  return settings;
}
