import type { Deed } from '../store/toasts';
import type { notes as englishNotes, place as englishPlace } from './note-words';
import type { Said } from './language/in-language';

export const place: Said<typeof englishPlace> = {
  notFound: '这个地址没有内容',
  notFoundText: (path) => `“${path}”不是工作室的页面。链接可能有误，或来自另一个版本。`,
  toLibrary: '打开模型库',
  loading: '正在加载页面…',
  notLoaded: '这个页面未能加载。请检查网络后重试；存储在这里的内容是安全的。',
};

const deeds: { readonly [Kind in Deed['kind']]: (deed: Extract<Deed, { kind: Kind }>) => string } = {
  'model-removed': ({ name }) => `已删除 ${name}。`,
  'run-removed': ({ name }) => `已删除 ${name} 的运行。`,
  'row-removed': ({ row }) => `已删除第 ${row + 1} 行。`,
  paper: ({ title, row }) => `第 ${row + 1} 行现在是 ${title}。`,
  'rows-added': ({ rows, behind }) => `已在第 ${behind + 1} 行之后添加 ${rows} 行。`,
  preset: () => '预设已取代原来的各行。',
  'recipe-replaced': ({ by }) => `${{ run: '运行', sample: '示例', link: '链接' }[by]}的配方已取代您的配方。`,
  'data-added': ({ file, model }) => `${file} 现在位于 ${model} 旁，并用于校准它。`,
};

export const notes: Said<typeof englishNotes> = {
  deed: (deed: Deed) => (deeds[deed.kind] as (deed: Deed) => string)(deed),
  undo: '撤销',
  undoOf: (deed) => `撤销：${deed}`,
};
