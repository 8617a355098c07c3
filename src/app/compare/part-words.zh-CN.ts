import type { WindowFigures } from '../../run/events';
import type { Said } from '../language/in-language';
import type { partWords as english } from './part-words';

const OF: Readonly<Record<WindowFigures['of'], (windows: string) => string>> = {
  nll: (windows) => `相同 ${windows} 个留出窗口上的对数困惑度（每词元 nats）`,
  hit: (windows) => `相同 ${windows} 幅留出图像上的准确率（百分点）`,
  trajectory: (windows) => `相同 ${windows} 幅采样图像上的轨迹误差`,
};

export const partWords: Said<typeof english> = {
  title: '每个步骤的作用',
  hint: (of, windows) =>
    `作为另一行一部分的各行与该行比较：${OF[of](windows)}的平均差值，逐对计算，并附其 95% 自助法区间。${
      of === 'hit' ? '低于' : '高于'
    } 0 表示去掉该步骤后变差。`,
  few: (least) => `少于 ${least} 个时无法判断偶然性：不给出区间。`,
  against: (label) => `与 ${label} 比较`,
  row: '行',
  without: (steps) => `去掉 ${steps}`,
  difference: '差值',
  interval: '95% 区间',
  bounds: (low, high) => `${low} … ${high}`,
  plot: '差值与区间',
  verdict: '去掉它',
  verdicts: { worse: '变差', better: '变好', unclear: '无法区分', unknown: '无数据' },
};
