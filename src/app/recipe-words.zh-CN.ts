import type { Said } from './language/in-language';
import type { recipeShort as english } from './recipe-words';

export const recipeShort: Said<typeof english> = {
  at: (methods, bits) => `${methods}，${bits} 比特`,
};
