import type { Said } from '../../language/in-language';
import { chapters } from './chapters.zh-CN';
import type { residualWords as english } from './words';

/** How the layers before were quantized, as the recorded piece says it. */
const BEFORE: Readonly<Record<string, string>> = {
  'GPTQ, 3 bits, one scale a row': 'GPTQ（3 比特，每行一个缩放因子）',
};

const signed = (text: string) => (text.startsWith('−') ? text : `+${text}`);
const columns = (n: number) => `后面 ${n} 列`;

export const residualWords: Said<typeof english> = {
  title: '舍入误差去了哪里？',
  source: (layer, model, before) =>
    `取自示例 ${model} 的 ${layer}，前面的层用 ${BEFORE[before] ?? before} 量化：8 行，16 个输入，128 个词元。取哪些由种子决定，没有人为挑选；最后一章给出全部 200 个。`,
  method: '方法',
  methods: { rtn: 'RTN', gptq: 'GPTQ', gptaq: 'GPTAQ', gptq_r: 'GPTQ+R', rescomp: 'ResComp', shift: 'Shift' },
  ownMix: '当前组合',
  formula: {
    group: '后面各列的更新；每一项都可以开关',
    left: '后面的每一列 j 变为自身',
    terms: {
      compensation: '补偿：减去舍入误差 w 减 q 除以 U c c，乘以 U c j',
      drift: '漂移：加上 alpha 乘 w 乘 P c j',
      residual: '残差：加上 alpha 2 乘 w 0 减 w，乘以 R c j',
    },
    names: { compensation: '补偿', drift: '漂移', residual: '残差' },
    shift: '在第一列之前，W 变为 W 加 alpha 乘 W D H 逆',
    collapsed:
      '当 alpha 2 等于 alpha 时，后面的每一列 j 变为自身减去混合误差，即 1 减 alpha 乘 w 减 q，加 alpha 乘 w 0 减 q，除以 U c c，乘以 U c j，再加 alpha 乘 w 0 乘 P c j',
  },
  symbols: {
    title: '各字母的含义',
    list: [
      ['W', 'W', '当前的权重；w 是第 c 列，w_0 是它在第一列之前的值'],
      ['q', 'q', '第 c 列舍入到其网格的结果'],
      ['H', 'H', 'X X^T，X 是这一层在已量化层之后得到的输入，加 1% 阻尼'],
      ['U', 'U', '上三角矩阵，U^T U = H^−1：其第 c 行说明后面的列如何弥补第 c 列的误差'],
      ['P', 'P', '由 D = (X̃ − X) X^T 得来，X̃ 是全精度的输入：说明后面的列如何弥补输入 c 的漂移'],
      ['R', 'R', 'P + I − diag(U)^−1 U，漂移项关闭时没有 P：说明后面的列如何弥补第 c 列已被移动'],
      ['α', 'α, α_2', '弥补多少漂移和残差；公开的代码各取 0.25'],
    ],
  },
  grid: '各矩阵，逐列',
  column: (n) => `列 ${n}`,
  row: (n) => `行 ${n}`,
  bands: {
    w: 'W，当前的权重',
    u: (c) => `U 的第 ${c} 行`,
    p: (c) => `P 的第 ${c} 行`,
    r: (c) => `R 的第 ${c} 行`,
    update: '正在进行的更新',
    updateOf: (term) => `正在进行的更新，仅${term}`,
    shift: 'Shift 一次加上的量',
    q: 'Q，舍入后的权重',
    error: '每次舍入的误差，w − q',
  },
  show: '同时显示',
  shown: { vectors: 'U、P、R 的行', update: '更新', q: 'Q', error: '误差' },
  cell: (band, row, column, value) => `${band}，行 ${row}，列 ${column}，${value}`,
  vectorCell: (band, column, value) => `${band}，列 ${column}，${value}`,
  changed: (text, by) => `${text}，变化 ${signed(by)}`,
  rounded: (text) => `${text}，已舍入`,
  parts: (text, parts) => `${text}：${parts}`,
  part: (term, value) => `${term} ${signed(value)}`,
  nothing: '尚无',
  empty: (band, row, column) => `${band}，行 ${row}，列 ${column}，尚无`,
  scale: (largest) => `颜色：紫色为减去，橙色为加上；此处最强为 ${largest}。`,
  says: {
    start: (error) => `还没有舍入任何权重。在已量化的层之后，输入已经漂移：输出已偏离 ${error}。`,
    startShift: (largest) => `在第一列之前，Shift 给每个权重加上弥补漂移的量；最大的改变为 ${largest}。`,
    round: (c, row, up, by) => `第 ${c} 列被舍入。第 ${row} 行移动最多，${up ? '向上' : '向下'} ${by}。`,
    error: (c, pivot) => `它的误差除以 ${pivot}，沿着 U 的第 ${c} 行分摊。`,
    termsOnly: (c) => `误差本身留在原处；其他各项沿着各自矩阵的第 ${c} 行分摊。`,
    errorOff: '所有项都关闭，不做任何弥补。',
    spread: (later, row, column, by) =>
      `${columns(later)}接过它；第 ${column} 列的第 ${row} 行移动最多，${signed(by)}。`,
    spreadOff: (later) => `${columns(later)}保持不变。`,
    last: '后面已没有列可以接过它：这个误差留下了。',
    against: (error, rtn, ratio) => `输出误差 ${error}；RTN 在这一步为 ${rtn}，${ratio}。`,
    alone: (error) => `输出误差 ${error}。`,
    same: '两者相同',
    lower: (share) => `即低 ${share}`,
    higher: (share) => `即高 ${share}`,
  },
  chart: {
    caption: '输出误差，逐列变化',
    hint: '当前权重相对全精度输出的误差，在校准词元上',
    table: '数据，逐列',
    columns: { column: '列之后', method: '这种方法', rtn: 'RTN' },
    before: '无',
    endRtn: (rtn, rtnHeldOut) => `所有列舍入后：校准词元上为 ${rtn}，留出词元上为 ${rtnHeldOut}。`,
    end: (name, error, heldOut, rtn, rtnHeldOut) =>
      `所有列舍入后：${name} 在校准词元上为 ${error}，留出词元上为 ${heldOut}；RTN 为 ${rtn} 和 ${rtnHeldOut}。`,
  },
  settings: {
    title: '设置',
    bits: '比特',
    group: '缩放因子',
    groups: { row: '每行一个', '8': '每 8 列一个' },
    alpha: 'α，漂移',
    alpha2: 'α2，残差',
    seed: '种子',
    nextSeed: '下一个种子',
  },
  strip: {
    title: '这个种子有代表性吗？',
    caption: (tokens) => `全部 200 个种子的最终输出误差，${tokens}；长标记为中位数，三角为这个种子`,
    tokens: { calibration: '校准词元', heldOut: '留出词元' },
    choose: '测量于',
    progress: (n, of) => `已计算 ${n} / ${of} 个种子…`,
    below: (first, second, n, of) => `${of} 个种子中有 ${n} 个，${first} 的结果低于 ${second}`,
    here: (first, second, below) => `在这个种子上，${first} ${below ? '低于' : '不低于'} ${second}`,
    sentence: (parts) => `${parts.join('；')}。`,
    table: '200 个种子的数据',
    columns: { method: '方法', median: '中位数', here: '这个种子', belowRtn: '低于 RTN', belowGptq: '低于 GPTQ' },
    seeds: (n, of) => `${n} / ${of}`,
  },
  collapse: {
    title: '三项与两项结果相同',
    row: '行',
    three: '三项',
    two: '混合误差与 w0',
    caption: (c, j) => `第 ${c} 列给第 ${j} 列加上的量`,
    none: '请走到后面还有列的一列。',
    unequal: '化简为两项要求 α2 = α：请把两个滑块设为相同。',
    off: '这一化简属于 ResComp：请打开全部三项。',
    difference: (value) => `整个更新中的最大差异：${value}，即 float64 的舍入。`,
  },
  chapters,
};
