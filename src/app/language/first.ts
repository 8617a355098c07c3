/** What samples and measures are called, in the page's language, by their English (see faces.ts): the first screen needs it. */
import { dictionaryIn } from './in-language';

export const said = await dictionaryIn({ 'zh-CN': () => import('./first.zh-CN') });
