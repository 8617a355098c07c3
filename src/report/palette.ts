/**
 * How a method's line looks: colour in both themes, dash, marker, width. Colours were found by annealing in OKLCH for the largest
 * worst-pair distance under normal and colour-deficient vision, at ≥ 3:1 on both surfaces; the dark ones are tuned separately, not
 * inverted. Colour is never the only channel: every style has its own pair of dash and marker.
 */
export interface LineStyle {
  readonly light: string;
  readonly dark: string;
  /** Lengths of strokes and gaps; empty is solid. */
  readonly dash: readonly number[];
  readonly marker: Marker;
  readonly width: number;
}

export type Marker =
  | 'none'
  | 'circle'
  | 'square'
  | 'diamond'
  | 'cross'
  | 'triangle-up'
  | 'triangle-down'
  | 'pentagon'
  | 'star'
  | 'hexagon';

const style = (light: string, dark: string, dash: readonly number[], marker: Marker, width = 1.75): LineStyle => ({
  light,
  dark,
  dash,
  marker,
  width,
});

/** Methods with a colour of their own. A method that is not here takes a spare one. */
export const METHOD_STYLES: Readonly<Record<string, LineStyle>> = {
  rtn: style('#868C96', '#7C8694', [1.5, 3], 'none', 1.5),
  gptq: style('#233196', '#1D75EA', [], 'circle'),
  gptaq: style('#149DA7', '#40B9B9', [6, 3], 'square'),
  rescomp: style('#B53F1D', '#F9826B', [], 'diamond', 2.75),
  gptq_r: style('#9D57EC', '#B897FB', [8, 3, 2, 3], 'triangle-up'),
  shift: style('#3F805A', '#C0F4B4', [6, 3], 'pentagon'),
  kmeans: style('#B18418', '#F8C006', [], 'triangle-down'),
  gptvq: style('#E74E8A', '#C64E8A', [2, 3], 'star'),
  vq4dit: style('#6C02D2', '#C10DBB', [], 'square'),
  ssvq: style('#5B5B5B', '#E3E3E3', [2, 3], 'cross'),
  vimvq: style('#96489C', '#AAC8FD', [2, 3], 'circle'),
  vq4all: style('#432C14', '#866754', [8, 3, 2, 3], 'hexagon'),
};

/** For methods that this version does not know. */
export const SPARE_STYLES: readonly LineStyle[] = [
  style('#3C0C52', '#F4FE2B', [6, 3], 'diamond'),
  style('#090128', '#C27619', [8, 3, 2, 3], 'cross'),
];

/** Dashes for further rows of a method, told apart at a glance from each other. */
const DASHES: readonly (readonly number[])[] = [[6, 3], [2, 3], [], [12, 3, 2, 3], [14, 5], [8, 3, 2, 3], [1.5, 3]];
const MARKERS: readonly Marker[] = [
  'circle',
  'square',
  'diamond',
  'cross',
  'triangle-up',
  'triangle-down',
  'pentagon',
  'star',
  'hexagon',
];

/**
 * The styles of a run's rows, in the rows' order. Colour means the method: all its rows have it, and further ones differ by dash and,
 * once those are used up, by marker. No two rows have the same pair of dash and marker.
 */
export function assignStyles(methods: readonly string[]): LineStyle[] {
  const names = [...new Set(methods)];
  const spare = [
    ...SPARE_STYLES,
    ...Object.values(METHOD_STYLES).filter((one) => !names.some((id) => METHOD_STYLES[id] === one)),
  ];
  const own = new Map(names.map((id) => [id, METHOD_STYLES[id] ?? spare.shift() ?? METHOD_STYLES.rtn]));
  const taken = new Set([...own.values()].map(lookOf));
  return methods.map((method, i) => {
    const first = own.get(method) ?? METHOD_STYLES.rtn;
    return methods.indexOf(method) === i ? first : variantOf(first, taken);
  });
}

/** The method's line with a dash, or dash and marker, that nobody has. */
function variantOf(first: LineStyle, taken: Set<string>): LineStyle {
  // A baseline without markers keeps without, as long as dashes last.
  const markers = [first.marker, ...MARKERS.filter((marker) => marker !== first.marker)];
  for (const marker of markers) {
    for (const dash of DASHES) {
      const candidate = { ...first, dash, marker };
      if (taken.has(lookOf(candidate))) continue;
      taken.add(lookOf(candidate));
      return candidate;
    }
  }
  return first;
}

function lookOf({ dash, marker }: LineStyle): string {
  return `${dash.join(' ')} ${marker}`;
}

/** The dash as SVG and Plotly write it. */
export function dashOf(line: LineStyle, unit: string): string {
  return line.dash.length === 0 ? 'solid' : line.dash.map((length) => `${length}${unit}`).join(',');
}

/** Outlines of the markers in a square of side 2 around the origin; a circle is drawn as one. */
export const MARKER_PATHS: Readonly<Record<Exclude<Marker, 'none' | 'circle'>, string>> = {
  square: 'M-.85-.85H.85V.85H-.85Z',
  diamond: 'M0-1.15 1.15 0 0 1.15-1.15 0Z',
  cross: 'M-.35-1H.35V-.35H1V.35H.35V1H-.35V.35H-1V-.35H-.35Z',
  'triangle-up': 'M0-1.1 1.05.8H-1.05Z',
  'triangle-down': 'M0 1.1 1.05-.8H-1.05Z',
  pentagon: polygon(5, 1.1),
  hexagon: polygon(6, 1.1),
  star: polygon(10, 1.25, 0.5),
};

function polygon(corners: number, radius: number, inner = radius): string {
  const at = (i: number) => {
    const angle = (i / corners) * 2 * Math.PI - Math.PI / 2;
    const r = i % 2 === 1 ? inner : radius;
    return `${(r * Math.cos(angle)).toFixed(3)} ${(r * Math.sin(angle)).toFixed(3)}`;
  };
  return `M${Array.from({ length: corners }, (_, i) => at(i)).join('L')}Z`;
}
