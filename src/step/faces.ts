/** All steps by their ids: a new one is its face, its work and a line here. */
import { CATALOGUE, faceOf } from '../method/catalogue';
import { FAMILIES } from '../method/families';
import type { ListedMethod, MethodFace, MethodId } from '../method/face';
import { biasCorrectionFace } from './correct/bias-correction.face';
import { activationsFace } from './activations/activations.face';
import type { StepFace, StepId } from './face';
import { affineFace } from './transform/affine.face';
import { rotateFace } from './transform/rotate.face';

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
  affine: affineFace,
  activations: activationsFace,
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
