/** What steps do, by slot and id: a new one is its face, its work, and a line here and in faces.ts. Weights are methods: method/table.ts. */
import { activations } from './activations/activations';
import { biasCorrection } from './correct/bias-correction';
import { eora } from './correct/eora';
import type { ActivationsId, CorrectId, SplitId, TransformId } from './face';
import type { ActivationStep, AttentionStep, CorrectStep, SplitStep, TransformStep } from './step';
import { outlierColumns } from './split/outlier-columns';
import { svdquant } from './split/svdquant';
import { rotate } from './transform/rotate';

export const TRANSFORMS: Readonly<Record<TransformId, TransformStep>> = { rotate };

export const ACTIVATIONS: Readonly<Record<ActivationsId, ActivationStep>> = { activations };

export const ATTENTION: Readonly<Record<string, AttentionStep>> = {};

export const SPLITS: Readonly<Record<SplitId, SplitStep>> = { svdquant, outlier_columns: outlierColumns };

export const CORRECTIONS: Readonly<Record<CorrectId, CorrectStep>> = { eora, bias_correction: biasCorrection };
