/**
 * How a method's line looks: colour in both themes, dash, marker, width. Colours were found by annealing in OKLCH for the largest
 * worst-pair distance under normal and colour-deficient vision, at ≥ 3:1 on both surfaces; the dark ones are tuned separately, not
 * inverted. Colour is never the only channel: every style has its own pair of dash and marker.
 */
import { levelsOf, settingsOf, type LabelledRow, type Setting } from './settings';

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
  adaround: style('#0B6E4F', '#5FD3A5', [], 'triangle-up'),
  autoround: style('#C2410C', '#FDBA74', [6, 3], 'diamond'),
  block_ap: style('#1E6091', '#7CC4F2', [2, 3], 'hexagon'),
  omniquant: style('#7A5C00', '#D9C46B', [8, 3, 2, 3], 'cross'),
  lsq: style('#A11D5E', '#F5A3C7', [6, 3], 'star'),
  serial_to_parallel: style('#00596B', '#8BE0F2', [], 'pentagon'),
};

/** For methods that this version does not know. */
export const SPARE_STYLES: readonly LineStyle[] = [
  style('#3C0C52', '#F4FE2B', [6, 3], 'circle'),
  style('#090128', '#C27619', [8, 3, 2, 3], 'square'),
];

/** Of settings, told apart at a glance from each other. */
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [12, 3, 2, 3]];
/** Of one method's settings; with the dashes, twenty rows. */
const MOST_MARKERS = 5;
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

/** What a dash or a marker says of the rows that have it. */
export interface Meaning {
  readonly channel: 'dash' | 'marker';
  /** Of whose rows; null: of all methods with several. */
  readonly method: string | null;
  readonly entries: readonly { readonly style: LineStyle; readonly text: string }[];
}

interface Looks {
  readonly styles: readonly LineStyle[];
  readonly meanings: readonly Meaning[];
}

/** The styles of a run's rows, in the rows' order. */
export function assignStyles(rows: readonly LabelledRow[]): readonly LineStyle[] {
  return looksOf(rows).styles;
}

/**
 * Colour means the method: all its rows have it. A method's only row looks as the method does. Where a method has several, dash and marker
 * mean what they differ in (settings.ts): the same dash is the same setting in every colour, and where a second thing differs it is the
 * marker, which is the method's own for the first of its settings. No two rows share dash and marker, whatever their colours, so that
 * they are told apart without. Past four settings of the one or five of the other the pairs are given out in order and mean nothing by
 * themselves; past all pairs lightness tells rows apart.
 */
export function looksOf(rows: readonly LabelledRow[]): Looks {
  const own = ownStyles(rows);
  const settings = settingsOf(rows);
  const alone = rows.flatMap(({ method }, i) => (settings[i] === null ? [own.get(method) ?? METHOD_STYLES.rtn] : []));
  const several = rows.flatMap(({ method }, i): Several[] => {
    const setting = settings[i];
    return setting ? [{ row: i, method, own: own.get(method) ?? METHOD_STYLES.rtn, setting }] : [];
  });
  const found = byMeaning(several, alone) ?? { styles: inOrder(several, alone), meanings: [] };
  return {
    styles: rows.map(({ method }, i) => found.styles.get(i) ?? own.get(method) ?? METHOD_STYLES.rtn),
    meanings: found.meanings,
  };
}

/** A row whose method has others. */
interface Several {
  readonly row: number;
  readonly method: string;
  readonly own: LineStyle;
  readonly setting: Setting;
}

/** By method; unknown ones have colours that nobody has. */
function ownStyles(rows: readonly LabelledRow[]): ReadonlyMap<string, LineStyle> {
  const names = [...new Set(rows.map(({ method }) => method))];
  const spare = [
    ...SPARE_STYLES,
    ...Object.values(METHOD_STYLES).filter((one) => !names.some((id) => styleOf(id) === one)),
  ];
  return new Map(names.map((id) => [id, styleOf(id) ?? spare.shift() ?? METHOD_STYLES.rtn]));
}

function styleOf(method: string): LineStyle | undefined {
  return Object.hasOwn(METHOD_STYLES, method) ? METHOD_STYLES[method] : undefined;
}

