/** `results`: every format out of a results file, and out of a figure that was written from it. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fakeResult } from '../../app/testing/fake-figures';
import { FIGURE_FILES, FIGURE_FORMATS } from '../../report/files';
import { resultsText } from '../../run/figure-files';
import { Arguments, type Call } from '../command';
import { results } from './results';

const folder = mkdtempSync(join(tmpdir(), 'results-'));
const path = join(folder, 'results.json');
const result = fakeResult();
writeFileSync(path, resultsText(result));

type Written = { text?: string; out: string | null; bytes: number };

const run = (file: string, flags: Record<string, string | boolean> = {}) =>
  results.run({ words: [file], flags: new Arguments(flags) } as unknown as Call) as Promise<Written>;

describe('results', () => {
  it.each(FIGURE_FORMATS)('writes %s', async (format) => {
    const { text } = await run(path, { format });
    expect(text).toBe(FIGURE_FILES[format].text(result, { metric: 'heldOutOutput', scale: 'absolute' }));
  });

  it('writes a file of its own, which stands for the results', async () => {
    const out = join(folder, 'figure.svg');
    expect(await run(path, { format: 'svg', out, ratio: true })).toMatchObject({ out, format: 'svg' });
    expect(readFileSync(out, 'utf8')).toContain('divided by that of RTN');
    expect((await run(out, { format: 'results' })).text).toBe(resultsText(result));
    expect((await run(path, { difference: true })).text).toContain('less that of RTN');
    await expect(run(path, { difference: true, ratio: true })).rejects.toThrow('give one of them');
  });

  it('refuses what is no result, and an error that it does not have', async () => {
    const other = join(folder, 'config.json');
    writeFileSync(other, '{"a": 1}');
    await expect(run(other)).rejects.toThrow('it has no version');
    writeFileSync(other, 'no JSON');
    await expect(run(other)).rejects.toThrow('it is not JSON');
    await expect(run(join(folder, 'absent.json'))).rejects.toThrow('ENOENT');
    await expect(run(path, { metric: 'taste' })).rejects.toThrow('--metric is "taste"');
    writeFileSync(other, resultsText({ ...result, blocks: [] }));
    await expect(run(other, { metric: 'block' })).rejects.toThrow('the results have heldOutOutput');
  });
});
