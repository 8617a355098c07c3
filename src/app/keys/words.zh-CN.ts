import type { Said } from '../language/in-language';
import type { keys as english } from './words';

export const keys: Said<typeof english> = {
  lead: '用 Tab、Enter 和方向键可以到达任何地方。下面这些键能做得更多。',
  key: '按键',
  does: '作用',
  groups: [
    {
      title: '任何地方',
      keys: [
        ['?', '显示本列表'],
        ['Ctrl+Z 或 Cmd+Z', '撤销配方的上一次修改，或恢复刚删除的内容'],
        ['Esc', '关闭已打开的内容'],
      ],
    },
    {
      title: '图表获得焦点时',
      keys: [
        ['左、右', '到下一层或下一块'],
        ['上、下', '到下一行'],
        ['Home、End、Page Up、Page Down', '到两端，或一次移动十处'],
        ['Enter', '固定数值'],
        ['S', '朗读摘要'],
        ['T', '打开表格'],
        ['O', '打开该点背后的内容（如果有）'],
      ],
    },
    {
      title: '工具栏或步骤列表中',
      keys: [
        ['方向键', '在其中移动；按 Tab 离开'],
        ['Home、End', '到第一个、到最后一个'],
      ],
    },
  ],
  single: '单键在图表和工具栏之外也有效（?）',
  singleHint: '如果语音输入或屏幕阅读器会误触这些键，请关闭此项。',
};
