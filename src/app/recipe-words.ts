/** A recipe in a few words: 'RTN, GPTQ, GPTAQ and ResComp at 3 bits'. */
import { CATALOGUE } from '../method/catalogue';
import type { Recipe } from '../run/recipe';
import * as format from './format';

export function recipeInShort(recipe: Recipe): string {
  const methods = [...new Set(recipe.rows.map((row) => titleOf(row.method)))];
  const bits = [...new Set(recipe.rows.map((row) => row.options.bits))].filter((value) => typeof value === 'number');
  const at = bits.length === 0 ? '' : ` at ${format.list(bits.sort((a, b) => a - b).map(String))} bits`;
  return methods.length === 0 ? '' : `${format.list(methods)}${at}`;
}

export function titleOf(method: string): string {
  return CATALOGUE.find((face) => face.id === method)?.title ?? method;
}