/** Null where there are more settings than dashes and markers that mean one each. */
function byMeaning(
  several: readonly Several[],
  alone: readonly LineStyle[],
): { styles: ReadonlyMap<number, LineStyle>; meanings: readonly Meaning[] } | null {
  const sized = new Set(several.map(({ setting }) => setting.size)).size > 1;
  const first = (one: Several) => (sized ? one.setting.size : one.setting.rest);
  const second = (one: Several) => (sized ? one.setting.rest : '');
  const dashes = levelsOf(several.map(first));
  if (dashes.length > DASHES.length) return null;
  const methods = [...new Set(several.map(({ method }) => method))];
  const taken = new Set(alone.map(({ marker }) => marker));
  const styles = new Map<number, LineStyle>();
  const meanings: Meaning[] = [];
  // Own markers first, so that no method takes another's.
  const owns = new Set(several.map(({ own }) => own.marker));
  for (const method of methods) {
    const rows = several.filter((one) => one.method === method);
    const [{ own }] = rows;
    const levels = levelsOf(rows.map(second));
    const markers = [own.marker, ...MARKERS.filter((marker) => !owns.has(marker))].filter((one) => !taken.has(one));
    if (levels.length > Math.min(markers.length, MOST_MARKERS)) return null;
    for (const one of rows) {
      const marker = markers[levels.indexOf(second(one))];
      taken.add(marker);
      styles.set(one.row, { ...own, dash: DASHES[dashes.indexOf(first(one))], marker });
    }
    if (levels.length > 1) {
      const entries = levels.map((text, i) => ({ text, style: { ...own, dash: [], marker: markers[i] } }));
      meanings.push({ channel: 'marker', method, entries });
    }
  }
  if (new Set([...styles.values()].map(lookOf)).size < styles.size) return null;
  const plain = { ...METHOD_STYLES.rtn, marker: 'none', width: 1.75 } as const;
  const dashed = dashes.map((text, i) => ({ text, style: { ...plain, dash: DASHES[i] } }));
  return {
    styles,
    meanings: dashes.length > 1 ? [{ channel: 'dash', method: null, entries: dashed }, ...meanings] : meanings,
  };
}

/** Pairs of dash and marker in the order of the settings, none twice while there are any; then lighter and darker. */
function inOrder(several: readonly Several[], alone: readonly LineStyle[]): ReadonlyMap<number, LineStyle> {
  const taken = new Set(alone.map(lookOf));
  const styles = new Map<number, LineStyle>();
  const keyOf = ({ setting }: Several) => `${setting.size} ${setting.rest}`;
  for (const method of new Set(several.map((one) => one.method))) {
    const rows = several.filter((one) => one.method === method);
    const ordered = levelsOf(rows.map(keyOf)).flatMap((key) => rows.filter((one) => keyOf(one) === key));
    const [{ own }] = rows;
    const markers = [own.marker, ...MARKERS.filter((one) => one !== own.marker)];
    const pairs = markers.flatMap((marker) => DASHES.map((dash) => ({ ...own, dash, marker })));
    const free = pairs.filter((one) => !taken.has(lookOf(one))).slice(0, MOST_MARKERS * DASHES.length);
    const usable = free.length > 0 ? free : pairs;
    ordered.forEach((one, i) => {
      const style = usable[i % usable.length];
      taken.add(lookOf(style));
      styles.set(one.row, toned(style, Math.floor(i / usable.length)));
    });
  }
  return styles;
}

/** Towards the ink of each theme, by a quarter a step: it is only the more legible. */
function toned(line: LineStyle, steps: number): LineStyle {
  if (steps === 0) return line;
  const share = 1 - 0.75 ** steps;
  return { ...line, light: mixed(line.light, 0x00, share), dark: mixed(line.dark, 0xff, share) };
}

function mixed(hex: string, ink: number, share: number): string {
  const part = (at: number) => {
    const value = parseInt(hex.slice(at, at + 2), 16);
    return Math.round(value + (ink - value) * share).toString(16);
  };
  return `#${[1, 3, 5].map((at) => part(at).padStart(2, '0')).join('')}`.toUpperCase();
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
