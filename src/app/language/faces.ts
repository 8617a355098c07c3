/**
 * What methods, steps, their options and papers say of themselves, in the page's language. Their English stands in the tables of the engine, which know
 * nothing of languages, and is the key: a sentence that changes there has lost its translation, which a test tells. Titles are names, and labels
 * of rows are made of them: both are the same in every language, as are the values that options take in a recipe.
 */
import { dictionaryIn } from './in-language';

export const said = await dictionaryIn({ 'zh-CN': () => import('./faces.zh-CN') });
