/** Tables for papers: that every figure is the result's, that only what is beyond noise is marked, and that no name leaves its cell. */
import { describe, expect, it } from 'vitest';
import { fakeClassifierResult, fakeDiffusionResult, fakeResult } from '../app/testing/fake-figures';
import type { RunResult } from '../run/events';
import { bibtex } from './citations';
import { tex } from './escape';
import { paperTable } from './table';
import { tableLatex } from './table-latex';
import { tableCsv, tableMarkdown } from './table-text';
import { HOSTILE, hostileResult } from './testing';

const SHOWN = { metric: 'heldOutOutput', scale: 'absolute' } as const;

/** With windows that say what perplexities do, and the whole file's size. */
function measured(): RunResult {
  const result = fakeResult();
  // What is hard in a window is hard for every row; what is left tells them apart.
  const windows = (perplexity: number | null) => ({
    of: 'nll' as const,
    values: [2, 3, 1, 4, 2, 5, 3, 2].map((loss, i) => loss + Math.log(perplexity ?? 1) + (i % 2) / 1e4),
  });
  return {
    ...result,
    plan: {
      ...result.plan,
      coverage: { weights: 1_000_000, quantized: 900_000, left: [], leftBits: 1_600_000 },
      rows: result.plan.rows.map((row) => ({ ...row, fileBitsPerWeight: 4 })),
    },
    rows: result.rows.map((row) => ({ ...row, windows: windows(row.perplexity) })),
  };
}

describe('the table of a result', () => {
  const result = measured();
  const table = paperTable(result, SHOWN);
  const cell = (row: number, id: string) => table.rows[row].cells[table.columns.findIndex((one) => one.id === id)];

  it('has every figure in full, with its interval', () => {
    result.rows.forEach((row, i) => {
      expect(cell(i, 'perplexity').value).toBe(row.perplexity);
      expect(cell(i, 'perplexity').interval?.of).toEqual(row.perplexityInterval);
      expect(cell(i, 'kl_p99_nats')).toMatchObject({
        value: row.divergence?.p99.value,
        interval: { of: row.divergence?.p99.interval },
      });
      expect(cell(i, 'same_top').text).toBe(((row.divergence?.sameTop.value ?? 0) * 100).toFixed(1));
      expect(cell(i, 'kl_nats').value).toBe(row.kl);
      expect(cell(i, 'mean_error').value).toBeCloseTo(row.meanError ?? NaN, 12);
      expect(cell(i, 'worst_error').value).toBe(row.worstError);
      expect(cell(i, 'file_bytes').text).toBe('500 kB');
      expect(cell(i, 'seed').text).toBe('1');
    });
    expect(table.rows.at(-1)?.label).toBe('Full precision');
  });

  it('has the 95th percentile between the two nearest layers', () => {
    const errors = result.layers
      .filter(({ row }) => row === 1)
      .map(({ errors: { heldOutOutput } }) => heldOutOutput ?? 0);
    const sorted = errors.sort((a, b) => a - b);
    // 28 layers: 0.95 · 27 = 25.65
    expect(cell(1, 'p95_error').value).toBeCloseTo(0.35 * sorted[25] + 0.65 * sorted[26], 12);
  });

  it('tells how rows differ from the baseline on the same windows', () => {
    expect(cell(0, 'nll_less_baseline').value).toBeNull();
    const [base, , other] = result.rows;
    const expected = Math.log((other.perplexity ?? 0) / (base.perplexity ?? 1));
    expect(cell(2, 'nll_less_baseline').value).toBeCloseTo(expected, 12);
    expect(cell(2, 'nll_less_baseline').interval?.of[1]).toBeLessThan(0);
  });

  it('marks what leads beyond its noise, and nothing without', () => {
    const by = (id: string) => result.rows.flatMap((_, i) => (cell(i, id).best ? [i] : []));
    const lowest = result.rows.reduce((a, b) => ((b.perplexity ?? 0) < (a.perplexity ?? 0) ? b : a));
    expect(by('perplexity')).toEqual([lowest.row]);
    expect(by('kl_nats')).toEqual([]);
    expect(by('worst_error')).toEqual([]);
    const same = { ...result, rows: result.rows.map((row) => ({ ...row, windows: result.rows[0].windows })) };
    const level = paperTable(same, SHOWN);
    const column = level.columns.findIndex(({ id }) => id === 'perplexity');
    expect(level.rows.filter(({ cells }) => cells[column].best)).toEqual([]);
  });

  it('is of classifiers and diffusion networks too, without columns that say nothing', () => {
    const ids = (one: RunResult) => paperTable(one, SHOWN).columns.map(({ id }) => id);
    expect(ids(fakeClassifierResult())).toContain('accuracy');
    expect(ids(fakeClassifierResult())).not.toContain('perplexity');
    expect(ids(fakeDiffusionResult())).toEqual(expect.arrayContaining(['prediction', 'trajectory', 'frechet']));
    const unfinished = { ...fakeResult(), rows: [], fullPrecision: null };
    expect(ids(unfinished)).toEqual([
      'bits_per_weight',
      'mean_error',
      'p95_error',
      'worst_error',
      'milliseconds',
      'seed',
    ]);
  });
});

