import type { Said } from './language/in-language';
import type { ledgerWords as english } from './ledger-words';

export const ledgerWords: Said<typeof english> = {
  title: '比特用在哪里',
  hint: '所有量化层合计的每权重比特数，逐项列出。模型的其余部分不计入。',
  table: '存储的每权重比特数，逐项列出',
  parts: {
    indices: '编码',
    codebooks: '码本',
    scales: '缩放因子',
    zeros: '零点',
    signs: '符号',
    groups: '组索引',
    factors: '低秩因子',
    mask: '位置',
    tables: '表',
    vectors: '向量',
  },
  partsHelp: {
    indices: '网格上的编码、以整比特存储的码字索引，或保持原样的权重',
    codebooks: '码字，以及 8 比特码本的步长',
    scales: '各组或各块的缩放因子，以及小缩放因子所在的网格',
    zeros: '非对称网格的零点',
    signs: '符号单独存储时，每权重一比特',
    groups: '当位置不能说明时，每列属于哪一组',
    factors: '编码之外的低秩因子及其缩放因子',
    mask: '哪些权重或列单独保留',
    tables: '固定表的各级取值',
    vectors: '属于某层的偏置和平滑向量',
  },
  total: '合计',
  size: '大小',
  against: '相对 16 比特',
  times: (value) => `缩小到 1/${value}`,
  sixteen: '16 比特权重',
};
