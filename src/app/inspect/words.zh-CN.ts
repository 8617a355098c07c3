import type { Finding, HeaderWarning } from '../../worker/protocol';
import * as format from '../format';
import type { Said } from '../language/in-language';
import type { say as english } from './words';

type English = typeof english;

const n = format.integer;

/** The first few names, and how many more there are. */
const named = (names: readonly string[]) =>
  names.length <= 3 ? format.list(names) : `${names.slice(0, 3).join('、')} 及另外 ${n(names.length - 3)} 个`;

const LEFT: Said<English['left']> = {
  buffers: { tag: '缓冲区', why: '模型会根据其 config 重新生成的缓冲区：文件中的内容不会被使用。' },
  experts: { tag: '专家', why: '多个专家堆叠在一个张量中：工作室不知道哪些输入到达其中哪一个。' },
  routers: { tag: '路由', why: '它把词元分给各专家：体积小，其中的误差会把词元送错地方。' },
  'state matrices': { tag: '状态', why: '递推的参数，不是乘积中的因子。' },
  positions: { tag: '位置', why: '位置表：按行查找，不做乘法。' },
  'output heads': { tag: '输出头', why: '输出头：每个词元的概率直接由它得出，因此保持全精度。' },
  embeddings: { tag: '嵌入', why: '嵌入表：按行查找，不做乘法。' },
  biases: { tag: '偏置', why: '偏置：每个输出一个值，体积几乎可以忽略。' },
  norms: { tag: '归一化', why: '归一化的参数：每个通道一个值，其中的误差会进入后面的一切。' },
  convolutions: { tag: '卷积', why: '工作室不当作线性层处理的卷积。' },
  'kernels of three dimensions': { tag: '卷积核', why: '三维卷积核，工作室不当作线性层处理。' },
  'other tensors of three and more dimensions': { tag: '非矩阵', why: '三维及以上：不是与输入相乘的矩阵。' },
  'other vectors': { tag: '向量', why: '向量：体积几乎可以忽略。' },
  'small matrices': { tag: '过小', why: '行数或列数少于八的矩阵：不值得用网格。' },
  'other matrices': { tag: '非层', why: '不属于网络线性层的矩阵。' },
  'no floats': { tag: '非浮点', why: '其值是整数或编码：没有可舍入的内容。' },
  refused: { tag: '不运行', why: '没有运行会接受这个检查点；见顶部的说明。' },
  empty: { tag: '空', why: '它没有值。' },
};

const warning = (of: HeaderWarning): string => {
  switch (of.kind) {
    case 'tied':
      return `输出头就是 ${of.tensor} 本身（共享）：存储一次，使用两次，保持原样。`;
    case 'same bytes':
      return `${named(of.tensors)} 是文件中相同的字节。`;
    case 'empty':
      return `${named(of.tensors)} 没有值。`;
    case 'unreadable':
      return `${named(of.tensors)}：其类型 ${of.dtype} 把多个值打包在一起，因此只能显示形状和大小。`;
  }
};

const finding = (of: Finding): string => {
  switch (of.kind) {
    case 'not finite':
      return `${of.tensor} 含有 ${[...(of.nan > 0 ? [`${n(of.nan)} 个 NaN`] : []), ...(of.infinite > 0 ? [`${n(of.infinite)} 个无穷值`] : [])].join('和')}。`;
    case 'all zero':
      return `${of.tensor} 全是零。`;
    case 'zero columns':
      return `${of.tensor}：${n(of.of)} 列中有 ${n(of.columns)} 列全是零。`;
    case 'duplicates':
      return `${named(of.tensors)} 的值逐比特相同。`;
  }
};

