/**
 * The faces of steps that are known so far. Most methods are from the start; importing faces.ts makes all others known, which the engine and
 * the command line do at once. The page's first paint needs no other step than methods, so faces.ts comes with the first screen that does.
 */
import { CATALOGUE } from '../method/catalogue';
import { FAMILIES } from '../method/families';
import { trainedAtOnce, type ListedMethod, type MethodId } from '../method/face';
import type { Options } from '../method/parameters';
import type { StepFace, StepId } from './face';
import type { NetworkFacts } from './network-facts';

/** A weight method as the step that it is. */
function weightsFace(face: ListedMethod): StepFace {
  const { id, title, idea, formula, citation, fidelity, parameters } = face;
  return {
    ...{ id, title, idea, formula, citation, fidelity, parameters },
    slot: 'weights',
    scope: (options) => trainedAtOnce(face, options) ?? 'stage',
    words: (options) => [title, ...FAMILIES[face.family].labelWords(face, options)],
    refuses: (facts, options) =>
      samplerFault(face, facts) ?? FAMILIES[face.family].contradiction?.(options) ?? trainingFault(options),
  };
}

function samplerFault({ title, trains }: ListedMethod, { task }: NetworkFacts): string | null {
  if (trains !== 'trajectories' || task === 'diffusion') return null;
  return `${title} trains on what a diffusion network samples, and this network samples no images: choose another method.`;
}

/** Of options of methods that train. */
function trainingFault({ proxy, wholeNetwork }: Options): string | null {
  if (proxy !== true || wholeNetwork !== true) return null;
  return 'The layer proxy trains each layer alone, and the whole network all of them at once: choose one of both.';
}

/** Of the methods that are listed by now: all of them once method/listed.ts has been imported. */
export function weightsFaces(): Record<MethodId, StepFace> {
  return Object.fromEntries(CATALOGUE.map((face) => [face.id, weightsFace(face)])) as Record<MethodId, StepFace>;
}

let known: Readonly<Record<string, StepFace>> = weightsFaces();

export function makeKnown(faces: Readonly<Record<StepId, StepFace>>): void {
  known = faces;
}

/** Null where there is no such step. */
export function stepFace(id: unknown): StepFace | null {
  return typeof id === 'string' && Object.hasOwn(known, id) ? known[id] : null;
}

/** Of a step of a recipe that was read. */
export function faceOfStep(id: StepId): StepFace {
  const face = stepFace(id);
  if (!face) throw new Error(`bug: the step ${id} is not known yet`);
  return face;
}

/** In the order of the table. */
export function knownSteps(): string[] {
  return Object.keys(known);
}
