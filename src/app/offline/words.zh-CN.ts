import type { Said } from '../language/in-language';
import type { offline as english } from './words';

export const offline: Said<typeof english> = {
  ready: '工作室有新版本可用。',
  use: '立即使用',
  later: '以后再说',
  hint: '页面将重新加载；已保存的内容不受影响。',
};
