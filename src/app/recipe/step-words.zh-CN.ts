import type { Said } from '../language/in-language';
import type {
  ablationWords as englishAblation,
  paperWords as englishPaper,
  stepWords as englishStep,
} from './step-words';

export const stepWords: Said<typeof englishStep> = {
  slots: {
    transform: '变换',
    allocate: '逐层分配比特',
    activations: '激活值',
    attention: '注意力与缓存',
    weigh: '词元加权',
    split: '单独保留的部分',
    weights: '权重',
    correct: '修正',
  },
  needs: {
    nothing: '不需要：在任何数据之前起作用。',
    stage: '该行自己的校准流，随各阶段到来。',
    block: '通过每个块的全精度流，在该块量化之前。',
    network: '单独通过整个网络一遍。',
  },
  steps: (row) => `第 ${row} 行的步骤`,
  keys: '方向键在步骤间移动，Enter 打开，Delete 移除，Alt 加方向键在同类中移动。',
  chip: (slot, text, faulty) => `${text}，${slot}${faulty ? '，有错误' : ''}`,
  options: (title) => `${title} 的选项`,
  noOptions: '它没有选项。',
  add: (row) => `给第 ${row} 行添加步骤`,
  addMenu: '步骤，按种类',
  replaces: (slot, title) => `${slot}，取代 ${title}`,
  thereAlready: '该行已有这一步骤，而且这一类只能有一个。',
  full: (most) => `一行最多 ${most} 个步骤。`,
  before: '提前',
  after: '推后',
  removeStep: (title) => `移除 ${title}`,
  remove: '移除',
  lastStep: '一行至少要有一个步骤。',
  unnamed: '名称（可选）',
  name: (row) => `第 ${row} 行的名称`,
  ownExport: '不能普通导出',
  ownExportHelp: '其中有步骤在网络运行时起作用：普通检查点无法表达。',
  after_: (paper) => `依照 ${paper}`,
  added: (title, row) => `已把 ${title} 添加到第 ${row} 行。`,
  removed: (title, row) => `已从第 ${row} 行移除 ${title}。`,
  moved: (title, at, of) => `${title} 现在是第 ${at} 步，共 ${of} 步。`,
};

export const paperWords: Said<typeof englishPaper> = {
  open: '取自论文…',
  title: '论文中的系统',
  lead: '每个系统是一行步骤，之后可以修改。与论文相比省略了什么，写在它下面。',
  search: '按名称或步骤种类搜索',
  where: '放在哪里',
  newRow: '新的一行',
  inPlaceOf: (row) => `取代第 ${row} 行`,
  only: (model) => `只显示适用于 ${model} 的`,
  found: (n) => `${n} 篇论文`,
  use: '使用',
  add: (title) => `把 ${title} 作为新的一行`,
  set: (title, row) => `用 ${title} 取代第 ${row} 行`,
};

export const ablationWords: Said<typeof englishAblation> = {
  menu: (row) => `第 ${row} 行的更多操作`,
  without: (n) => `添加逐一去掉各步骤的行：${n} 行`,
  ladder: (n) => `添加逐步累加的各行：${n} 行`,
  noRoom: (room) => (room === 0 ? '放不下更多的行了。' : `只能再放 ${room} 行。`),
};
