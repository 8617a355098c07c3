import type { Said } from '../language/in-language';
import type * as english from './view-words';

export const moreWords: Said<typeof english.moreWords> = {
  title: '其他视图',
  summary: '其他视图：逐层、按层的种类、比特与误差',
  which: '视图',
  views: { heat: '逐层', kinds: '按层的种类', bits: '比特与误差' },
};

export const heatWords: Said<typeof english.heatWords> = {
  caption: (metric, baseline) => `${metric}，除以 ${baseline} 的同一指标`,
  key: '颜色',
  keyOf: (low, high) => `${low} 至 ${high}`,
  less: (share) => `小于 ${share}`,
  more: (share) => `大于 ${share}`,
  summary: (label, better, places, worst, value) =>
    `${label}：${places} 处中有 ${better} 处低于基线，最差处 ${worst}，${value}。`,
  noBaseline: '没有可作除数的基线数值。',
};

export const kindWords: Said<typeof english.kindWords> = {
  hint: '同样的线条，每种层一张图，横轴为块；各图坐标轴相同。',
  picture: (kind, lines) => `${kind}。平均值：${lines}。`,
  line: (label, value) => `${label} ${value}`,
};

export const paretoWords: Said<typeof english.paretoWords> = {
  caption: '比特换来了什么，每行一个点',
  figure: '指标',
  figures: (title) => title,
  meanError: '平均误差',
  mean: (of) => `平均${of}`,
  xAxis: '存储的每权重比特数',
  at: (bits) => `${bits} 比特`,
  front: (passing) => (passing === null ? '未被超过' : `未被超过，${passing}`),
  point: (label, bits, value) => `${label}（${bits} 比特，${value}）`,
  summary: (title, passing, rows) =>
    `在${title}上，没有被比特数相同（相差 2% 以内）或更少的行超过的${passing === null ? '' : `（限于 ${passing} 的行）`}：${rows}。`,
  beaten: (count, n) => (count === 0 ? '没有一行被超过。' : `${n} 行被超过；是否超出噪声，见表格。`),
};

export const laidOverWords: Said<typeof english.laidOverWords> = {
  title: '把其他运行叠加到这次运行上',
  chosen: (n) => `已叠加 ${n} 次其他运行`,
  none: '这里没有其他已完成的运行。打开的结果文件也算一次。',
  same: (name) => `${name}：模型、数据和版本都相同。`,
  differs: (name, what) => `${name} 有不同：${what}。`,
  differences: {
    model: '模型的文件不同，因此误差不是相同权重的误差',
    task: '网络的任务不同',
    'held-out': '在不同的留出数据上测量',
    calibration: '用不同的数据或不同的种子校准',
    layers: '只有其中之一才有的层被略去',
    version: '来自引擎的另一个版本',
  },
};

export const seedWords: Said<typeof english.seedWords> = {
  title: '跨种子',
  hint: (seeds) => `同一配方，种子 ${seeds}：平均值 ± 标准差。行与行之间小于它的差异是噪声。`,
  method: '方法',
  figures: {
    meanError: '平均误差',
    worstError: '最差误差',
    perplexity: '困惑度',
    kl: 'KL，nats',
    klMedian: 'KL 中位数，nats',
    klTail: 'KL 第 99 百分位，nats',
    sameTop: 'top-1 相同',
    accuracy: '准确率',
    trajectory: '轨迹误差',
    psnr: '峰值信噪比 PSNR，dB',
    ssim: '结构相似度 SSIM',
    frechet: 'Fréchet 距离',
  },
  spread: (mean, deviation) => `${mean} ± ${deviation}`,
};
