/** What steps do, by slot and id: a new one is its face, its work, and a line here and in faces.ts. Weights are methods: method/table.ts. */
import { activations } from './activations/activations';
import { biasCorrection } from './correct/bias-correction';
import type { ActivationsId, CorrectId, TransformId } from './face';
import type { ActivationStep, AttentionStep, CorrectStep, SplitStep, TransformStep } from './step';
import { affine } from './transform/affine';
import { rotate } from './transform/rotate';

export const TRANSFORMS: Readonly<Record<TransformId, TransformStep>> = { rotate, affine };

export const ACTIVATIONS: Readonly<Record<ActivationsId, ActivationStep>> = { activations };

export const ATTENTION: Readonly<Record<string, AttentionStep>> = {};

export const SPLITS: Readonly<Record<string, SplitStep>> = {};

export const CORRECTIONS: Readonly<Record<CorrectId, CorrectStep>> = { bias_correction: biasCorrection };
