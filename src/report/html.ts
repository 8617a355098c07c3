/**
 * A result as one page that needs nothing else: the figure, the table, what it was computed with, and what to cite. No script, no request,
 * no font from elsewhere; its policy says so. It carries the result in its figure, and so opens in the studio again.
 */
import type { FilePrint, RunResult } from '../run/events';
import { citedBy } from './citations';
import { shownSeries, type Shown } from './compare';
import { drawingOf, type DrawnView } from './drawing';
import { drawingSvg } from './drawing-svg';
import { svgMetadata } from './embedded';
import { xml } from './escape';
import { figuresOf } from './figures';
import { PAPER_SCALES } from './scale-words';
import { paperTable, type PaperCell, type PaperTable } from './table';
import { METRIC_WORDS } from './words';

const STYLE = `
  :root { color-scheme: light; }
  body { max-width: 64rem; margin: 2rem auto; padding: 0 1rem; color: #171c24; background: #fff;
    font: 15px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; font-variant-numeric: tabular-nums; }
  h1 { margin: 0 0 .25rem; font-size: 1.75rem; line-height: 1.25; }
  h2 { margin: 2.5rem 0 .5rem; font-size: 1.2rem; }
  .source, .notes { color: #465060; }
  .wide { overflow-x: auto; }
  svg { max-width: 100%; height: auto; }
  table { border-collapse: collapse; font-size: .875rem; }
  caption { padding: .25rem 0; text-align: left; }
  th, td { padding: .25rem .6rem; border-bottom: 1px solid #dfe4ea; text-align: right; white-space: nowrap; }
  th:first-child { text-align: left; }
  thead th { border-bottom-color: #7a8594; vertical-align: bottom; }
  small { display: block; color: #5c6675; }
  li { margin: .25rem 0; overflow-wrap: anywhere; }
  pre { padding: .75rem; overflow-x: auto; background: #eceff3; font-size: .8rem; }
  @media print { body { margin: 0; max-width: none; font-size: 10pt; } h2 { break-after: avoid; }
    figure, tr, li { break-inside: avoid; } .wide { overflow: visible; } table { font-size: 7.5pt; } pre { white-space: pre-wrap; } }
`;

/** `lead` is a sentence or two about the result, from whoever writes the page. */
export function htmlReport(result: RunResult, shown: Shown, view: DrawnView = {}, lead = ''): string {
  const { model, adapter, codeVersion, date } = result;
  const drawing = drawingOf(result, shown, view);
  const table = paperTable(result, shown);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${xml(model.name)}: quantization results</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Quantization of ${xml(model.name)}</h1>
<p class="source">${xml(`${model.architecture} · ${adapter} · Quantelier ${codeVersion} · ${date.slice(0, 10)}`)}</p>
${lead === '' ? '' : `<p>${xml(lead)}</p>`}
<h2>Error of each ${shown.metric === 'block' ? 'block' : 'layer'}</h2>
<figure style="margin:0">
<div class="wide">${drawingSvg(drawing, { metadata: svgMetadata(result), prefix: 'report' })}</div>
<figcaption class="notes">${xml(drawing.title)}. This figure carries the whole result: dropped on the studio, this page opens again.</figcaption>
</figure>
<h2>Methods</h2>
${tableHtml(table)}
<p class="notes">${xml(table.notes.join(' '))}</p>
<h2>Layers</h2>
${layersHtml(result, shown)}
<h2>How it was computed</h2>
${settingsHtml(result)}
<h2>To cite</h2>
<ul>
${citedBy(result)
  .map(
    ({ title, citation }) => `<li><strong>${xml(title)}</strong>: ${xml(citation.text)}${linkHtml(citation.url)}</li>`,
  )
  .join('\n')}
</ul>
</main>
</body>
</html>
`;
}

function linkHtml(url: string | null): string {
  return url === null || !url.startsWith('https://') ? '' : ` <a href="${xml(url)}">${xml(url)}</a>`;
}

function tableHtml({ caption, columns, rows }: PaperTable): string {
  return `<div class="wide"><table><caption>${xml(caption)}</caption>
<thead><tr><th scope="col">Method</th>${columns.map(({ head }) => `<th scope="col">${xml(head)}</th>`).join('')}</tr></thead>
<tbody>
${rows.map(({ label, cells }) => `<tr><th scope="row">${xml(label)}</th>${cells.map((cell) => `<td>${cellHtml(cell)}</td>`).join('')}</tr>`).join('\n')}
</tbody></table></div>`;
}

function cellHtml({ text, interval, best }: PaperCell): string {
  if (text === null) return '–';
  const value = best ? `<strong>${xml(text)} (best)</strong>` : xml(text);
  return interval ? `${value}<small>${xml(interval.text.join(' – '))}</small>` : value;
}

/** More layers than this would make a page that nobody reads; the figure carries all of them. */
const MOST_LAYERS = 2000;

function layersHtml(result: RunResult, shown: Shown): string {
  const series = shownSeries(figuresOf(result), shown);
  const names = new Map<number, string>();
  for (const { points } of series) for (const { x, name } of points) names.set(x, name);
  const places = [...names].sort(([a], [b]) => a - b);
  if (places.length === 0) return '<p>None was finished.</p>';
  const at = series.map(({ points }) => new Map(points.map(({ x, y }) => [x, y])));
  const { write } = PAPER_SCALES[shown.scale];
  const { of } = METRIC_WORDS[shown.metric];
  const rest = places.length > MOST_LAYERS ? `<p class="notes">The first ${MOST_LAYERS} of ${places.length}.</p>` : '';
  return `<details><summary>${xml(`${places.length} places, ${of}`)}</summary>
<div class="wide"><table><thead><tr><th scope="col">Place</th>${series.map(({ label }) => `<th scope="col">${xml(label)}</th>`).join('')}</tr></thead>
<tbody>
${places
  .slice(0, MOST_LAYERS)
  .map(([x, name]) => {
    const cells = at.map((one) => `<td>${one.has(x) ? xml(write(one.get(x) ?? NaN)) : '–'}</td>`).join('');
    return `<tr><th scope="row">${xml(name)}</th>${cells}</tr>`;
  })
  .join('\n')}
</tbody></table></div>${rest}</details>`;
}

function settingsHtml({ plan, recipe, model }: RunResult): string {
  return `<ul>
<li>Calibration: ${xml(`${plan.calibrationLabel}, seed ${recipe.calibration.seed}`)}</li>
<li>Held-out data: ${xml(plan.heldOutLabel)}</li>
<li>Model fingerprint: <code>${xml(model.fingerprint)}</code></li>
${(model.files ?? []).map(fileHtml).join('\n')}
${plan.notes.map((note) => `<li>${xml(note)}</li>`).join('\n')}
</ul>
<details><summary>Recipe</summary><pre>${xmlLines(JSON.stringify(recipe, null, 1))}</pre></details>`;
}

function fileHtml({ name, bytes, sha256, sliced }: FilePrint): string {
  return `<li>${xml(name)}, ${bytes} bytes, SHA-256${sliced ? ' of slices' : ''}: <code>${xml(sha256)}</code></li>`;
}

/** Text of several lines, each escaped. */
function xmlLines(text: string): string {
  return text.split('\n').map(xml).join('\n');
}
