import type { Said } from '../language/in-language';
import type {
  compareViewWords as englishView,
  figureFileWords as englishFiles,
  sampleWords as englishSamples,
} from './words';

export const compareViewWords: Said<typeof englishView> = {
  whyRatio: (baseline, near, pairs) =>
    `显示为与 ${baseline} 之比：在绝对误差的坐标轴上，${pairs} 对相邻的点中有 ${near} 对会重叠。“绝对值”可显示原值。`,
};

export const figureFileWords: Said<typeof englishFiles> = {
  groups: { chart: '这张图，按当前样子', table: '表格', all: '全部' },
  files: {
    svg: '图（SVG），可在此重新打开',
    png: '图（PNG），可在此重新打开',
    pgfplots: 'LaTeX 用图（pgfplots）',
    points: '图中的点（CSV）',
    latex: 'LaTeX（booktabs）',
    markdown: 'Markdown',
    csv: '表格数据（CSV）',
    bibtex: '引用文献（BibTeX）',
    html: '报告（HTML），可在此重新打开',
    'heat-svg': 'SVG',
    'heat-points': 'CSV',
    'pareto-svg': 'SVG',
    'pareto-pgfplots': 'pgfplots',
    'pareto-points': 'CSV',
    layers: '误差（CSV）',
    results: '结果（JSON）',
    zip: '全部（ZIP），不含权重',
  },
  withWeights: (row) => `全部（ZIP），含 ${row} 的权重`,
  ofView: '下载这个视图：SVG 和 PNG 可在此重新打开',
  viewPng: 'PNG',
  noPicture: '这个浏览器无法把图画成 PNG。SVG 的内容相同。',
};

export const sampleWords: Said<typeof englishSamples> = {
  difference: '显示差异',
  differenceHint: '各行显示与全精度的差异：一致处为中灰，更亮处更浅，放大四倍显示。',
  zoom: '缩放',
  zoomed: (times) => `${times} 倍`,
};
