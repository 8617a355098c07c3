/** The words of a new version. */
import { inLanguage } from '../language/in-language';

export const offline = {
  ready: 'A new version of the studio is ready.',
  use: 'Use it now',
  later: 'Later',
  hint: 'The page loads anew; what is stored stays.',
};

await inLanguage({ offline }, { 'zh-CN': () => import('./words.zh-CN') });
