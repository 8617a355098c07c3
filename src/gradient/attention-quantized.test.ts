/** The ways back of attention that reads a cache or quantizes its probabilities: where nothing is quantized they are attention's own. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { subtract } from '../tensor/elementwise';
import { splitHeads } from '../tensor/heads';
import { relativeDifference, randomMatrix, upload } from '../tensor/testing';
import { attendCachedHeads, attendHeads, attendRoundedHeads } from './attention';
import { Parameter, Tape, type Variable } from './tape';

const gpu = await testGpu();
const GEOMETRY = { windows: 2, length: 11 };
const OPTIONS = { heads: 4, keyHeads: 2, mask: 'causal' } as const;

const heads = (seed: number, count: number) =>
  splitHeads(upload(gpu, randomMatrix(22, count * 5, seed)), GEOMETRY, { first: 0, heads: count, dim: 5 });

type Attend = (tape: Tape, inputs: { query: Variable; key: Variable; value: Variable }) => Variable;

/** What flows into query, key and value. */
async function gradients(attend: Attend, query = heads(1, 4)): Promise<Float32Array[]> {
  const inputs = {
    query: new Parameter(query),
    key: new Parameter(heads(2, 2)),
    value: new Parameter(heads(3, 2)),
  };
  const tape = new Tape(gpu);
  tape.backward(attend(tape, inputs), heads(4, 4));
  const read: Float32Array[] = [];
  for (const { grad } of Object.values(inputs)) read.push((await grad?.read()) ?? new Float32Array());
  tape.release();
  return read;
}

describe('gradients of quantized attention', () => {
  it('are those of attention where the cache holds what it was given', async () => {
    const plain = await gradients((tape, { query, key, value }) =>
      attendHeads(tape, query, key, value, GEOMETRY, OPTIONS),
    );
    const cached = await gradients((tape, inputs) =>
      attendCachedHeads(tape, inputs, inputs, GEOMETRY, OPTIONS, { residual: 4 }),
    );
    const rounded = await gradients((tape, inputs) =>
      attendRoundedHeads(tape, inputs, GEOMETRY, OPTIONS, { format: null }),
    );
    for (const one of [cached, rounded]) {
      one.forEach((values, i) => expect(relativeDifference(values, plain[i])).toBeLessThan(1e-5));
    }
    expect(plain.every((values) => values.some((value) => value !== 0))).toBe(true);
  });

  it('count what is beside a split query for keys', async () => {
    const [whole, part] = [heads(1, 4), heads(9, 4)];
    const plain = await gradients((tape, { query, key, value }) =>
      attendHeads(tape, query, key, value, GEOMETRY, OPTIONS),
    );
    const rest = subtract(whole, part);
    const split = await gradients(
      (tape, inputs) =>
        attendRoundedHeads(tape, inputs, GEOMETRY, OPTIONS, { format: null, beside: { q: part, k: inputs.key.value } }),
      rest,
    );
    split.forEach((values, i) => expect(relativeDifference(values, plain[i])).toBeLessThan(1e-4));
  });
});