describe('LaTeX', () => {
  it('is a booktabs table with as many cells in every line', () => {
    const table = paperTable(measured(), SHOWN);
    const text = tableLatex(table);
    expect(text).toMatch(/\\toprule[\s\S]*\\midrule[\s\S]*\\bottomrule/);
    const lines = text.split('\n').filter((line) => line.endsWith('\\\\'));
    expect(lines).toHaveLength(table.rows.length + 1);
    for (const line of lines) expect(line.match(/(?<!\\)&/g)).toHaveLength(table.columns.length);
    expect(text).toContain(`{l${'r'.repeat(table.columns.length)}}`);
    expect(text).toMatch(/\{\\scriptsize \[\d/);
  });

  it('fits into a line of a paper, however many columns it has', () => {
    const table = paperTable(measured(), SHOWN);
    const few = {
      ...table,
      columns: table.columns.slice(0, 5),
      rows: table.rows.map((row) => ({ ...row, cells: row.cells.slice(0, 5) })),
    };
    expect(tableLatex(table)).toMatch(/\\resizebox\{\\linewidth\}\{!\}\{\\begin\{tabular\}[\s\S]*\\end\{tabular\}\}/);
    expect(tableLatex(table).split('\n')[0]).toContain('graphicx');
    expect(tableLatex(few)).not.toContain('resizebox');
  });

  it('says where names need more than pdflatex’s fonts', () => {
    const table = paperTable(measured(), SHOWN);
    expect(tableLatex(table)).not.toContain('lualatex');
    const [first, ...rest] = table.rows;
    expect(tableLatex({ ...table, rows: [{ ...first, label: '量化' }, ...rest] }).split('\n')[1]).toMatch(
      /^% .*lualatex/,
    );
  });

  it('holds no name that is more than text', () => {
    const text = tableLatex(paperTable(hostileResult(), SHOWN));
    expect(text).not.toContain('\\input');
    const lines = text.split('\n').filter((line) => line.endsWith('\\\\'));
    const cells = new Set(lines.map((line) => line.match(/(?<!\\)&/g)?.length));
    expect(cells.size).toBe(1);
    // Braces pair, comments begin nowhere but in the first line.
    const [, ...rest] = text.split('\n');
    expect(rest.join('\n')).not.toMatch(/(?<!\\)%/);
    const bare = text.replaceAll(/\\[{}]/g, '');
    expect(bare.split('{')).toHaveLength(bare.split('}').length);
  });

  it('escapes what means something to TeX', () => {
    expect(tex('50% of #1 & {a_b}^2 ~ $x$ \\cs')).toBe(
      '50\\% of \\#1 \\& \\{a\\_b\\}\\textasciicircum{}2 \\textasciitilde{} \\$x\\$ \\textbackslash{}cs',
    );
    // Commands that pdflatex's first encoding lacks stop it (\textquotedbl), as does a character without a glyph.
    expect(tex('"a" \ud800')).toBe("''a'' ?");
    expect(tex('α2 → A4\nnext\u0000')).toBe('$\\alpha$2 $\\rightarrow$ A4 next ');
    // What the studio itself writes needs no font with Greek letters.
    for (const result of [measured(), fakeClassifierResult()]) {
      expect(tableLatex(paperTable(result, SHOWN))).not.toMatch(/[^\u0000-\u024f]/);
    }
  });
});

describe('Markdown', () => {
  it('has as many cells in every line, whatever names hold', () => {
    for (const result of [measured(), hostileResult()]) {
      const lines = tableMarkdown(paperTable(result, SHOWN))
        .split('\n')
        .filter((line) => line.startsWith('|'));
      const counts = lines.map((line) => line.match(/(?<!\\)\|/g)?.length);
      expect(new Set(counts).size).toBe(1);
    }
    const text = tableMarkdown(paperTable(hostileResult(), SHOWN));
    expect(text).not.toMatch(/<script|<img|(?<!\\)\]\(/);
  });
});

describe('CSV', () => {
  it('has figures in full and lines that a spreadsheet does not run', () => {
    const [head, ...lines] = tableCsv(paperTable(measured(), SHOWN)).trimEnd().split('\n');
    expect(head).toContain('perplexity,perplexity_low,perplexity_high');
    for (const line of lines) expect(line.split(',')).toHaveLength(head.split(',').length);
    const text = tableCsv(paperTable(hostileResult(), SHOWN));
    expect(text).toContain(`"'${HOSTILE[0].replaceAll('"', '""')}`);
    expect(text).not.toMatch(/(^|,|")[=@]/m);
  });
});

describe('BibTeX', () => {
  it('has each work once, and says what has none', () => {
    const text = bibtex(fakeResult());
    expect(text.match(/^@/gm)?.length).toBe(new Set(text.match(/^@\w+\{[^,]+/gm)).size);
    expect(text).toMatch(/% GPTQ\n@inproceedings\{frantar2023gptq,\n {2}title=\{GPTQ/);
    expect(text).toMatch(/% Without a publication to cite: RTN/);
    const bare = text.replaceAll(/\\[{}]/g, '');
    expect(bare.split('{')).toHaveLength(bare.split('}').length);
  });
});
