import type { Said } from '../language/in-language';
import type { viewWords as english } from './view-words';

export const viewWords: Said<typeof english> = {
  legend: '线条：点一个名称只看它，再点可加入其他',
  dash: '线型：',
  marker: (method) => `标记，${method}：`,
  plain: '没有其他',
  all: '显示所有线条',
  only: (n, of) => `显示 ${of} 条线中的 ${n} 条`,
  zoom: '缩放',
  from: '从',
  to: '到',
  whole: '整个网络',
  stretch: (first, last) => `${first} 至 ${last}`,
  hint: '也可在图上拖动选择。',
  zoomed: (first, last) => `当前范围：${first} 至 ${last}`,
};
