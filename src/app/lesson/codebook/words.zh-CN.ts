import type { Said } from '../../language/in-language';
import type { codebookWords as english } from './words';

type English = typeof english;

const chapters: Said<English['chapters']> = [
  {
    title: '成对的权重是点',
    text: [
      '网格一次舍入一个权重，码本则一次处理几个：这里是同一行中相邻的两个，它们是平面上的一个点。存储的是码字的编号；码字是少数几个点，用来代表所有的点。',
      '有 16 个码字时，编号占 4 比特，即每个权重 2 比特，而码字可以放在权重所在的任何地方。',
    ],
    question: '对两个权重各用 2 比特的网格，也得到 16 个点。码本能做到而它做不到的是什么？',
    answers: [
      { text: '有更多的点', why: '同样多的比特，只能给同样多的点编号。' },
      {
        text: '把点放在任何位置，在权重对密集处放得更多',
        why: '网格的 16 个点是 4 × 4 的格点，四角也有，而那里几乎没有权重对。',
      },
      { text: '无误差地存储权重', why: '权重对与其码字有差别，正如权重与其量化级有差别。' },
    ],
    right: 1,
  },
  {
    title: 'k-means 移动码字',
    text: [
      '两个半步反复进行：每个权重对归到最近的码字，每个码字移到其权重对的中心。两者都不会使误差变大，所以它终会停下。',
      '逐步观看，并改变码字的个数。',
    ],
    question: '停下时的码本就是最好的码本吗？',
    answers: [
      { text: '是，误差不能再下降了', why: '用这两个半步不能再下降。换一个起点，可能停在更低处。' },
      { text: '不一定：取决于起点', why: 'k-means 找到的是两个半步都无法再下降的地方；这样的地方有很多。' },
      { text: '是，无论从哪里开始', why: '不同的起点确实会停在不同的误差上。' },
    ],
    right: 1,
  },
  {
    title: 'GPTVQ：列与码字',
    text: [
      '重要的是输出，而且与 GPTQ 一样，后面的列可以接过误差。GPTVQ 每次处理矩阵的两列：在这两列的度量 |(w − c) U_PP^−1|^2 下选最近的码字，剩下的误差去移动后面的列。',
      '有标记的编号，是并非平面上最近的码字。',
    ],
    question: '为什么不总是选平面上最近的码字？',
    answers: [
      {
        text: '两列之一的误差对输出的代价可能比另一列大，或者更容易弥补',
        why: '这正是 U_PP 对这一对权重所说明的。',
      },
      { text: '它已被占用', why: '一个码字可以代表任意多个权重对。' },
      { text: '为了节省比特', why: '每个编号占用的比特相同。' },
    ],
    right: 0,
  },
  {
    title: 'VQ4DiT：候选与比例',
    text: [
      '附近的码字中哪个合适，要由输出来回答。VQ4DiT 让每个权重对保留几个候选，按比例混合；比例最初与 1/距离 成正比，然后训练这些比例，直到其中一个占据全部而可以冻结。',
      '这里的损失是这一层自己的，并且趋向单一候选的拉力逐步增强；论文的损失是整个网络沿其自身采样过程的损失。混合可以比任何单个码字更接近：请看比例定型时损失又如何上升。',
    ],
    question: '为什么不直接训练码字的编号？',
    answers: [
      { text: '编号没有梯度', why: '比例可以改变一点点，损失会指出方向。编号只能跳变。' },
      { text: '编号太多', why: '比例比编号还多。' },
      { text: '存储它们的比特太少', why: '训练时，什么都不必小。' },
    ],
    right: 0,
  },
  {
    title: 'SSVQ：符号分开',
    text: [
      '权重分布在零的两侧，数量大致相等。SSVQ 给每个权重存一个符号比特，码本只需要幅值所在的象限。用 4 个幅值码字加两个符号比特，一对权重的代价与 16 个码字相同。',
      '符号可以学习：符号翻转的权重会到其码字的镜像处，而共用码字的梯度不可能只为它这样做。',
    ],
    question: '4 个幅值和两个符号能代表多少种不同的权重对？',
    answers: [
      { text: '4 种', why: '这没有算符号。' },
      { text: '8 种', why: '两个符号是四种选择，不是两种。' },
      { text: '16 种', why: '四个幅值，各在四个象限：与 16 个码字一样多，只是互为镜像。' },
    ],
    right: 2,
  },
  {
    title: '多个网络共用一个码本',
    text: [
      '码字也要占比特。不同网络的权重，各自除以自身的大小之后，看起来很相像；所以一个码本可以供它们共用，甚至一开始就放进硬件。这就是 VQ4ALL 的想法。',
      '这里是三个示例中同一层的权重对，分别用各自的码本和共用的码本。',
    ],
    question: '共用码本节省了什么？',
    answers: [
      { text: '索引的比特', why: '每个权重对仍然需要其码字的编号。' },
      { text: '码字：每增加一个网络就省一份', why: '网络很多时，码字所占的份额趋于零。' },
      { text: '训练', why: '索引或比例仍然属于每个网络自己。' },
    ],
    right: 1,
  },
  {
    title: '要付出多少',
    text: [
      '账目里没有免费的东西：索引、符号，以及码字本身，其中每个数 16 比特。对小矩阵来说，码本与索引一样重；对大矩阵来说，它几乎不计。',
      '工作室为每次运行的每一行列出这份账目。',
    ],
    question: '为 32 × 32 的矩阵，按对使用 256 个码字的码本。问题在哪里？',
    answers: [
      { text: '它的编号放不进 8 比特', why: '256 个编号正好是 8 比特。' },
      {
        text: '它的 256 · 2 · 16 比特摊到每个权重是 8 比特，比其余的总和还多',
        why: '512 对权重几乎不需要 256 个码字；合理的 K 由矩阵的大小决定。',
      },
      { text: '没有问题，码字越多越好', why: '误差会下降；但只要增加比特，误差总会下降。' },
    ],
    right: 1,
  },
];

