import * as format from '../format';
import type { Said } from '../language/in-language';
import type { pictureWords as english } from './words';

const times = (ratio: number | null) => (ratio === null ? format.NOT_AVAILABLE : format.value(ratio));

export const pictureWords: Said<typeof english> = {
  allocation: {
    title: '逐层比特数',
    row: '行',
    caption: '各层的预测损失，按全部层的比特数',
    front: (count) => `帕累托前沿：${format.integer(count)} 种选择，没有更好的`,
    frontShort: '前沿',
    chosen: '所选',
    uniform: '各层相同',
    xAxis: '每权重比特数',
    yAxis: (measure) => `预测损失（${measure}）`,
    yShort: '预测损失',
    at: (bits) => `每权重 ${bits} 比特`,
    uniformAt: (bits, name) => `处处 ${name}，每权重 ${bits} 比特`,
    summary: (bits, budget, error, exact) =>
      `所选：每权重 ${bits} 比特，预算 ${budget}，预测损失 ${error}${exact ? '' : '；求解时大小向上取整'}。`,
    against: (name, bits, error) => `各层均为 ${name}：每权重 ${bits} 比特，预测损失 ${error}。`,
    nearest: '所选方案与旁边的行',
    columns: {
      choice: '方案',
      bits: '每权重比特数',
      predicted: '预测损失',
      error: '平均留出误差',
      perplexity: '困惑度',
      accuracy: '准确率',
      prediction: '预测误差',
    },
    uniformRow: (name) => `各层均为 ${name}`,
    choice: '各层的选择',
    counts: (counts) => `${counts.map(([name, count]) => `${format.integer(count)} 层取 ${name}`).join('，')}。`,
    pinned: (count) => `另有 ${format.integer(count)} 层的比特数由规则指定。`,
    layers: '各层（表格）',
    layer: '层',
    chosenColumn: '所选',
    lossAt: (name) => `${name} 时的损失`,
  },
  channels: {
    title: '变换前后的通道',
    layer: '层',
    view: '变换',
    order: '排序',
    orders: { channel: '按通道', sorted: '从大到小' },
    caption: '全精度下，层输入的每个通道有多大',
    before: '变换前',
    after: '变换后',
    peak: (which) => `最大值，${which}`,
    most: (which) => `99% 的值低于此，${which}`,
    channelAxis: '通道',
    rankAxis: '通道，从大到小',
    yAxis: '幅值',
    channel: (number) => `通道 ${number}`,
    channels: (first, last) => `通道 ${first} 至 ${last}`,
    rank: (number) => `按大小第 ${number}`,
    panel: (which, ratio) => `${which} · 峰值为均方根的 ${times(ratio)} 倍`,
    figures: (peak, ratio, median) =>
      `最大值为 ${peak}，是均方根的 ${times(ratio)} 倍，最大的通道是中位通道的 ${times(median)} 倍`,
    summary: (before, label, after) => `变换前：${before}。经 ${label} 之后：${after}。`,
    together: (width) => `每根柱是 ${format.integer(width)} 个相邻通道中的最大者。`,
    sample: '99% 取自校准词元的一个样本，其余取自全部词元。',
  },
};
