import type { summary as english } from './compare-words';
import type { Said } from './language/in-language';

export const summary: Said<typeof english> = {
  at: (bits, passing) => `每权重 ${bits} 比特${passing === null ? '' : `、${passing}`}：`,
  others: (count) => `另外 ${count} 个`,
  leads: (label, wins, places, metric) => `${places} 层中有 ${wins} 层以 ${label} 的${metric}最低`,
  leadsBlocks: (label, wins, places, metric) => `${places} 个块中有 ${wins} 个以 ${label} 的${metric}最低`,
  tie: (labels, wins, metric) => `${labels} 的${metric}并列领先，各 ${wins} 处`,
  worst: (name, value) => `其最差处为 ${name}，${value}`,
  lower: (label, percent, baseline) => `平均而言，${label} 比 ${baseline} 低 ${percent}。`,
  lowerUnclear: (label, percent, baseline) =>
    `平均而言，${label} 比 ${baseline} 低 ${percent}，但不超过各处之间本来的波动。`,
  notLower: (baseline) => `平均而言，没有一行低于 ${baseline}。`,
  perplexity: (label, value, full) => `困惑度最低：${label}，${value}${full === '' ? '' : `（全精度 ${full}）`}`,
  inseparable: (labels, tokens) => `在 ${tokens} 个词元上与 ${labels} 无法区分`,
  alone: (what, rows) => `以下各行的存储大小各不相同，因此不排名，只列出其${what}：${rows}。`,
  aloneOne: (what, row) => `以下一行的存储大小没有可比者，因此不排名，只列出其${what}：${row}。`,
  allAlone: (what, rows) => `没有两行存储相同的比特数，因此不排名。各行的${what}：${rows}。`,
  aloneRow: (label, bits, figures) => `${label}，每权重 ${bits} 比特${figures === '' ? '' : `，${figures}`}`,
  meanOf: (metric) => `平均${metric}`,
  perplexityOf: (value) => `困惑度 ${value}`,
  accuracyOf: (value) => `准确率 ${value}`,
  nothing: '还没有可比较的内容。',
  difference: (percent) => `与预先计算的运行相比，单层最大差异：${percent}。`,
  agrees: '每一层都与预先计算的运行一致。',
};
