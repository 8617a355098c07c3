/** Thousands of damaged files: each opens or is refused with a StudioError, without a read beyond the file. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isStudioError } from '../base/errors';
import { memorySource, type ByteSource } from './bytes';
import { counted, floats, safetensorsFile } from './testing';
import { openSafetensors, readTensor } from './safetensors';

const valid = safetensorsFile(
  {
    __metadata__: { format: 'pt' },
    'model.layers.0.mlp.up_proj.weight': { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
    'model.norm.weight': { dtype: 'BF16', shape: [4], data_offsets: [24, 32] },
    empty: { dtype: 'F16', shape: [0, 9], data_offsets: [32, 32] },
  },
  floats(1, 2, 3, 4, 5, 6, 7, 8),
).bytes;

/** Opens it, reads every tensor, and returns how it went; an error of another kind fails the property. */
async function outcome(source: ByteSource): Promise<'opened' | 'refused'> {
  const reads = counted(source);
  try {
    const { tensors } = await openSafetensors(reads);
    expect(reads.total).toBeLessThanOrEqual(source.size);
    let bytes = 0;
    for (const info of tensors.values()) {
      bytes += info.end - info.begin;
      await readTensor(info).catch((error: unknown) => {
        if (!isStudioError(error)) throw error;
      });
    }
    expect(bytes).toBeLessThan(source.size);
    return 'opened';
  } catch (error) {
    if (!isStudioError(error)) throw error;
    expect(error.code).toMatch(/^QS-FILE-0[345]$/);
    expect(error.message.length).toBeLessThan(700);
    expect(error.message).not.toContain('\n');
    return 'refused';
  } finally {
    expect(reads.largest).toBeLessThanOrEqual(Math.max(512, source.size));
  }
}

const RUNS = 4000;

/** A hang is what the test's own time limit is for. */
async function check<T>(files: fc.Arbitrary<T>, toSource: (value: T) => ByteSource): Promise<Set<string>> {
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(files, async (value) => {
      outcomes.add(await outcome(toSource(value)));
    }),
    { numRuns: RUNS },
  );
  return outcomes;
}

const asSource = (bytes: Uint8Array) => memorySource(bytes, 'fuzz.safetensors');

it('survives flipped bytes', async () => {
  const flips = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.integer({ min: 1, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  const outcomes = await check(flips, (places) => {
    const bytes = valid.slice();
    for (const [at, mask] of places) bytes[at] ^= mask;
    return asSource(bytes);
  });
  expect(outcomes).toEqual(new Set(['opened', 'refused']));
});

it('refuses every truncation', async () => {
  for (let size = 0; size < valid.length; size++) expect(await outcome(asSource(valid.slice(0, size)))).toBe('refused');
});

it('survives bytes inserted and removed', async () => {
  const splice = fc.tuple(fc.nat(valid.length), fc.nat(12), fc.uint8Array({ maxLength: 12 }));
  await check(splice, ([at, removed, inserted]) =>
    asSource(Uint8Array.of(...valid.subarray(0, at), ...inserted, ...valid.subarray(at + removed))),
  );
});

it('survives any bytes at all', async () => {
  expect(await check(fc.uint8Array({ maxLength: 600 }), asSource)).toEqual(new Set(['refused']));
});

it('survives any JSON as a header', async () => {
  await check(fc.tuple(fc.json(), fc.nat(16)), ([json, data]) => safetensorsFile(json, data));
});

it('survives headers that are nearly right', async () => {
  const number = fc.oneof(fc.nat(40), fc.maxSafeInteger(), fc.double(), fc.constantFrom(-1, 2 ** 53, 1e300, '4', null));
  const entry = fc.record(
    {
      dtype: fc.constantFrom('F32', 'F16', 'BF16', 'F64', 'U8', 'I64', 'F4', 'F13', 7),
      shape: fc.array(number, { maxLength: 4 }),
      data_offsets: fc.oneof(fc.tuple(number, number), fc.array(number, { maxLength: 3 })),
      extra: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const header = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('a', '__metadata__', '__proto__')), entry, {
    maxKeys: 5,
  });
  await check(fc.tuple(header, fc.nat(64)), ([value, data]) => safetensorsFile(value, data));
});
