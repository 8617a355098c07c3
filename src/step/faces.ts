/** All steps by their ids: a new one is its face, its work and a line here. */
import { faceOf } from '../method/catalogue';
import '../method/listed';
import type { MethodFace } from '../method/face';
import { allocateFace } from './allocate/allocate.face';
import { biasCorrectionFace } from './correct/bias-correction.face';
import { eoraFace } from './correct/eora.face';
import { normTweakFace } from './correct/norm-tweak.face';
import { activationsFace } from './activations/activations.face';
import { cacheFace } from './attention/cache.face';
import { probabilitiesFace } from './attention/probabilities.face';
import { sageFace } from './attention/sage.face';
import { vidkvFace } from './attention/vidkv.face';
import { zipcacheFace } from './attention/zipcache.face';
import type { StepFace, StepId } from './face';
import { equalizeFace } from './transform/equalize.face';
import { activationsByStepFace } from './activations/by-step.face';
import { crossQuantFace } from './activations/cross-quant.face';
import { noisyQuantFace } from './activations/noisy-quant.face';
import { makeKnown, weightsFaces } from './known';
import { reparameterizeFace } from './transform/reparameterize.face';
import { clipSearchFace } from './split/clip-search.face';
import { outlierColumnsFace } from './split/outlier-columns.face';
import { svdquantFace } from './split/svdquant.face';
import { affineFace } from './transform/affine.face';
import { learnedRotationFace } from './transform/learned-rotation.face';
import { rotateFace } from './transform/rotate.face';
import { rotateInputsFace } from './transform/rotate-inputs.face';
import { scaleSearchFace } from './transform/scale-search.face';
import { shiftChannelsFace } from './transform/shift-channels.face';
import { smoothFace } from './transform/smooth.face';
import { smoothKeysFace } from './transform/smooth-keys.face';
import { attentionWeightsFace } from './weigh/attention-weights.face';

export { stepFace } from './known';

export const STEP_FACES: Readonly<Record<StepId, StepFace>> = {
  rotate: rotateFace,
  learned_rotation: learnedRotationFace,
  rotate_inputs: rotateInputsFace,
  affine: affineFace,
  smooth: smoothFace,
  smooth_keys: smoothKeysFace,
  scale_search: scaleSearchFace,
  equalize: equalizeFace,
  shift_channels: shiftChannelsFace,
  reparameterize: reparameterizeFace,
  allocate: allocateFace,
  activations: activationsFace,
  activations_by_step: activationsByStepFace,
  cross_quant: crossQuantFace,
  noisy_quant: noisyQuantFace,
  attention_weights: attentionWeightsFace,
  cache: cacheFace,
  zipcache: zipcacheFace,
  vidkv: vidkvFace,
  sage: sageFace,
  probabilities: probabilitiesFace,
  svdquant: svdquantFace,
  outlier_columns: outlierColumnsFace,
  clip_search: clipSearchFace,
  ...weightsFaces(),
  eora: eoraFace,
  bias_correction: biasCorrectionFace,
  norm_tweak: normTweakFace,
};

makeKnown(STEP_FACES);

/** Of a step that quantizes weights. */
export function methodOfStep(step: StepId): MethodFace {
  return faceOf(step);
}
