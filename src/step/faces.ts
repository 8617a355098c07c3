/** All steps by their ids: a new one is its face, its work and a line here. */
import { CATALOGUE, faceOf } from '../method/catalogue';
import { FAMILIES } from '../method/families';
import type { ListedMethod, MethodFace, MethodId } from '../method/face';
import { biasCorrectionFace } from './correct/bias-correction.face';
import { activationsFace } from './activations/activations.face';
import { crossQuantFace } from './activations/cross-quant.face';
import { noisyQuantFace } from './activations/noisy-quant.face';
import type { StepFace, StepId } from './face';
import { equalizeFace } from './transform/equalize.face';
import { reparameterizeFace } from './transform/reparameterize.face';
import { rotateFace } from './transform/rotate.face';
import { scaleSearchFace } from './transform/scale-search.face';
import { shiftChannelsFace } from './transform/shift-channels.face';
import { smoothFace } from './transform/smooth.face';
import { attentionWeightsFace } from './weigh/attention-weights.face';

/** A weight method as the step that it is. */
function weightsFace(face: ListedMethod): StepFace {
  const { id, title, idea, formula, citation, fidelity, parameters } = face;
  return {
    ...{ id, title, idea, formula, citation, fidelity, parameters },
    slot: 'weights',
    scope: (options) => (face.trains === true && options.proxy !== true ? 'block' : 'stage'),
    words: (options) => [title, ...FAMILIES[face.family].labelWords(face, options)],
  };
}

const WEIGHTS = Object.fromEntries(CATALOGUE.map((face) => [face.id, weightsFace(face)])) as Record<MethodId, StepFace>;

export const STEP_FACES: Readonly<Record<StepId, StepFace>> = {
  rotate: rotateFace,
  smooth: smoothFace,
  scale_search: scaleSearchFace,
  equalize: equalizeFace,
  shift_channels: shiftChannelsFace,
  reparameterize: reparameterizeFace,
  activations: activationsFace,
  cross_quant: crossQuantFace,
  noisy_quant: noisyQuantFace,
  attention_weights: attentionWeightsFace,
  ...WEIGHTS,
  bias_correction: biasCorrectionFace,
};

/** Null where there is no such step. */
export function stepFace(id: unknown): StepFace | null {
  return typeof id === 'string' && Object.hasOwn(STEP_FACES, id) ? STEP_FACES[id as StepId] : null;
}

/** Of a step that quantizes weights. */
export function methodOfStep(step: StepId): MethodFace {
  return faceOf(step);
}
