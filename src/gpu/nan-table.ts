/**
 * What every shader does with NaN and infinity. WGSL may assume that there are none, so a comparison, a clamp, a minimum or a rounding
 * may turn one into a plausible number, differently on each adapter. Hence every file under shaders/ is one of:
 *
 *   propagates  what is not finite in a float that it reads is not finite in what it writes: by arithmetic and copying alone, or
 *               because its bits are looked at (shaders/common/finite.wgsl). `but` names bindings that need not show, and why.
 *   counts      it counts what is not finite by its bits, and somebody reads the count.
 *   counted     it may swallow NaN, and whoever launches it has what it worked on counted; `by` says where.
 *   checked     it may swallow NaN, and is only given what has been looked at before; `by` says by whom.
 *   integers    it reads no floats as such.
 *   included    part of other shaders.
 *
 * A test runs every kernel that propagates on NaN in each float that it reads, and holds this table to be complete.
 */
export type NanClass =
  | { readonly is: 'propagates'; readonly but?: Readonly<Record<string, string>>; readonly inPlace?: true }
  | { readonly is: 'counted' | 'checked'; readonly by: string }
  | { readonly is: 'counts' | 'integers' | 'included' };

const FINISH = 'the working copy and the codes’ weights, counted in the readback of the codes (src/method/health.ts)';
const PIVOTS =
  'H is counted as it is scaled (hessian/factor), and what U made of the weights with the codes (src/method/health.ts)';
const WEIGHTS =
  'weights are looked at in the file before a run, working copies counted after it (src/method/gptvq.ts), and codewords before they are stored (src/method/codebook-finish.ts)';
const TRAINING =
  'a training watches the loss and all it trains, by count, and takes steps back (src/method/trained/loop.ts); weights are looked at in the file';
const LOOKS =
  'the first look at a tensor counts what is not finite by its bits (inspect/facts), and both looks pass it over by its bits';
const OUTPUTS =
  'queries, keys and values come out of layers whose output errors show what is not finite (src/measure/layer-errors.ts)';

const counted = (by: string): NanClass => ({ is: 'counted', by });
const checked = (by: string): NanClass => ({ is: 'checked', by });
const PROPAGATES: NanClass = { is: 'propagates' };
const INCLUDED: NanClass = { is: 'included' };
const IN_PLACE: NanClass = { is: 'propagates', inPlace: true };
const but = (reasons: Readonly<Record<string, string>>): NanClass => ({ is: 'propagates', but: reasons });

const MASK = { mask: 'only asked whether it is 0; the optimizer’s own' };