export const say: Said<English> = {
  title: '检视',
  titleOf: (name) => `检视 ${name}`,
  lead: '查看任何检查点：其中的张量、张量的内容，以及运行会如何处理每一个。只读取显示的部分，因此许多 GB 的文件也能立即打开。',
  choose: '模型',
  chooseNone: '选择模型',
  notStored: (name) => `${name}（未保存）`,
  openFiles: '查看文件',
  openFolder: '查看文件夹',
  openHint: '文件在原处查看：不会存储，也不会上传。可拖到本页任意位置。',
  opening: '正在读取文件头…',
  library: '打开模型库',
  gone: '这里没有这个模型。',
  noTensor: (name) => `这个检查点没有名为 ${name} 的张量。`,
  recipe: '量化它',

  tree: '张量',
  whole: '整个文件',
  filter: '筛选',
  filterHint: '名称的一部分，或 re: 加正则表达式',
  filterFault: '这不是正则表达式。',
  kinds: { all: '全部', quantized: '量化', left: '保留' },
  kindsLabel: '显示哪些张量',
  dtype: '类型',
  anyDtype: '任何类型',
  shown: (shown, of) => (shown === of ? `${n(shown)} 个张量` : `${n(of)} 个张量中的 ${n(shown)} 个`),
  noneShown: '没有张量符合筛选条件。',
  outside: '块之外',
  quantized: '量化',
  quantizedWhy: '线性层的权重：运行会量化它。',
  shape: (shape) => (shape.length === 0 ? '标量' : shape.map(n).join(' × ')),
  leaf: (shape, dtype, values, bytes) => `${shape} · ${dtype} · ${values} · ${bytes}`,
  values: (count) => `${n(count)} 个值`,
  group: (tensors, bytes, quantized) =>
    `${n(tensors)} 个张量 · ${bytes}${quantized > 0 ? ` · ${n(quantized)} 个量化` : ''}`,
  left: LEFT,

  file: '文件',
  facts: {
    format: '格式',
    architecture: '架构',
    unknown: '未知',
    tensors: '张量',
    values: '值',
    size: '大小',
    files: '文件',
    ignored: '未使用',
  },
  metadata: '文件自带的说明',
  byType: '按类型',
  byKind: '运行如何处理',
  shareColumns: { name: '类型', kind: '张量种类', tensors: '张量', values: '值', bytes: '大小', share: '占比' },
  linear: '线性层：量化',
  leftKind: (tag) => `${tag}：保留`,
  warnings: '值得注意',
  noWarnings: '文件头中没有需要警告之处。',
  warning,
  check: '通读整个文件',
  checkText: (bytes) => `查找 NaN 和无穷值、全零的张量和列，以及重复存储的张量：读取全部 ${bytes}。`,
  checkRun: '通读',
  checkAgain: '重新通读',
  checkClean: (tensors, bytes) =>
    `已读完全部 ${n(tensors)} 个张量（${bytes}）：所有值都有限，没有全零的列，也没有重复存储的张量。`,
  checkDone: (findings) => `${n(findings)} 项发现：`,
  finding,
  moreFindings: (more) => `以及另外 ${n(more)} 项。`,
  stop: '停止',
  left_: '已停止。',
  progress: (share) => `已读取 ${share}`,

  asks: (values, bytes) => `这个张量有 ${values}（${bytes}）。计算其统计量需要全部读取两遍，可能要花一些时间。`,
  read: '读取',
  readAgain: '重新读取',
  reading: '正在读取张量…',
  unreadable: (dtype) => `其类型 ${dtype} 把多个值打包在一起，因此没有可显示的值。`,
  noValues: '这个张量没有值。',
  about: '关于这个张量',
  statistics: {
    shape: '形状',
    dtype: '类型',
    values: '值',
    size: '大小',
    file: '文件',
    least: '最小值',
    greatest: '最大值',
    mean: '平均值',
    rms: '均方根',
    deviation: '标准差',
    kurtosis: '峰度（正态为 3）',
    zeros: '零',
    nan: 'NaN',
    infinite: '无穷值',
    zeroColumns: '全零列',
    zeroRows: '全零行',
  },
  share: (count, share) => `${count}（${share}）`,
  asMatrix: (rows, cols) => `显示为 ${rows} 行 ${cols} 列的矩阵。`,

  histogram: '值的分布',
  histogramLine: '值',
  histogramAxis: '值',
  histogramY: '区间内的值数',
  scale: '刻度',
  scales: { linear: '线性', log: '对数' },
  bin: (from, to) => `${from} 至 ${to}`,
  histogramSummary: (count, bins, within, peak, ratio) =>
    `${count} 个有限值，分为 ${bins} 个等宽区间。其中 ${within} 在平均值的 3 个标准差以内；最大幅值为 ${peak}，是均方根的 ${ratio} 倍。`,

  columns: '逐列',
  columnsOf: '每列的',
  columnsMeasures: { peak: '最大幅值', kurtosis: '峰度' },
  columnsOrder: '排序',
  columnsOrders: { place: '按列', sorted: '从大到小' },
  columnAxis: '列',
  rankAxis: '列，从大到小',
  columnY: { peak: '幅值', kurtosis: '峰度（正态为 3）' },
  column: (first, last) => (first === last ? `列 ${first}` : `列 ${first} 至 ${last}`),
  rank: (first, last) => (first === last ? `按大小第 ${first}` : `按大小第 ${first} 至 ${last}`),
  columnsSummary: (peak, column, ratio, zero) =>
    `最大值为 ${peak}，在列 ${column}${ratio === null ? '' : `，是中位列的 ${ratio} 倍`}。${zero ? `${n(zero)} 列全是零。` : ''}多列共用的缩放因子由其中最大的一列决定。`,
  kurtosisSummary: (most, column, median) =>
    `尾部最重的是列 ${column}，峰度 ${most}；中位列为 ${median}，正态分布为 3。峰度大的列有少数值离得很远，够得着它们的缩放因子对其余的值就太粗。`,
  kurtosisNone: '没有一列的值有差异，因此没有峰度可言。',
  kurtosisBroken: '一列的有限值全相同的地方没有柱。',
  columnsBroken: '有 NaN 或无穷值的地方没有柱。',
  together: (width) => `每根柱是 ${width} 个相邻列中的最大者。`,

  map: '大值在哪里',
  mapHelp: (rows, cols) =>
    `每格是 ${rows} × ${cols} 个值的最大幅值：暗为小，亮为大。指向一格，或用方向键移动；点击或按 Enter 可查看其值。`,
  mapReader: '热图阅读器',
  mapSummary: (peak, place) => `最大值为 ${peak}，位于${place}。`,
  cell: (place, peak) => `${place}：${peak}`,
  cellPlace: (rows, cols) => `${rows}，${cols}`,
  rowsOf: (first, last) => (first === last ? `行 ${first}` : `行 ${first} 至 ${last}`),
  broken: 'NaN 或无穷值',

  table: '数值',
  tableText: '至多 64 × 64 个值的窗口，单独从文件读取。行和列从 0 开始计数。',
  showTable: '显示数值',
  row: '行',
  col: '列',
  go: '前往',
  copy: '复制为文本',
  copied: '已复制',
  window: (rows, cols) => `${rows}，${cols}`,
  earlier: { up: '前面的行', down: '后面的行', left: '前面的列', right: '后面的列' },

  against: '与另一个检查点比较',
  againstText: '哪些张量只在其中之一，哪些形状或类型不同，以及值相差多少。',
  againstChoose: '另一个检查点',
  compare: '比较',
  compareValues: '比较数值',
  compareValuesText: (bytes) => `读取两者中形状相同的所有张量（第一个为 ${bytes}）。`,
  close: '关闭',
  differences: '差异',
  differencesTable: (a, b) => `${a} 与 ${b} 比较`,
  differenceColumns: { tensor: '张量', is: '差异', relative: '相对', largest: '最大' },
  relativeHelp: '相对：‖A − B‖ / ‖A‖（Frobenius 范数）。最大：max |a − b|。',
  onlyHere: '仅在此处',
  onlyThere: (name) => `仅在 ${name}`,
  differentShape: (a, b) => `形状：${a} 与 ${b}`,
  differentType: (a, b) => `类型：${a} 与 ${b}`,
  sameBytes: '逐比特相同',
  sameValues: '值相同，存储方式不同',
  differentValues: (count) => `${count} 个不同`,
  brokenInOne: (count) => `${n(count)} 个值只在其中之一有限`,
  unread: '尚未比较',
  cannotCompare: '类型无法比较',
  headerSummary: (same, onlyA, onlyB, shape, dtype) =>
    [
      `${n(same)} 个张量名称和形状相同`,
      ...(onlyA > 0 ? [`${n(onlyA)} 个仅在此处`] : []),
      ...(onlyB > 0 ? [`${n(onlyB)} 个仅在另一个`] : []),
      ...(shape > 0 ? [`${n(shape)} 个形状不同`] : []),
      ...(dtype > 0 ? [`${n(dtype)} 个类型不同`] : []),
    ].join('，') + '。',
  valueSummary: (equal, different, worst) =>
    `${n(equal)} 个相同，${n(different)} 个不同${worst === null ? '' : `；相差最大：${worst}`}。`,
  hideEqual: '只显示不同的',
  nothingDiffers: '目前没有差异。',
  more: (count) => `还有 ${n(count)} 个未显示：请筛选第一个检查点的张量，或使用命令行的 inspect --against。`,
};
