/** What a field's fault says. */
import type { Fault } from '../../store/validate';
import * as format from '../format';
import { words } from '../words';
import { ruleWords as rules } from './rule-words';
import { recipeWords } from './recipe-screen-words';

const say = recipeWords.faults;

export function faultText(fault: Fault | undefined): string | null {
  switch (fault?.kind) {
    case undefined:
      return null;
    case 'whole-number':
      // Seeds go to two thousand million: grouped digits help there.
      return say.whole(format.integer(fault.min), format.integer(fault.max));
    case 'number':
      return say.number(String(fault.min), String(fault.max));
    case 'choice':
      return say.choice(format.list(fault.choices));
    case 'text-missing':
      return say.textMissing;
    case 'images-missing':
      return words.images.recipe.missing;
    case 'weight-only':
      return say.weightOnly(fault.why);
    case 'refused':
      return fault.why;
    case 'same-row':
      return say.sameRow(fault.row + 1);
    case 'pattern':
      return rules.pattern(format.integer(fault.most));
    case 'same-rule':
      return rules.sameRule(fault.rule + 1);
    case 'idle-rule':
      return rules.idle(fault.example);
    case 'shadowed-rule':
      return rules.shadowed(format.integer(fault.layers));
  }
}
