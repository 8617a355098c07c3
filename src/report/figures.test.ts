/** Figures for papers: that they draw the chart's values, hold no name that is more than text, stay small, and carry the result. */
import { zlibSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { fakeDiffusionResult, fakePlan, fakeResult } from '../app/testing/fake-figures';
import { precomputed } from '../app/precomputed';
import { toBase64 } from '../base/base64';
import type { RunResult } from '../run/events';
import { resultsText } from '../run/figure-files';
import { encodePng } from '../run/png';
import { drawingOf } from './drawing';
import { drawingCsv } from './drawing-csv';
import { bucketOf, heatDrawing, heatSvg, runsOf } from './drawing-heat';
import { paretoDrawing } from './drawing-pareto';
import { drawingPgfplots } from './drawing-pgfplots';
import { drawingSvg } from './drawing-svg';
import { carriedText, carrierOf, pngWithResult, svgMetadata } from './embedded';
import { FIGURE_FILES, FIGURE_FORMATS } from './files';
import { seriesOf } from './series';
import { hostileResult } from './testing';

const SHOWN = { metric: 'heldOutOutput', scale: 'absolute' } as const;
const RATIO = { metric: 'heldOutOutput', scale: 'ratio' } as const;
const DIFFERENCE = { metric: 'heldOutOutput', scale: 'difference' } as const;
const result = fakeResult();
const bytes = (text: string) => new TextEncoder().encode(text);
const svgOf = (one: RunResult) => FIGURE_FILES.svg.text(one, SHOWN);

/** Tags that open and close in order: what any reader of XML asks first. */
function expectWellFormed(xml: string): void {
  const open: string[] = [];
  for (const [, close, name, self] of xml.matchAll(/<(\/?)([a-zA-Z:][\w:]*)(?:\s+[\w:-]+="[^"<]*")*\s*(\/?)>/g)) {
    if (close) expect(open.pop()).toBe(name);
    else if (!self) open.push(name);
  }
  expect(open).toEqual([]);
  const text = xml.replaceAll(/<\/?[a-zA-Z:][\w:]*(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/g, '');
  expect(text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;|#39;)/);
}

describe('what is drawn', () => {
  it('is the chart’s values, all of them as CSV, as shown and in full', () => {
    const text = drawingCsv(drawingOf(result, SHOWN));
    const lines = text
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    const points = seriesOf(result, 'heldOutOutput').flatMap((one) => one.points);
    expect(lines).toHaveLength(points.length);
    lines.forEach((line, i) => {
      expect(Number(line.at(-2))).toBe(Number(points[i].y.toPrecision(9)));
      expect(Number(line.at(-3))).toBe(Number(points[i].y.toPrecision(3)));
    });
  });

  it('may be differences to the baseline, around zero, with their sign in every file', () => {
    const drawing = drawingOf(result, DIFFERENCE);
    expect(drawing).toMatchObject({ log: false });
    expect(drawing.yLabel).toContain('less that of RTN');
    expect(drawing.y[0]).toBeLessThan(0);
    expect(drawing.yTicks.map(({ text }) => text)).toContain('0');
    const [base, row] = seriesOf(result, 'heldOutOutput');
    const [drawn] = drawing.lines.filter((line) => line.row === row.row);
    expect(drawn.points.map(({ y }) => y)).toEqual(row.points.map(({ y }, i) => y - base.points[i].y));
    const [, first] = drawingCsv(drawing).split('\n');
    expect(first).toMatch(/,0,0,done$/);
    expect(drawingCsv(drawing)).toMatch(/,-[\d.e-]+,-[\d.e-]+,done/);
    expect(drawingPgfplots(drawing)).not.toContain('ymode=log');
    const carried = carriedText(bytes(FIGURE_FILES.svg.text(result, DIFFERENCE)), 'markup');
    expect(carried).toBe(resultsText(result));
    for (const format of ['latex', 'html'] as const) {
      expect(FIGURE_FILES[format].text(result, DIFFERENCE)).toContain('less that of RTN');
    }
  });

  it('is no more than what is in view', () => {
    const drawing = drawingOf(result, RATIO, { hidden: new Set([1]), range: [7, 13] });
    expect(drawing.lines.map(({ row }) => row)).toEqual([0, 2, 3]);
    expect(drawing.lines[1].points.map(({ x }) => x)).toEqual([7, 8, 9, 10, 11, 12, 13]);
    expect(drawing.xTicks.map(({ text }) => text)).toEqual(['1']);
    expect(drawing.yLabel).toContain('divided by that of RTN');
  });

  it('is there of a run without a single layer', () => {
    const empty = fakeResult(undefined, 0);
    for (const format of FIGURE_FORMATS) expect(FIGURE_FILES[format].text(empty, SHOWN).length).toBeGreaterThan(10);
    expectWellFormed(svgOf(empty));
  });
});

describe('the layers by rows', () => {
  const drawing = heatDrawing(result, 'heldOutOutput');

  it('are ratios to the baseline, all of them in the CSV', () => {
    expect(drawing.lines.map(({ row }) => row)).toEqual([1, 2, 3]);
    const lines = FIGURE_FILES['heat-points'].text(result, SHOWN).trimEnd().split('\n').slice(1);
    expect(lines).toHaveLength(3 * 28);
    const [base, first] = seriesOf(result, 'heldOutOutput');
    expect(Number(lines[0].split(',').at(-2))).toBeCloseTo(first.points[0].y / base.points[0].y, 8);
  });

  it('have a cell for every value, in the colour of its ratio', () => {
    const runs = runsOf(drawing.lines[0].points, 0, 1);
    expect(runs.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(28);
    for (const { bucket, from, to } of runs) {
      for (const { y } of drawing.lines[0].points.slice(from, to)) expect(bucketOf(y)).toBe(bucket);
    }
    const point = (x: number, y: number) => ({ x, name: '', y, status: 'done' as const });
    // Two places a cell: the one further from 1 shows, and a gap stays a gap.
    expect(runsOf([point(0, 1), point(1, 3), point(2, 0.1), point(3, 4), point(6, 1)], 0, 2)).toEqual([
      { bucket: bucketOf(3), from: 0, to: 2 },
      { bucket: bucketOf(0.1), from: 2, to: 4 },
      { bucket: bucketOf(1), from: 6, to: 8 },
    ]);
    expect([0.1, 0.25, 1, 1.5, 5].map(bucketOf)).toEqual([0, 1, 5, 8, 10]);
  });

  it('stay below 80 kB of drawing at a thousand layers and sixteen rows', () => {
    const svg = heatSvg(heatDrawing(largeResult(), 'heldOutOutput'));
    expectWellFormed(svg);
    expect(bytes(svg).length).toBeLessThan(80_000);
    for (let row = 1; row < 16; row++) expect(svg).toContain(`>GPTQ ${row}, `);
  });
});

describe('bits against a figure', () => {
  it('has a point for every row with the figure, and the front of those that are not beaten', () => {
    const drawing = paretoDrawing(result, 'heldOutOutput', 'perplexity');
    const points = drawing.lines.filter(({ row }) => row >= 0);
    expect(points.map(({ points: [{ x, y }] }) => [x, y])).toEqual(
      result.rows.map(({ bitsPerWeight, perplexity }) => [bitsPerWeight, perplexity]),
    );
    const [front] = drawing.lines;
    const best = Math.min(...result.rows.map(({ perplexity }) => perplexity ?? NaN));
    expect(front.points.map(({ y }) => y)).toContain(best);
    const csv = FIGURE_FILES['pareto-points'].text(result, SHOWN, { figure: 'klTail' });
    for (const { divergence } of result.rows) {
      expect(csv).toContain(`,${Number((divergence?.p99.value ?? NaN).toPrecision(9))},done`);
    }
    expect(FIGURE_FILES['pareto-pgfplots'].text(result, SHOWN)).toContain('only marks');
    expect(drawing.yLabel).toBe('perplexity');
  });

  it('is there of any result, and holds no name that is more than text', () => {
    for (const one of [result, hostileResult(), fakeDiffusionResult(), fakeResult(undefined, 0)]) {
      for (const format of ['pareto-svg', 'heat-svg'] as const) {
        const svg = FIGURE_FILES[format].text(one, SHOWN);
        expectWellFormed(svg);
        expect(svg).not.toMatch(/<script|onload="/);
        expect(carriedText(bytes(svg), 'markup')).toBe(resultsText(one));
      }
    }
  });
});

/** A thousand layers, sixteen rows; no two neighbours alike. */
function largeResult(): RunResult {
  const layers = Array.from({ length: 1000 }, (_, index) => ({ ...result.plan.layers[0], index, block: index }));
  const rows = Array.from({ length: 16 }, (_, row) => ({
    ...result.plan.rows[0],
    ...{ row, method: row === 0 ? 'rtn' : 'gptq', label: row === 0 ? 'RTN' : `GPTQ ${row}`, baseline: row === 0 },
  }));
  return {
    ...result,
    plan: { ...result.plan, blocks: 1000, layers, rows },
    layers: rows.flatMap(({ row }) =>
      layers.map(({ index }) => ({
        ...result.layers[0],
        ...{ row, layer: index },
        errors: { ...result.layers[0].errors, heldOutOutput: row === 0 ? 1 : 2 ** (((index * 7 + row) % 5) - 2) },
      })),
    ),
    rows: [],
  };
}

describe('SVG', () => {
  it('has a title and a description, and a line and a name for every row', () => {
    const svg = svgOf(result);
    expectWellFormed(svg);
    expect(svg).toMatch(/<title id="q-t">stories-1m: relative error/);
    expect(svg).toMatch(/<desc id="q-d">RTN 3-bit: 0\.0\d+ to 0\.\d+ over 28 places\./);
    expect(svg.match(/stroke-linejoin="round"/g)).toHaveLength(4);
    for (const { label } of result.plan.rows) expect(svg).toContain(`>${label}, 3.1`);
  });

  it('holds no name that is more than text', () => {
    const svg = svgOf(hostileResult());
    expectWellFormed(svg);
    expect(svg).not.toMatch(/<script|onload="/);
    expectWellFormed(/<main>[\s\S]*<\/main>/.exec(FIGURE_FILES.html.text(hostileResult(), SHOWN))?.[0] ?? '<');
  });

  it('is below 80 kB with the result of a run of 35 layers inside', () => {
    expect(precomputed.plan.layers).toHaveLength(35);
    expect(bytes(svgOf(precomputed)).length).toBeLessThan(80_000);
  });

  it('is a drawing below 80 kB of 1 000 layers in 16 rows, and keeps their extremes', () => {
    const rows = Array.from({ length: 16 }, (_, i) => ({ ...result.plan.rows[1], row: i, label: `GPTQ ${i}` }));
    const layers = fakePlan(result.recipe, 143).layers.slice(0, 1000);
    const large: RunResult = {
      ...result,
      plan: { ...result.plan, rows, layers, blocks: 143 },
      layers: rows.flatMap(({ row }) =>
        layers.map(({ index, name }) => ({
          ...{ ...result.layers[0], row, layer: index, name },
          errors: { ...result.layers[0].errors, heldOutOutput: 0.01 + (((index * 7919) % 997) / 997) * (row + 1) },
        })),
      ),
    };
    const drawing = drawingOf(large, SHOWN);
    const svg = drawingSvg(drawing);
    expect(svg.length).toBeLessThan(80_000);
    const path = /<path d="(M[^"]+)" fill="none" stroke="#/.exec(svg)?.[1] ?? '';
    const ys = path
      .slice(1)
      .split('L')
      .map((one) => Number(one.split(' ')[1]));
    const whole = drawingSvg({ ...drawing, lines: [drawing.lines[0]] });
    const all = /<path d="(M[^"]+)" fill="none" stroke="#/.exec(whole)?.[1] ?? '';
    const every = all
      .slice(1)
      .split('L')
      .map((one) => Number(one.split(' ')[1]));
    expect(every).toHaveLength(1000);
    expect([Math.min(...ys), Math.max(...ys)]).toEqual([Math.min(...every), Math.max(...every)]);
  });
});

describe('pgfplots', () => {
  it('has every value, and names as text', () => {
    const text = drawingPgfplots(drawingOf(result, SHOWN));
    expect(text.match(/\\addplot/g)).toHaveLength(4);
    expect(text.match(/^\d+ \d\.\d+(e-\d+)?$/gm)).toHaveLength(4 * 28);
    const hostile = drawingPgfplots(drawingOf(hostileResult(), SHOWN));
    expect(hostile).not.toContain('\\input');
    expect(hostile.split('\n').slice(1).join('\n')).not.toMatch(/(?<!\\)%/);
  });
});

describe('the result inside a figure', () => {
  const pixel = encodePng({ width: 1, height: 1, channels: 1, pixels: Uint8Array.of(0) });
  const carriers = {
    svg: (one: RunResult) => bytes(svgOf(one)),
    html: (one: RunResult) => bytes(FIGURE_FILES.html.text(one, SHOWN)),
    png: (one: RunResult) => pngWithResult(pixel, one),
  };

  it.each(Object.entries(carriers))('of %s is the result file', (_, write) => {
    for (const one of [result, hostileResult(), fakeDiffusionResult()]) {
      const file = write(one);
      const carrier = carrierOf(file);
      expect(carrier).not.toBeNull();
      expect(carriedText(file, carrier ?? 'png')).toBe(resultsText(one));
    }
  });

  it('is not there in other files', () => {
    expect(carrierOf(bytes('{"version":1}'))).toBeNull();
    expect(carrierOf(new Uint8Array())).toBeNull();
    expect(() => carriedText(pixel, 'png')).toThrow('it has no results inside');
    expect(() => carriedText(bytes('<svg></svg>'), 'markup')).toThrow('it has no results inside');
  });

  it('is refused where it is damaged, cut off or a bomb', () => {
    const svg = svgOf(result);
    const [before] = svg.split('</q:results>');
    const markup = (inside: string) => bytes(`${svg.split('base64">')[0]}base64">${inside}</q:results>`);
    expect(() => carriedText(bytes(before), 'markup')).toThrow('no results inside');
    for (const inside of ['', '!!!', 'AAAA', before.split('base64">')[1].slice(0, 400)]) {
      expect(() => carriedText(markup(inside), 'markup')).toThrow('damaged');
    }
    const bomb = zlibSync(new Uint8Array(3_000_000), { level: 9 });
    expect(() => carriedText(markup(toBase64(bomb)), 'markup', 1_000_000)).toThrow('larger than any results file');
    const png = pngWithResult(pixel, result);
    const broken = Uint8Array.from(png);
    broken[pixel.length + 40] ^= 1;
    expect(() => carriedText(broken, 'png')).toThrow('damaged');
    for (let length = 8; length < png.length - 12; length += 37) {
      expect(() => carriedText(png.slice(0, length), 'png')).toThrow('no results inside');
    }
  });

  it('stands in metadata that is no markup of its own', () => {
    expect(svgMetadata(hostileResult())).toMatch(/^<q:results [^<>]+>[A-Za-z0-9+/=]+<\/q:results>$/);
  });
});