export const NAN_TABLE: Readonly<Record<string, NanClass>> = {
  'activation/cells': INCLUDED,
  'activation/centre': checked(OUTPUTS),
  'activation/columns': PROPAGATES,
  'activation/decoded': IN_PLACE,
  'activation/dressed': INCLUDED,
  'activation/few-levels': checked(OUTPUTS),
  'activation/fold': PROPAGATES,
  'activation/histogram': { is: 'counts' },
  'activation/inner-ranges': checked(OUTPUTS),
  'activation/least': checked(OUTPUTS),
  'activation/levels': INCLUDED,
  'activation/outside': checked(
    'what it leaves in place was rounded before, which keeps what is not finite (activation/round)',
  ),
  'activation/peaks': PROPAGATES,
  'activation/ranges': PROPAGATES,
  'activation/received': PROPAGATES,
  'activation/round': PROPAGATES,
  'activation/round-back': PROPAGATES,
  'activation/rows': PROPAGATES,
  'activation/shrink': PROPAGATES,
  'activation/spectrum': checked(OUTPUTS),
  'assignment/assign': checked(WEIGHTS),
  'assignment/assign-metric': checked(WEIGHTS),
  'assignment/block': INCLUDED,
  'assignment/candidates': checked(WEIGHTS),
  'assignment/codeword': INCLUDED,
  'assignment/metric': INCLUDED,
  'assignment/point': INCLUDED,
  'codebook/accumulate': but({ distances: 'only summed into the objective' }),
  'codebook/accumulate-mixture': checked(TRAINING),
  'codebook/block-maxima': PROPAGATES,
  'codebook/choose': checked(TRAINING),
  'codebook/clamp': IN_PLACE,
  'codebook/decode': PROPAGATES,
  'codebook/divide': PROPAGATES,
  'codebook/draw': checked(WEIGHTS),
  'codebook/fold': PROPAGATES,
  'codebook/freeze': checked(TRAINING),
  'codebook/hull': checked(TRAINING),
  'codebook/hull-target': checked(TRAINING),
  'codebook/mixture-logits': checked(TRAINING),
  'codebook/nearest': checked(WEIGHTS),
  'codebook/place-points': PROPAGATES,
  'codebook/ratio-loss': checked(TRAINING),
  'codebook/ratio-slopes': checked(TRAINING),
  'codebook/ratios': checked(TRAINING),
  'codebook/sign-flips': checked(TRAINING),
  'codebook/split-gradient': checked(TRAINING),
  'codebook/start-logits': checked(WEIGHTS),
  'codebook/tally': checked(TRAINING),
  'codebook/update': checked(WEIGHTS),
  'codebook/view': INCLUDED,
  'codebook/weights': INCLUDED,
  'common/barriers': { is: 'integers' },
  'common/finite': INCLUDED,
  'common/index': INCLUDED,
  'compensation/arrange': PROPAGATES,
  'compensation/clear-dead': {
    is: 'propagates',
    inPlace: true,
    but: { diagonal: 'only asked whether it is 0; H is counted' },
  },
  'compensation/codebook-columns': counted(FINISH),
  'compensation/columns': counted(FINISH),
  'compensation/diagonal-blocks': PROPAGATES,
  'compensation/propagate': PROPAGATES,
  'gradient/activation': PROPAGATES,
  'gradient/attention-products': PROPAGATES,
  'gradient/attention-rows': IN_PLACE,
  'gradient/causal-conv': PROPAGATES,
  'gradient/convolution': PROPAGATES,
  'gradient/cross-entropy': PROPAGATES,
  'gradient/fold-rows': PROPAGATES,
  'gradient/gate': PROPAGATES,
  'gradient/group-norm': PROPAGATES,
  'gradient/group-norm-back': PROPAGATES,
  'gradient/group-norm-means': but({ weight: 'a factor of the sums, read on the way back only' }),
  'gradient/group-norm-sums': PROPAGATES,
  'gradient/max-pool': but({
    x: 'only compared with; what was pooled of it keeps what is not finite (linalg/max-pool)',
  }),
  'gradient/norm': PROPAGATES,
  'gradient/norm-weight': PROPAGATES,
  'gradient/patches': PROPAGATES,
  'gradient/scan': PROPAGATES,
  'gradient/scan-back': PROPAGATES,
  'gradient/scan-fold': PROPAGATES,
  'gradient/scan-step': INCLUDED,
  'gradient/sigmoid': INCLUDED,
  'gradient/squared-error': PROPAGATES,
  'gradient/sum-segments': PROPAGATES,
  'gradient/unroll': PROPAGATES,
  'gradient/upsample': PROPAGATES,
  'hessian/diagonal': PROPAGATES,
  'hessian/factor': { is: 'counts' },
  'hessian/falling-order': { is: 'integers' },
  'hessian/jacobi': counted(PIVOTS),
  'hessian/mirror': IN_PLACE,
  'hessian/revive': IN_PLACE,
  'inspect/facts': { is: 'counts' },
  'inspect/moments': counted(LOOKS),
  'inspect/peaks': counted(LOOKS),
  'linalg/cholesky': counted(PIVOTS),
  'linalg/column-sums': PROPAGATES,
  'linalg/combine': PROPAGATES,
  'linalg/copy-block': { is: 'integers' },
  'linalg/gather': PROPAGATES,
  'linalg/hadamard-butterflies': IN_PLACE,
  'linalg/hadamard-signs': PROPAGATES,
  'linalg/matmul': PROPAGATES,
  'linalg/max-pool': PROPAGATES,
  'linalg/product': PROPAGATES,
  'linalg/reduce': { is: 'counts' },
  'linalg/scalar': PROPAGATES,
  'linalg/scale': PROPAGATES,
  'linalg/shift-columns': PROPAGATES,
  'linalg/strict-upper': IN_PLACE,
  'linalg/tile': INCLUDED,
  'linalg/transpose': PROPAGATES,
  'linalg/triangular-inverse': IN_PLACE,
  'linalg/unroll': PROPAGATES,
  'linalg/update': PROPAGATES,
  'model/activation': PROPAGATES,
  'model/add-rows': PROPAGATES,
  'model/argmax': PROPAGATES,
  'model/attention-narrow': PROPAGATES,
  'model/attention-span': INCLUDED,
  'model/cross-entropy': PROPAGATES,
  'model/gate': PROPAGATES,
  'model/gather': PROPAGATES,
  'model/kl': PROPAGATES,
  'model/layer-norm': PROPAGATES,
  'model/merge-heads': PROPAGATES,
  'model/modulate': PROPAGATES,
  'model/place-columns': PROPAGATES,
  'model/reverse-rows': PROPAGATES,
  'model/rms-norm': PROPAGATES,
  'model/rope': PROPAGATES,
  'model/row-lanes': INCLUDED,
  'model/split-heads': PROPAGATES,
  'model/spread': PROPAGATES,
  'model/stream-cross-entropy': { is: 'counts' },
  'model/stream-kl': { is: 'counts' },
  'optimizer/adamw': but(MASK),
  'optimizer/clip': PROPAGATES,
  'optimizer/keep-best': counted(TRAINING),
  'optimizer/mask': INCLUDED,
  'optimizer/oscillation': checked(TRAINING),
  'optimizer/rmsprop': but(MASK),
  'optimizer/sgd': but(MASK),
  'optimizer/sign': counted(TRAINING),
  'quantizer/affine': INCLUDED,
  'quantizer/decode': PROPAGATES,
  'quantizer/factors': PROPAGATES,
  'quantizer/fit-grid': counted(FINISH),
  'quantizer/fit-progressive': counted(FINISH),
  'quantizer/groups': { is: 'integers' },
  'quantizer/pack': counted(FINISH),
  'quantizer/round': counted(FINISH),
  'quantizer/row-units': counted(FINISH),
  'quantizer/scatter': PROPAGATES,
  'rounding/back': counted(TRAINING),
  'rounding/clip': counted(TRAINING),
  'rounding/decided': counted(TRAINING),
  'rounding/level': INCLUDED,
  'rounding/weights': counted(TRAINING),
};
