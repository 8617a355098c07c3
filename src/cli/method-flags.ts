/** The flags that describe a method, shared by `layer` and `quantize`, and their translation to a recipe row. */
import { faceOf } from '../method/catalogue';
import type { OptionValue } from '../method/parameters';
import { parseRow, type RecipeRow } from '../run/recipe';
import type { Arguments, Flags } from './command';

export const METHOD_FLAGS: Flags = {
  method: 'string',
  bits: 'string',
  sym: 'boolean',
  group: 'string',
  'act-order': 'boolean',
  clip: 'string',
  damping: 'string',
  block: 'string',
  alpha: 'string',
  alpha2: 'string',
  variant: 'string',
};

export const METHOD_USAGE =
  '--method rtn|gptq|gptaq|gptq_r|rescomp|shift [--bits 3] [--sym] [--group 64] [--act-order] [--clip mse] ' +
  '[--damping 0.01] [--block 128] [--alpha 0.25] [--alpha2 0.25] [--variant released|exact]';

/**
 * Throws one sentence on an unknown method or a value out of range. Flags that the method has no use for (RTN and --damping) are left
 * out, so that one command line serves a loop over methods.
 */
export function recipeRow(flags: Arguments): RecipeRow {
  const method = flags.required('method');
  const options: Record<string, OptionValue> = {};
  const take = (flag: string, option: string, value: OptionValue) => {
    if (flags.has(flag)) options[option] = value;
  };
  take('bits', 'bits', flags.number('bits'));
  take('sym', 'symmetric', true);
  take('group', 'groupSize', flags.number('group'));
  take('clip', 'clip', flags.text('clip'));
  // RTN has no loop to order; the flags of one command line may be meant for several methods.
  if ('actOrder' in faceOf(method).parameters) {
    take('act-order', 'actOrder', true);
    // With act-order and groups, groups are static.
    if (flags.boolean('act-order') && flags.has('group')) options.staticGroups = true;
    take('damping', 'damping', flags.number('damping'));
    take('block', 'blockSize', flags.number('block'));
    take('variant', 'variant', flags.text('variant'));
    if ('alpha' in faceOf(method).parameters) take('alpha', 'alpha', flags.number('alpha'));
    if ('alpha2' in faceOf(method).parameters) take('alpha2', 'alpha2', flags.number('alpha2'));
  }
  return parseRow({ method, options }, 'the command line');
}
