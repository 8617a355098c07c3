/** Weights that are read in tiles are the same to the bit as weights read as a whole. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { relativeDifference } from '../tensor/testing';
import { loadLinear, openModel, uploadLinear } from './architecture';
import { LanguageModel } from './forward';
import { HostTable } from './host-table';
import { loadFixture, type MemorySource } from './testing/fixtures';
import { rowTiles, tileRows } from './tiles';

const gpu = await testGpu();
const llama = await loadFixture('llama3-scaled');
const gpt2 = await loadFixture('gpt2');

/** The source with the ranges that are asked of it, and without whole reads of `alone`. */
function watched(source: MemorySource, alone = ''): MemorySource & { ranges: [string, number, number][] } {
  const ranges: [string, number, number][] = [];
  return {
    ...source,
    ranges,
    read: (name) => (name === alone ? Promise.reject(new Error(`${name} was read whole`)) : source.read(name)),
    readRange: (name, first, last) => (ranges.push([name, first, last]), source.readRange(name, first, last)),
  };
}

describe('tiles of rows', () => {
  it('covers every row once, in order, with the last tile shorter', async () => {
    const { embedding } = openModel(llama.source).ends;
    const [rows, cols] = llama.source.tensors.get(embedding)?.shape ?? [];
    const seen: number[] = [];
    for await (const { first, count, values } of rowTiles(llama.source, embedding, rows, cols, 24)) {
      expect(first).toBe(seen.length / cols);
      expect(values).toHaveLength(count * cols);
      seen.push(...values);
    }
    expect(seen).toEqual([...(await llama.source.read(embedding))]);
    expect(rows % 24).not.toBe(0);
  });

  it('are a multiple of 8 rows, and at least 8', () => {
    expect([tileRows(4, 1), tileRows(4, 8 * 16), tileRows(4, 17 * 16)]).toEqual([8, 8, 16]);
  });

  it.each([
    ['out-in', llama, 1],
    ['in-out', gpt2, 3],
    ['out-in', llama, 3],
    ['in-out', gpt2, 1],
  ] as const)('upload an %s weight to the same bits', async (layout, { source }, stage) => {
    const [linear] = openModel(source).blocks[0].stages[stage].linears;
    expect(linear.layout).toBe(layout);
    const whole = await loadLinear(source, linear);
    for (const tileBytes of [1, 1000, 1 << 20]) {
      const before = gpu.buffers.bytesInUse;
      const seen: number[] = [];
      const tensor = await uploadLinear(gpu, source, linear, { tileBytes, inspect: (tile) => seen.push(...tile) });
      expect([...(await tensor.read())]).toEqual([...whole]);
      expect(seen.sort()).toEqual([...whole].sort());
      tensor.release();
      expect(gpu.buffers.bytesInUse).toBe(before);
    }
  });
});

describe('a table on the host', () => {
  const { embedding } = openModel(llama.source).ends;
  const [rows, cols] = llama.source.tensors.get(embedding)?.shape ?? [];
  const ids = Uint32Array.of(rows - 1, 0, 7, 7, 3, rows - 1, 8);

  it('reads only the rows that are asked for, and gives the same as one that is kept', async () => {
    const source = watched(llama.source, embedding);
    const lazy = await HostTable.open(source, embedding, rows, cols, 0);
    const kept = await HostTable.open(llama.source, embedding, rows, cols);
    expect([...(await lazy.gather(ids))]).toEqual([...(await kept.gather(ids))]);
    expect(source.ranges.length).toBeGreaterThan(0);
    const table = await llama.source.read(embedding);
    expect([...(await kept.gather(ids))]).toEqual(
      [...ids].flatMap((id) => [...table.subarray(id * cols, (id + 1) * cols)]),
    );
  });

  it('leaves out what lies far between two rows', async () => {
    const wide = 2 ** 15;
    const asked: [number, number][] = [];
    const source = {
      ...llama.source,
      readRange: (_: string, first: number, last: number) => {
        asked.push([first / wide, last / wide]);
        return Promise.resolve(Float32Array.from({ length: last - first }, (__, i) => Math.floor((first + i) / wide)));
      },
    };
    const table = await HostTable.open(source, embedding, 1000, wide);
    const values = await table.gather(Uint32Array.of(500, 2, 501, 900, 2));
    expect([0, 1, 2, 3, 4].map((row) => values[row * wide + 5])).toEqual([500, 2, 501, 900, 2]);
    expect(asked).toEqual([
      [2, 3],
      [500, 502],
      [900, 901],
    ]);
  });
});

describe.each([
  ['llama', llama],
  ['gpt2', gpt2],
] as const)('a head of %s that is read in tiles', (_, { source, ids, geometry }) => {
  const model = openModel(source);
  const using = async <T>(head: object, body: (language: LanguageModel) => Promise<T>) => {
    const before = gpu.buffers.bytesInUse;
    const language = await LanguageModel.load(gpu, source, model, head);
    const result = await body(language);
    language.release();
    expect(gpu.buffers.bytesInUse).toBe(before);
    return result;
  };
  const tiled = { wholeBytes: 0, tileBytes: 16 * 4 * model.hidden };

  it('has the losses of one that is whole', async () => {
    const losses = (head: object) => using(head, (language) => language.negativeLogLikelihood(ids, geometry));
    expect(relativeDifference(await losses(tiled), await losses({}))).toBeLessThan(2e-6);
  });

  it('gives the same logits, continuations and samples', async () => {
    const answers = (head: object) =>
      using(head, async (language) => {
        const logits = await language.logits(ids.slice(0, 6), { windows: 2, length: 3 });
        const values = [...(await logits.read())];
        logits.release();
        const prompt = [...ids.slice(0, 5)];
        return [values, await language.generateGreedy(prompt, 5), await language.sampleWindows(2, 6, 1, 0)];
      });
    expect(await answers(tiled)).toEqual(await answers({}));
  });
});
