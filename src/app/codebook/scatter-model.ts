/** What a codebook looks like in the plane of its first two values. */
import type { CodebookView } from '../../worker/protocol';
import type { Points, Scatter } from '../chart/scatter';
import { shadeColor } from './shade';
import { codebookWords } from './words';

const NO_POINTS: Points = { x: [], y: [] };

/** The sample of sub-vectors and the codewords of a book. */
export function codebookScatter(view: CodebookView): Scatter {
  const { dots, words: codewords, shades, dim } = view;
  const flat = dim === 1;
  const most = Math.max(1, codewords.count[0]);
  return {
    // Weights of one dimension are spread by their place in the sample: the same every time.
    dots: { x: dots.first, y: flat ? dots.first.map((_, i) => 2 * ((i * 0.618034) % 1) - 1) : dots.second },
    discs: {
      x: codewords.first,
      y: codewords.second,
      sizes: Array.from(codewords.count, (count) => Math.sqrt(count / most)),
      fills: Array.from(codewords.index, (index) => shadeColor(shades[index])),
    },
    from: null,
    xLabel: codebookWords.xAxis,
    yLabel: flat ? '' : codebookWords.yAxis,
    flat,
  };
}

/** Codewords on the move; both lists hold x₀ y₀ x₁ y₁ …. */
export function movingScatter(first: Float32Array | null, now: Float32Array): Scatter {
  const coordinate = (values: Float32Array, at: 0 | 1) => values.filter((_, i) => i % 2 === at);
  const pair = (values: Float32Array): Points => ({ x: coordinate(values, 0), y: coordinate(values, 1) });
  const discs = pair(now);
  return {
    dots: NO_POINTS,
    discs: { ...discs, sizes: Array.from(discs.x, () => 0.25), fills: null },
    from: first?.length === now.length ? pair(first) : null,
    xLabel: codebookWords.xAxis,
    yLabel: codebookWords.yAxis,
    flat: Array.from(discs.y).every((y) => y === 0),
  };
}
