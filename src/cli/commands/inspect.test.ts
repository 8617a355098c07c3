/** Looks into files on the command line: one tensor, a whole file, two against each other. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { plainCheckpoint } from '../../model/testing/plain-checkpoint';
import { Arguments, type Call } from '../command';
import { inspect } from './inspect';

const folder = mkdtempSync(join(tmpdir(), 'quantelier-inspect-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fixture = new URL('../../model/testing/fixtures/gpt2.safetensors', import.meta.url);
const { model } = plainCheckpoint(readFileSync(fixture));
const [path, other] = ['a.safetensors', 'b.safetensors'].map((name) => join(folder, name));
writeFileSync(path, model);
const changed = Uint8Array.from(model);
// The last value of the file, by its sign.
changed[changed.length - 1] ^= 0x80;
writeFileSync(other, changed);

const call = (flags: Record<string, string | boolean>, ...words: string[]) =>
  ({ words, flags: new Arguments(flags), gpu: () => Promise.reject(new Error('no GPU here')) }) as unknown as Call;
const said = async (flags: Record<string, string | boolean>) =>
  inspect.describe((await inspect.run(call(flags, path))) as never);

describe('inspect', () => {
  it('lists, and without a config says what is not known', async () => {
    expect(await said({})).toMatch(/There is no config\.json beside the weights[\s\S]*\* \S+c_attn\.weight/);
  });

  it('tells the figures of one tensor, without a GPU too, and refuses one that is not there', async () => {
    const [name] = /\S+c_attn\.weight/.exec(await said({})) ?? [''];
    const found = (await inspect.run(call({ tensor: name }, path))) as {
      tensor: { count: number; histogram: number[] };
    };
    expect(found.tensor).toMatchObject({ name, nan: 0, infinite: 0 });
    const { histogram, count } = (JSON.parse(JSON.stringify(found)) as typeof found).tensor;
    expect(histogram.reduce((sum, n) => sum + n, 0)).toBe(count);
    expect(inspect.describe(found as never)).toMatch(/kurtosis +[\d.]+\n[\s\S]*largest columns +\d+ \(/);
    await expect(inspect.run(call({ tensor: 'nobody' }, path))).rejects.toThrow('has no tensor "nobody" among its');
  });

  it('reads a whole file, and compares two', async () => {
    expect(await said({ check: true })).toMatch(/^\d+ tensors, \d+ bytes read: /);
    const lines = (await said({ against: other })).split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/relative \S+, largest \S+, 1 values$/);
    expect(await said({ against: path })).toMatch(/^(\d+) tensors, \1 equal$/);
    await expect(inspect.run(call({ check: true, against: other }, path))).rejects.toThrow('give one of them');
  });
});
