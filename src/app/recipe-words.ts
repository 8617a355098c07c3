/** A recipe in a few words: 'RTN, GPTQ, GPTAQ and ResComp at 3 bits'. */
import { CATALOGUE } from '../method/catalogue';
import type { Recipe } from '../recipe/recipe';
import { methodIn } from '../recipe/rows';
import * as format from './format';
import { inLanguage } from './language/in-language';

export const recipeShort = {
  at: (methods: string, bits: string) => `${methods} at ${bits} bits`,
};

export function recipeInShort(recipe: Recipe): string {
  const rows = recipe.rows.map(methodIn);
  const methods = [...new Set(rows.map(({ method }) => titleOf(method)))];
  const widths = rows.map(({ options }) => options.bits);
  const bits = [...new Set(widths)].filter((value) => typeof value === 'number');
  // Codebooks have no width of a code: with one among them, no number of bits is that of all.
  const named = format.list(methods);
  if (methods.length === 0 || !widths.every((value) => typeof value === 'number')) return named;
  return recipeShort.at(named, format.list(bits.sort((a, b) => a - b).map(String)));
}

export function titleOf(method: string): string {
  return CATALOGUE.find((face) => face.id === method)?.title ?? method;
}

await inLanguage({ recipeShort }, { 'zh-CN': () => import('./language/first.zh-CN') });
