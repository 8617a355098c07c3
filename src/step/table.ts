/** What steps do, by slot and id: a new one is its face, its work, and a line here and in faces.ts. Weights are methods: method/table.ts. */
import { allocate } from './allocate/allocate';
import { activations } from './activations/activations';
import { cache } from './attention/cache';
import { probabilities } from './attention/probabilities';
import { sage } from './attention/sage';
import { zipcache } from './attention/zipcache';
import { biasCorrection } from './correct/bias-correction';
import { eora } from './correct/eora';
import type { ActivationsId, AllocateId, AttentionId, CorrectId, TransformId } from './face';
import type { ActivationStep, AllocateStep, AttentionStep, CorrectStep, SplitStep, TransformStep } from './step';
import { equalize } from './transform/equalize';
import { rotate } from './transform/rotate';
import { scaleSearch } from './transform/scale-search';
import { smooth } from './transform/smooth';

export const TRANSFORMS: Readonly<Record<TransformId, TransformStep>> = {
  rotate,
  smooth,
  scale_search: scaleSearch,
  equalize,
};

export const ALLOCATIONS: Readonly<Record<AllocateId, AllocateStep>> = { allocate };

export const ACTIVATIONS: Readonly<Record<ActivationsId, ActivationStep>> = { activations };

export const ATTENTION: Readonly<Record<AttentionId, AttentionStep>> = { cache, zipcache, sage, probabilities };

export const SPLITS: Readonly<Record<string, SplitStep>> = {};

export const CORRECTIONS: Readonly<Record<CorrectId, CorrectStep>> = { eora, bias_correction: biasCorrection };
