import type { Coverage } from '../run/events';
import type { coverageWords as english } from './coverage-words';
import * as format from './format';
import type { Said } from './language/in-language';

/** What the engine calls what is left. */
const KINDS: Readonly<Record<string, string>> = {
  embeddings: '嵌入',
  positions: '位置',
  'output heads': '输出头',
  norms: '归一化',
  biases: '偏置',
  convolutions: '卷积',
  'state matrices': '状态矩阵',
  routers: '路由',
  experts: '专家',
  buffers: '缓冲区',
};

export const coverageWords: Said<typeof english> = {
  title: '量化范围',
  file: '整个文件',
  fileHelp: '整个文件的每权重比特数：量化的层，加上以原始宽度保存的其余部分。',
  share: (of) => `${format.integer(of.weights)} 个权重中的 ${shareOf(of)}`,
  left: ({ left }) => left.map(({ what, weights }) => `${KINDS[what] ?? what} ${format.integer(weights)}`).join('、'),
  bitsOf: (of) =>
    of.left.length === 0
      ? '每权重比特数按全部权重计。'
      : `每权重比特数按被量化的 ${shareOf(of)} 权重计；保持原样的有：${coverageWords.left(of)}。`,
};

/** Rounded so that what is not all is never shown as all. */
function shareOf({ quantized, weights }: Coverage): string {
  const share = quantized / weights;
  return format.fineShare(quantized < weights ? Math.min(share, 0.9999) : share);
}
