import type { Said } from '../language/in-language';
import type { embed as english } from './words';

export const embed: Said<typeof english> = {
  open: '在工作室中打开',
  caption: (model) => `${model} 各层的误差，逐行比较`,
  source: (adapter, date) => `作者的数据，${date} 在 ${adapter} 上计算；并非在此处计算。`,
  noFigures: (recipe) => `这个链接只含配方，没有数据：${recipe}。`,
  damaged: '这个链接已损坏，或来自更新的版本。',
};
