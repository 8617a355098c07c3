/**
 * Thousands of damaged PyTorch and NumPy files: each opens or is refused with a StudioError, no read leaves the file, and nothing is
 * given out that the file does not hold. Checksums would stop nearly all damage at once, so pickles are also mutated under a right one.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStudioError } from '../base/errors';
import { memorySource, type ByteSource } from './bytes';
import { dtypeBits } from './dtype';
import { openWeights } from './formats';
import { readTensorRaw } from './tensors';
import { counted, fixture, joined, packing, pickled, zipFile, type MemberToZip } from './testing';
import { openZip, readMember } from './zip';

const RUNS = 1000;

/** What a view may repeat its bytes to (pytorch-names.ts). */
const LARGEST = 16 * 2 ** 20;

/** Opens it, reads every tensor, and returns how it went; an error of another kind fails the property. */
async function outcome(source: ByteSource): Promise<'opened' | 'refused'> {
  const reads = counted(source);
  try {
    const { tensors } = await openWeights(reads);
    for (const info of [...tensors.values()].slice(0, 40)) {
      const { shape, dtype } = info;
      const bytes = shape.reduce((product, size) => product * size, dtypeBits(dtype) / 8);
      expect(bytes).toBeLessThanOrEqual(LARGEST);
      expect(info.end - info.begin).toBe(bytes);
      expect(await readTensorRaw(info)).toHaveLength(bytes);
    }
    return 'opened';
  } catch (error) {
    if (!isStudioError(error)) throw error;
    expect(error.code).toMatch(/^QS-FILE-(?:0[1345]|10)$/);
    expect(error.message.length).toBeLessThan(700);
    expect(error.message).not.toContain('\n');
    return 'refused';
  } finally {
    expect(reads.largest).toBeLessThanOrEqual(source.size);
  }
}

/** A hang is what the test's own time limit is for. */
async function check<T>(
  files: fc.Arbitrary<T>,
  toSource: (value: T) => ByteSource,
  numRuns = RUNS,
): Promise<Set<string>> {
  const outcomes = new Set<string>();
  const property = fc.asyncProperty(files, async (value) => {
    outcomes.add(await outcome(toSource(value)));
  });
  await fc.assert(property, { numRuns });
  return outcomes;
}

const BOTH = new Set(['opened', 'refused']);

type Edit = readonly [at: number, removed: number, inserted: Uint8Array];

/** Up to five places where some bytes are replaced by others; opcodes of pickle are among them more often than by chance. */
const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.tuple(
    fc.nat(1e6),
    fc.nat(3),
    fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc.constantFrom(...[...'()]}.0128KMJXtlduesabRQqhjcioINSUC'].map((letter) => pickled(letter))),
      fc.constantFrom(
        ...[0x80, 0x81, 0x85, 0x86, 0x87, 0x8a, 0x8b, 0x8c, 0x8d, 0x92, 0x93, 0x94].map((byte) => pickled(byte)),
      ),
      fc.constantFrom(...[0, 1, 255, 2 ** 16, 2 ** 31, 2 ** 32 - 1].map((value) => packing(['u32', value]))),
    ),
  ),
  { minLength: 1, maxLength: 5 },
);

function edited(bytes: Uint8Array, changes: readonly Edit[], until = bytes.length): Uint8Array {
  return changes.reduce((all, [place, removed, inserted]) => {
    const at = place % until;
    return joined([all.slice(0, at), inserted, all.slice(at + Math.min(removed, inserted.length + 1))]);
  }, bytes);
}

async function membersOf(file: string): Promise<MemberToZip[]> {
  const members = [...(await openZip(fixture(file))).members.values()];
  return Promise.all(members.map(async (member) => ({ name: member.name, bytes: await readMember(member, 1e6) })));
}

describe.each(['views.pt', 'training.pt', 'stored.npz', 'compressed.npz'])('%s', (name) => {
  const { bytes } = fixture(name);

  it('survives flipped bytes', async () => {
    const flips = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    await check(flips, (places) => {
      const copy = bytes.slice();
      for (const [at, mask] of places) copy[at] ^= mask;
      return memorySource(copy, name);
    });
  });

  it('survives a directory with other bytes', async () => {
    const directory = bytes.length - 1200;
    await check(edits, (changes) =>
      memorySource(joined([bytes.slice(0, directory), edited(bytes.slice(directory), changes)]), name),
    );
  });

  it('is refused at every truncation', async () => {
    for (let size = 0; size < bytes.length; size += size < 200 || bytes.length - size < 300 ? 1 : 37) {
      expect(await outcome(memorySource(bytes.slice(0, size), name))).toBe('refused');
    }
  });
});

describe('pickles with a right checksum', () => {
  it.each(['views.pt', 'views-protocol-4.pt', 'training.pt'])('of %s survive any change', async (name) => {
    const members = await membersOf(name);
    const outcomes = await check(edits, (changes) =>
      zipFile(
        members.map((member) =>
          member.name.endsWith('.pkl') ? { ...member, bytes: edited(member.bytes, changes) } : member,
        ),
        name,
      ),
    );
    expect(outcomes).toEqual(BOTH);
  });

  it.each(['views-legacy.pt', 'training-legacy.pt'])(
    'and %s, which has no checksums, survives any change',
    async (name) => {
      const { bytes } = fixture(name);
      const outcomes = await check(edits, (changes) => memorySource(edited(bytes, changes, bytes.length - 200), name));
      expect(outcomes).toContain('refused');
      // Changes that keep every length are often harmless.
      const flips = fc.tuple(fc.integer({ min: 140, max: bytes.length - 1 }), fc.nat(255));
      expect(await check(flips, ([at, value]) => memorySource(bytes.with(at, value), name))).toEqual(BOTH);
    },
  );

  it('survive any bytes at all', async () => {
    const opcodes = fc.uint8Array({ maxLength: 400 });
    expect(await check(opcodes, (bytes) => zipFile([{ name: 'x/data.pkl', bytes }], 'x.pt'))).toEqual(
      new Set(['refused']),
    );
  });
});

describe('NumPy arrays', () => {
  const { bytes } = fixture('fortran.npy');

  it('survive any change', async () => {
    expect(await check(edits, (changes) => memorySource(edited(bytes, changes, 128), 'x.npy'))).toContain('refused');
    const flips = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    expect(await check(flips, ([at, value]) => memorySource(bytes.with(at, value), 'x.npy'))).toEqual(BOTH);
  });

  it('survive headers that are nearly right', async () => {
    const number = fc
      .oneof(fc.nat(30), fc.maxSafeInteger(), fc.constantFrom('-1', '1.5', '2L', 'x', "'4'"))
      .map(String);
    const shape = fc.array(number, { maxLength: 4 }).map((sizes) => `(${sizes.map((size) => `${size},`).join(' ')})`);
    const descr = fc.constantFrom('<f4', '<f2', '|u1', '<i8', '>f4', '|O', '<U2', '', '<', 'f4', '<f16');
    const order = fc.constantFrom('False', 'True', 'None', '0');
    const header = fc.record({ descr, order, shape, data: fc.nat(200) });
    await check(header, ({ descr, order, shape, data }) => {
      const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
      const file = pickled(0x93, 'NUMPY', 1, 0, packing(['u16', text.length]), text, new Uint8Array(data));
      return memorySource(file, 'x.npy');
    });
  });
});
