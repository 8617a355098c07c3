/** `results`: what a results file says, as a table, a figure or a page. Needs neither a GPU nor the model. */
import { open } from 'node:fs/promises';
import type { RunResult } from '../../engine';
import type { Shown } from '../../report/compare';
import { carriedText, carrierOf, LARGEST_TEXT } from '../../report/embedded';
import { FIGURE_FILES, FIGURE_FORMATS } from '../../report/files';
import { figuresOf } from '../../report/figures';
import { notAResult, parseResult } from '../../report/read-result';
import type { Scale } from '../../report/scales';
import { availableMetrics, METRICS } from '../../report/series';
import type { Call, Command } from '../command';
import { UsageError } from '../exit-codes';
import { writeBytes } from '../write';

export const results: Command = {
  name: 'results',
  usage: ['results.json --format latex', 'results.json --format svg --out figure.svg'],
  summary: 'write a run’s results as a table, a figure or a page',
  about:
    'Writes what a results file says: a table (latex, markdown, csv), what to cite (bibtex), the errors of the layers as a figure (svg, ' +
    'pgfplots) or as numbers (points, layers), the same of ratios by layer and row (heat-…) and of bits against error (pareto-…), a page (html), or the results themselves (results). A figure or a page that was written here carries ' +
    'the results: it can be given in the file’s place.',
  words: 1,
  flags: {
    format: { value: 'FORMAT', help: `What to write: ${FIGURE_FORMATS.join(', ')}; default markdown.` },
    metric: {
      value: METRICS.join('|'),
      help: 'The error that tables and figures show; default the first that there is.',
    },
    ratio: { value: null, help: 'Divide errors by those of the baseline, layer by layer.' },
    difference: { value: null, help: 'Take those of the baseline from errors, layer by layer.' },
    out: { value: 'FILE', help: 'The file to write; default: the terminal.' },
  },
  async run({ words, flags }) {
    const [path] = words;
    if (!path) throw new UsageError('results takes a results file: see --help.');
    const format = flags.choice('format', FIGURE_FORMATS, 'markdown');
    const result = await readResult(path);
    const available = availableMetrics(figuresOf(result));
    const wanted = flags.choice('metric', METRICS, available.at(0) ?? 'heldOutOutput');
    if (!available.includes(wanted)) {
      throw new UsageError(`--metric is "${wanted}": the results have ${available.join(', ')}.`);
    }
    const shown: Shown = { metric: wanted, scale: scaleOf(flags) };
    const text = FIGURE_FILES[format].text(result, shown);
    const out = flags.text('out');
    if (out !== null) await writeBytes(out, new TextEncoder().encode(text));
    return { format, out, bytes: new TextEncoder().encode(text).length, ...(out === null ? { text } : {}) };
  },
  describe({ out, text, bytes }: { out: string | null; text?: string; bytes: number }) {
    return text === undefined ? `${out}: ${bytes} bytes` : text.replace(/\n$/, '');
  },
};

function scaleOf(flags: Call['flags']): Scale {
  const asked = (['ratio', 'difference'] as const).filter((scale) => flags.boolean(scale));
  if (asked.length > 1) throw new UsageError('--ratio and --difference are two ways to show errors: give one of them.');
  return asked.at(0) ?? 'absolute';
}

async function readResult(path: string): Promise<RunResult> {
  const bytes = await readBounded(path);
  const carrier = carrierOf(bytes);
  const text = carrier === null ? new TextDecoder().decode(bytes) : carriedText(bytes, carrier);
  try {
    return parseResult(JSON.parse(text));
  } catch (error) {
    throw error instanceof SyntaxError ? notAResult('it is not JSON') : error;
  }
}

async function readBounded(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > LARGEST_TEXT) throw notAResult(`it has ${size} bytes, and a results file at most ${LARGEST_TEXT}`);
    return Uint8Array.from(await file.readFile());
  } finally {
    await file.close();
  }
}
