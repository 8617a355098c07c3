/**
 * What a tensor is, by its name and shape alone: the stated rule by which a checkpoint of an architecture that the studio does not run
 * is divided into linear layers and the rest, and by which every checkpoint's rest is named where its coverage is told. The first
 * line of the table that fits decides; a matrix that no line claims is a linear layer.
 */
import type { WeightSource } from './model';

export type TensorKind =
  | 'buffers'
  | 'experts'
  | 'routers'
  | 'state matrices'
  | 'positions'
  | 'output heads'
  | 'embeddings'
  | 'biases'
  | 'norms'
  | 'convolutions'
  | 'kernels of three dimensions'
  | 'other tensors of three and more dimensions'
  | 'other vectors'
  | 'small matrices'
  | 'other matrices';

/** A matrix with fewer rows or columns than this is no layer worth a grid. */
export const SMALLEST = 8;

/** A name as it is matched: separators of PyTorch ('.'), Flax ('/') and words within a module's name ('_'). */
const word = (pattern: string) => new RegExp(`(^|[._/])(${pattern})([._/]|$)`, 'i');
/** A module, or a tensor by itself, whose whole name it is. */
const module = (pattern: string) => new RegExp(`(^|[./])(${pattern})([./](weight|kernel))?$`, 'i');

interface Rule {
  readonly kind: TensorKind;
  readonly fits: (name: string, dims: number, checkpoint: { readonly experts: boolean }) => boolean;
}

const named = (kind: TensorKind, pattern: RegExp, most = Infinity): Rule => ({
  kind,
  fits: (name, dims) => dims <= most && pattern.test(name),
});

const RULES: readonly Rule[] = [
  // Recomputed from the config, whatever the file says: rotary frequencies and causal masks.
  named('buffers', /(^|[./])(inv_freq|masked_bias|attn\.bias|attn\.mask|attn_mask|causal_mask|num_batches_tracked)$/i),
  { kind: 'experts', fits: (name, dims) => dims >= 3 && /expert/i.test(name) },
  // A module "gate" sends tokens to experts where there are any, and is an ordinary layer where there are none.
  named('routers', word('router\\w*|shared_expert_gate')),
  { kind: 'routers', fits: (name, _, { experts }) => experts && module('gate|wg|gate\\.wg').test(name) },
  // Mamba, S4, RWKV: parameters of a recurrence, not of a product.
  named('state matrices', /(^|[._/])(A(_b)?(_log)?|log_A\w*|A_(re|im|real|imag)|D(_b)?|dt_bias|Lambda\w*)$/),
  named('state matrices', word('time_(decay|first|faaaa|mix\\w*|maa\\w*|state)')),
  named('positions', word('wpe|pos|position\\w*|posembed\\w*|relative_attention_bias|relative_position\\w*')),
  named('output heads', word('lm_head|head|embed_out')),
  named('output heads', module('head_dist|classifier|score|qa_outputs|logits')),
  named('output heads', /^(output|fc)[./](weight|kernel)$/i),
  named('embeddings', word('embed\\w*|wte|cls_token|dist_token|mask_token|reg_token')),
  // T5's and RWKV's tables; Flax's class token.
  named('embeddings', module('shared|emb|cls')),
  named('biases', /(^|[./])bias$/i),
  named('biases', /(^|[./])(\w+_bias|beta)$/i, 1),
  named('norms', word('norm\\w*|\\w*layernorm\\w*|ln\\w*|scale|bn\\d*'), 2),
  { kind: 'convolutions', fits: (name, dims) => dims >= 3 && (dims > 3 || word('conv\\w*').test(name)) },
  { kind: 'kernels of three dimensions', fits: (name, dims) => dims === 3 && /(^|[./])kernel$/i.test(name) },
  { kind: 'other tensors of three and more dimensions', fits: (_, dims) => dims > 2 },
  { kind: 'other vectors', fits: (_, dims) => dims < 2 },
];

/** Whether a checkpoint has experts, which is what makes a "gate" a router. */
export function hasExperts(tensors: WeightSource['tensors']): boolean {
  return [...tensors.keys()].some((name) => /(^|[._/])(shared_)?experts?([._/]|$)/i.test(name));
}

/** As much of a name as is looked at, from its end: a longer one is not of this world. */
const LONGEST_NAME = 256;

/** What a tensor is; null for a matrix that is a linear layer by the rule. */
export function kindOf(whole: string, shape: readonly number[], experts: boolean): TensorKind | null {
  const name = whole.slice(-LONGEST_NAME);
  const rule = RULES.find(({ fits }) => fits(name, shape.length, { experts }));
  if (rule) return rule.kind;
  return Math.min(...shape) < SMALLEST ? 'small matrices' : null;
}
