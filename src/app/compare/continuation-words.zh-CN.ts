import type { Said } from '../language/in-language';
import type * as english from './continuation-words';

const blank = '结束或空格';
const quoted = (text: string) => (text.trim() === '' ? blank : `“${text.trim()}”`);

export const continuationWords: Said<typeof english.continuationWords> = {
  title: '同一提示词在每一行下的续写',
  hint: (tokens) =>
    `每次取最可能的下一个词元，最多 ${tokens} 次。第一个与全精度不同的词元加了框；此后两者读到的文本不同。`,
  prompt: '提示词',
  full: '全精度',
  same: '每个词元都与全精度相同。',
  end: '■',
  blank,
  differs: (place, own, full) =>
    `第 ${place} 个词元是${quoted(own.text)}（这里 ${own.byRow}，全精度下 ${own.byFull}），全精度的是${quoted(full.text)}（这里 ${full.byRow}，全精度下 ${full.byFull}）。`,
};
