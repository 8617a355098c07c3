/** The words of the list of keys. */
import { inLanguage } from '../language/in-language';

export const keys = {
  lead: 'Everything can be reached with Tab, Enter and the arrow keys. These keys do more.',
  key: 'Key',
  does: 'What it does',
  groups: [
    {
      title: 'Everywhere',
      keys: [
        ['?', 'Shows this list'],
        ['Ctrl+Z or Cmd+Z', 'Takes back the last change of the recipe, or what was just deleted'],
        ['Esc', 'Closes what is open'],
      ],
    },
    {
      title: 'In a chart, while it has the focus',
      keys: [
        ['Left, Right', 'To the next layer or block'],
        ['Up, Down', 'To the next row'],
        ['Home, End, Page Up, Page Down', 'To the ends, or ten places on'],
        ['Enter', 'Pins the values'],
        ['S', 'Says the summary'],
        ['T', 'Opens the table'],
        ['O', 'Opens what is behind the point, where there is something'],
      ],
    },
    {
      title: 'In a toolbar or a list of steps',
      keys: [
        ['Arrow keys', 'Move inside; Tab goes on'],
        ['Home, End', 'To the first, to the last'],
      ],
    },
  ] as readonly { readonly title: string; readonly keys: readonly (readonly [string, string])[] }[],
  single: 'Single keys work outside of charts and toolbars (?)',
  singleHint: 'Turn this off where dictation or a screen reader presses them by accident.',
};

await inLanguage({ keys }, { 'zh-CN': () => import('./words.zh-CN') });
