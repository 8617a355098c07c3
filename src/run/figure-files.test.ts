/** The files of figures: what a line of the CSV says, and that nothing in it is made up, lost, or run by a spreadsheet. */
import { describe, expect, it } from 'vitest';
import { FAKE_RECIPE, fakeResult } from '../app/testing/fake-figures';
import type { RunResult } from './events';
import { csvText, resultsText } from './figure-files';

/** Lines as records; enough of CSV for cells without line breaks. */
function records(text: string): Record<string, string>[] {
  const [head, ...lines] = text.trimEnd().split('\n').map(cells);
  return lines.map((line) => Object.fromEntries(head.map((name, i) => [name, line[i]])));
}

function cells(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? plain : quoted.replaceAll('""', '"'),
  );
}

const result = fakeResult();

describe('the table of errors', () => {
  it('says of every line what it is of', () => {
    const lines = records(csvText(result));
    expect(lines).toHaveLength(result.layers.length);
    lines.forEach((line, i) => {
      const layer = result.layers[i];
      expect(line).toMatchObject({
        method: result.plan.rows[layer.row].label,
        layer: layer.name,
        model: 'stories-1m',
        calibration_seed: '1',
        calibration: '16 windows of calibration.jsonl',
        adapter: result.adapter,
        date: result.date,
      });
      expect(line.options).toContain('bits=3');
    });
  });

  it('has no options of a baseline that the recipe does not name, and the right ones after it', () => {
    const recipe = { ...FAKE_RECIPE, rows: FAKE_RECIPE.rows.slice(1) };
    const lines = records(csvText(fakeResult(recipe)));
    const of = (method: string) => lines.find((line) => line.method.startsWith(method))?.options;
    expect(of('RTN')).toBe('');
    expect(of('GPTQ')).toContain('bits=3');
    expect(of('ResComp')).toContain('alpha2=');
  });

  it('has as many digits as mean something', () => {
    const layers = [{ ...result.layers[0], milliseconds: 208.40000000002328, bitsPerWeight: 3.1253472222222222 }];
    const [line] = records(csvText({ ...result, layers }));
    expect(line.milliseconds).toBe('208.4');
    expect(line.bits_per_weight).toBe('3.12534722');
    expect(Math.fround(Number(line.weight_error))).toBe(Math.fround(layers[0].errors.weight ?? NaN));
  });

  it('has columns for bits of activations and caches only where a row has some', () => {
    const plain = csvText(result);
    expect(plain).not.toMatch(/activation|key_bits/);
    const rows = result.rows.map((row) =>
      row.row === 1 ? { ...row, activationBits: 4.25, cacheBits: { key: 3, value: 2.5 } } : row,
    );
    const lines = records(csvText({ ...result, rows }));
    lines.forEach((line) => {
      const bits = [line.row_activation_bits, line.row_key_bits, line.row_value_bits];
      expect(bits).toEqual(line.row === '1' ? ['4.25', '3', '2.5'] : ['', '', '']);
    });
    // Without them every line is as it was.
    const dropped = lines.map(({ row_activation_bits: _, row_key_bits: __, row_value_bits: ___, ...line }) => line);
    expect(dropped).toEqual(records(plain));
  });

  it('leaves a cell empty where there is no number', () => {
    const errors = { weight: NaN, hessian: null, output: Infinity, heldOutOutput: 0 };
    const [line] = records(csvText({ ...result, layers: [{ ...result.layers[0], errors, damping: null }] }));
    expect(line).toMatchObject({
      ...{ weight_error: '', hessian_error: '', output_error: '', heldout_output_error: '0', damping: '' },
    });
  });

  it('keeps a name from being run as a formula, and quotes what needs it', () => {
    const model = { ...result.model, name: '=cmd|"x",1' };
    const [line] = records(csvText({ ...result, model }));
    expect(line.model).toBe('\'=cmd|"x",1');
  });

  it('is written of a file whose layers its plan does not have', () => {
    const layers = [{ ...result.layers[0], layer: 999, row: 77 }];
    const [line] = records(csvText({ ...result, layers }));
    expect(line).toMatchObject({ row: '77', method: '', rows: '', layer: layers[0].name });
  });
});

it('results come back from their text', () => {
  expect(JSON.parse(resultsText(result)) as RunResult).toEqual(result);
});
