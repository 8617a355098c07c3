import * as format from '../format';
import type { Said } from '../language/in-language';
import type { calibrationWords as english } from './calibration-words';

const n = format.integer;

export const calibrationWords: Said<typeof english> = {
  title: '校准数据好不好？',
  text: '查看数据给每一层带来了什么，并用数据的一半、四分之一……依次运行 GPTQ，看更多数据是否有帮助。耗时大约相当于几次短的运行。',
  ask: '查看校准数据',
  again: '重新查看',
  stop: '停止',
  left: '已停止。',
  busy: '正在查看校准数据…',
  progress: (share) => `已完成 ${share}`,
  outdated: '此后配方的数据已改变。',
  none: '这个网络未知，因此不做校准，也没有可查看的内容。',
  facts: {
    data: '数据',
    heldOut: '留出',
    tokens: { text: '词元', classification: '图像块', diffusion: '图像块' },
    vocabulary: '出现过的词表',
    known: '留出词元中出现过的',
  },
  windows: (windows, length) => `${n(windows)} 个窗口，每个 ${n(length)}`,
  vocabulary: (distinct, size, share) => `${size} 中的 ${distinct}（${share}）`,
  rank: (full, looked) =>
    looked === full
      ? `全部 ${n(looked)} 个阶段的海森矩阵都是满秩的：数据到达了其输入的每个方向。`
      : `${n(looked)} 个阶段中有 ${n(looked - full)} 个的海森矩阵不满秩：输入的某些方向没有任何词元经过，那里的结果只由阻尼决定。`,
  few: (stages) => `${n(stages)} 个阶段的输入数多于词元数，因此不可能满秩：更多或更长的窗口会有帮助。`,
  dead: (inputs, stages) => `${n(stages)} 个阶段中有 ${n(inputs)} 个输入在所有词元上都为零。`,
  notLooked: (stages) => `${n(stages)} 个阶段的输入太多，无法在此分解：只列出其词元数和输入数。`,

  stages: '各阶段（表格）',
  stagesTable: '各阶段的海森矩阵',
  columns: {
    stage: '阶段',
    inputs: '输入',
    tokens: '词元',
    rank: '秩',
    condition: '条件数',
    damped: '加阻尼后',
    dead: '恒零输入',
  },
  conditionHelp: '条件数：H = XᵀX 的最大特征值除以最小特征值，为估计值；加阻尼后：加上对角线均值的 1%。',
  singular: '奇异',

  curve: '误差随校准窗口数的变化',
  curveMethod: (bits) => `GPTQ ${n(bits)} 比特`,
  curveBaseline: (bits) => `RTN ${n(bits)} 比特，不需要数据`,
  curveAxis: '校准窗口',
  curveY: '平均留出误差',
  curvePlace: (windows, tokens) => `${n(windows)} 个窗口，${n(tokens)} 行`,
  curveSummary: (from, to, change) => {
    const share = format.fineShare(Math.abs(change));
    const how = Math.abs(change) < 0.01 ? '变化不到 1%' : change < 0 ? `下降 ${share}` : `上升 ${share}`;
    const advice =
      change < -0.01
        ? '它仍在下降：更多窗口也许有帮助。'
        : change > 0.01
          ? '它没有下降：更长或不同的文本，或更大的阻尼，可能比增加同类数据更有帮助。'
          : '再增加同类数据，变化不大。';
    return `从 ${from} 个窗口到 ${to} 个，平均留出误差${how}。${advice}`;
  },
  curveShort: '只有一种校准集大小，看不出趋势。',
};
