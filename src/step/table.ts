/** What steps do, by slot and id: a new one is its face, its work, and a line here and in faces.ts. Weights are methods: method/table.ts. */
import { allocate } from './allocate/allocate';
import { activations } from './activations/activations';
import { cache } from './attention/cache';
import { probabilities } from './attention/probabilities';
import { sage } from './attention/sage';
import { vidkv } from './attention/vidkv';
import { zipcache } from './attention/zipcache';
import { biasCorrection } from './correct/bias-correction';
import { eora } from './correct/eora';
import { normTweak } from './correct/norm-tweak';
import { activationsByStep } from './activations/by-step';
import { crossQuant } from './activations/cross-quant';
import { noisyQuant } from './activations/noisy-quant';
import type { ActivationsId, AllocateId, AttentionId, CorrectId, SplitId, TransformId, WeighId } from './face';
import type {
  ActivationStep,
  AllocateStep,
  AttentionStep,
  CorrectStep,
  SplitStep,
  TransformStep,
  WeighStep,
} from './step';
import { equalize } from './transform/equalize';
import { reparameterize } from './transform/reparameterize';
import { clipSearch } from './split/clip-search';
import { outlierColumns } from './split/outlier-columns';
import { svdquant } from './split/svdquant';
import { affine } from './transform/affine';
import { learnedRotation } from './transform/learned-rotation';
import { rotate } from './transform/rotate';
import { rotateInputs } from './transform/rotate-inputs';
import { scaleSearch } from './transform/scale-search';
import { shiftChannels } from './transform/shift-channels';
import { smooth } from './transform/smooth';
import { smoothKeys } from './transform/smooth-keys';
import { attentionWeights } from './weigh/attention-weights';

export const TRANSFORMS: Readonly<Record<TransformId, TransformStep>> = {
  rotate,
  learned_rotation: learnedRotation,
  rotate_inputs: rotateInputs,
  affine,
  smooth,
  smooth_keys: smoothKeys,
  scale_search: scaleSearch,
  equalize,
  shift_channels: shiftChannels,
  reparameterize,
};

export const ALLOCATIONS: Readonly<Record<AllocateId, AllocateStep>> = { allocate };

export const ACTIVATIONS: Readonly<Record<ActivationsId, ActivationStep>> = {
  activations,
  activations_by_step: activationsByStep,
  cross_quant: crossQuant,
  noisy_quant: noisyQuant,
};

export const ATTENTION: Readonly<Record<AttentionId, AttentionStep>> = { cache, zipcache, vidkv, sage, probabilities };

export const WEIGHINGS: Readonly<Record<WeighId, WeighStep>> = { attention_weights: attentionWeights };

export const SPLITS: Readonly<Record<SplitId, SplitStep>> = {
  svdquant,
  outlier_columns: outlierColumns,
  clip_search: clipSearch,
};

export const CORRECTIONS: Readonly<Record<CorrectId, CorrectStep>> = {
  eora,
  bias_correction: biasCorrection,
  norm_tweak: normTweak,
};