export const codebookWords: Said<English> = {
  title: '什么是码本？',
  source: (layer, model) =>
    `取自示例 ${model} 的 ${layer}：前 32 行和前 32 个输入，共 512 对权重。第 3 章和第 4 章取其中 8 行、16 个输入及其词元；取哪些由种子决定。`,
  plane: {
    caption: '每对相邻的权重是一个点',
    spokes: '每对权重有一条线连到它的码字',
    magnitudes: '每对权重，去掉符号',
    table: '码字',
    columns: { codeword: '码字', x: '第一个权重', y: '第二个权重', pairs: '权重对' },
  },
  says: {
    points: (pairs, bits) => `${pairs} 对权重。用 ${bits} 的码本，每一对用一个编号来表示。`,
    start: (error) => `起点：码字取自权重对，从内到外。误差 ${error}。`,
    assign: (changed, error) =>
      changed === 0 ? `没有一对改变码字：到此结束。误差 ${error}。` : `${changed} 对改到更近的码字。误差 ${error}。`,
    move: (moved, error) => `${moved} 个码字移到其权重对的中心。误差 ${error}。`,
    error: '误差：所有权重对的 Σ |v − c|²，占 Σ |v|² 的比例。',
    columnsStart: '还没有编码任何列。',
    columns: (first, second, otherwise, rows) =>
      `列 ${first} 和列 ${second} 已编码。${rows} 行中有 ${otherwise} 行的码字不是平面上最近的那个。`,
    columnsError: (here, plain) => `所有列编码后的输出误差：${here}；若每对取最近的码字、其余不动：${plain}。`,
    ratios: (step, loss, frozen, nearest) =>
      `${step} 步之后，这一层自己的损失为 ${loss}，${frozen} 的权重对已定于一个码字。若每对只取最近的码字，损失为 ${nearest}。`,
    signs: (split, splitWords, plain, plainWords) =>
      `每个权重一个符号比特，加 ${splitWords} 个幅值：误差 ${split}。${plainWords} 个带符号的码字，每对的比特数相同：误差 ${plain}。`,
  },
  columns: {
    grid: '矩阵，每次两列',
    column: (n) => `列 ${n}`,
    row: (n) => `行 ${n}`,
    w: '当前的 W：已编码处为码字',
    codes: '码字的编号',
    cell: (band, row, column, value) => `${band}，行 ${row}，列 ${column}，${value}`,
    otherwise: (text) => `${text}，不是平面上最近的`,
    empty: '尚无',
  },
  ratios: {
    caption: '第一行各权重对的候选及其比例',
    pair: '权重对',
    candidate: (n) => `候选 ${n}`,
    cell: (codeword, ratio) => `${codeword} 号：${ratio}`,
  },
  shared: {
    caption: (k) => `${k} 个码字：各用一个码本，与共用一个码本`,
    columns: { network: '网络', pairs: '权重对', own: '误差，自己的码本', common: '误差，共用的码本' },
    bits: (own, common) => `每个网络各有码本时，码本占每权重 ${own} 比特；三个共用一个时，占 ${common}。`,
  },
  bits: {
    caption: '每权重比特数，逐项列出',
    columns: { matrix: '矩阵', indices: '索引', signs: '符号', codebook: '码本', total: '合计' },
    matrix: (n) => `${n} × ${n}`,
    plain: (k) => `${k} 个码字`,
    signs: (k) => `${k} 个幅值加符号`,
  },
  settings: { title: '设置', codewords: '码字数', seed: '下一个种子' },
  chapters,
};
