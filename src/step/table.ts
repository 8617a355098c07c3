/** What steps do, by slot and id: a new one is its face, its work, and a line here and in faces.ts. Weights are methods: method/table.ts. */
import { allocate } from './allocate/allocate';
import { activations } from './activations/activations';
import { biasCorrection } from './correct/bias-correction';
import type { ActivationsId, AllocateId, CorrectId, TransformId } from './face';
import type { ActivationStep, AllocateStep, AttentionStep, CorrectStep, SplitStep, TransformStep } from './step';
import { rotate } from './transform/rotate';

export const TRANSFORMS: Readonly<Record<TransformId, TransformStep>> = { rotate };

export const ALLOCATIONS: Readonly<Record<AllocateId, AllocateStep>> = { allocate };

export const ACTIVATIONS: Readonly<Record<ActivationsId, ActivationStep>> = { activations };

export const ATTENTION: Readonly<Record<string, AttentionStep>> = {};

export const SPLITS: Readonly<Record<string, SplitStep>> = {};

export const CORRECTIONS: Readonly<Record<CorrectId, CorrectStep>> = { bias_correction: biasCorrection };
