/** What steps do, by slot and id: a new one is its face, its work, and a line here and in faces.ts. Weights are methods: method/table.ts. */
import { activations } from './activations/activations';
import { crossQuant } from './activations/cross-quant';
import { noisyQuant } from './activations/noisy-quant';
import { biasCorrection } from './correct/bias-correction';
import type { ActivationsId, CorrectId, TransformId, WeighId } from './face';
import type { ActivationStep, AttentionStep, CorrectStep, SplitStep, TransformStep, WeighStep } from './step';
import { equalize } from './transform/equalize';
import { reparameterize } from './transform/reparameterize';
import { rotate } from './transform/rotate';
import { scaleSearch } from './transform/scale-search';
import { shiftChannels } from './transform/shift-channels';
import { smooth } from './transform/smooth';
import { attentionWeights } from './weigh/attention-weights';

export const TRANSFORMS: Readonly<Record<TransformId, TransformStep>> = {
  rotate,
  smooth,
  scale_search: scaleSearch,
  equalize,
  shift_channels: shiftChannels,
  reparameterize,
};

export const ACTIVATIONS: Readonly<Record<ActivationsId, ActivationStep>> = {
  activations,
  cross_quant: crossQuant,
  noisy_quant: noisyQuant,
};

export const ATTENTION: Readonly<Record<string, AttentionStep>> = {};

export const WEIGHINGS: Readonly<Record<WeighId, WeighStep>> = { attention_weights: attentionWeights };

export const SPLITS: Readonly<Record<string, SplitStep>> = {};

export const CORRECTIONS: Readonly<Record<CorrectId, CorrectStep>> = { bias_correction: biasCorrection };
