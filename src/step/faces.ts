/** All steps by their ids: a new one is its face, its work and a line here. */
import { CATALOGUE, faceOf } from '../method/catalogue';
import { FAMILIES } from '../method/families';
import type { MethodFace, MethodId } from '../method/face';
import type { StepFace, StepId } from './face';

/** A weight method as the step that it is. */
function weightsFace(face: MethodFace): StepFace {
  const { id, title, idea, formula, citation, fidelity, parameters } = face;
  return {
    ...{ id, title, idea, formula, citation, fidelity, parameters },
    slot: 'weights',
    scope: (options) => (face.trains === true && options.proxy !== true ? 'block' : 'stage'),
    words: (options) => [title, ...FAMILIES[face.family].labelWords(face, options)],
  };
}

export const STEP_FACES = Object.fromEntries(CATALOGUE.map((face) => [face.id, weightsFace(face)])) as Readonly<
  Record<StepId, StepFace>
>;

/** Null where there is no such step. */
export function stepFace(id: unknown): StepFace | null {
  return typeof id === 'string' && Object.hasOwn(STEP_FACES, id) ? STEP_FACES[id as StepId] : null;
}

/** Of a step that a recipe has been read with. */
export function methodOfStep(step: StepId): MethodFace {
  return faceOf(step satisfies MethodId);
}
