/** NumPy files against what numpy itself loads from them (fixtures/make.py), and headers that are not quite right. */
import { describe, expect, it } from 'vitest';
import { memorySource } from './bytes';
import { openCheckpoint } from './checkpoint';
import { openNpy, openNpz } from './numpy';
import { counted, expectedTensors, fixture, packing, pickled, rejection, zipFile } from './testing';

/** A .npy file from its header's text. */
const npy = (header: string, data: Uint8Array | number = 0, version = 1, name = 'a.npy') => {
  const length = version === 1 ? packing(['u16', header.length]) : packing(['u32', header.length]);
  const bytes = pickled(
    0x93,
    'NUMPY',
    version,
    0,
    length,
    header,
    typeof data === 'number' ? new Uint8Array(data) : data,
  );
  return { ...memorySource(bytes, name), bytes };
};
const header = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }        \n`;

describe('arrays that numpy wrote', () => {
  it.each(['stored.npz', 'compressed.npz'])('%s', async (name) => {
    const arrays = await openNpz(fixture(name));
    const expected = expectedTensors(name);
    expect([...arrays.keys()]).toEqual([...expected.keys()]);
    for (const [key, { dtype, shape, values }] of expected) {
      const array = arrays.get(key)!;
      expect({ dtype: array.dtype, shape: array.shape }).toEqual({ dtype, shape });
      expect([...(await array.items())], key).toEqual(
        values.map((value) => (dtype === 'F64' ? Math.fround(Number(value)) : value)),
      );
    }
    const images = arrays.get('images')!;
    const some = await images.items(1, 3);
    expect(some).toBeInstanceOf(Uint8Array);
    expect([...some]).toEqual(expected.get('images')!.values.slice(48, 144));
    expect(await arrays.get('labels')!.items(1, 4)).toEqual(Int32Array.of(1, 4, 1));
    expect([...(await arrays.get('fortran')!.items(1, 2))]).toEqual([3, 4, 5]);
    expect(await images.items(2, 2)).toHaveLength(0);
    await expect(images.items(3, 6)).rejects.toThrow('bug');
  });

  it.each(['stored.npz', 'compressed.npz', 'fortran.npy'])('%s is a checkpoint', async (name) => {
    const checkpoint = await openCheckpoint([fixture(name)]);
    expect(checkpoint).toMatchObject({ name: name.replace(/\.np.$/, ''), format: 'numpy', config: null });
    for (const [key, { dtype, values }] of expectedTensors(name)) {
      if (dtype.startsWith('F')) {
        expect([...(await checkpoint.read(key))]).toEqual(values.map((value) => Math.fround(Number(value))));
      } else expect((await rejection(checkpoint.read(key))).code).toBe('QS-FILE-01');
    }
  });

  it('a stored member is read by range', async () => {
    const data = new Uint8Array(3e6).map((_, i) => i % 251);
    const array = npy(header("'|u1'", '(3000, 1000)'), data).bytes;
    const source = counted(zipFile([{ name: 'x.npy', bytes: array }], 'large.npz'));
    const images = (await openNpz(source)).get('x')!;
    expect(source.total).toBeLessThan(70_000);
    const before = source.total;
    const items = await images.items(1000, 1001);
    // The first read compares the checksum of all of it; later ones read what they need.
    expect([...items]).toEqual([...data.slice(1e6, 1e6 + 1000)]);
    expect(source.total - before).toBeGreaterThan(3e6);
    const after = source.total;
    await images.items(7, 9);
    expect(source.total - after).toBe(2000);
  });

  it('several .npy files are one checkpoint', async () => {
    const one = npy(header("'<f4'", '(1,)'), 4, 1, 'one.npy');
    const two = npy(header("'<f4'", '(1,)'), 4, 1, 'two.npy');
    expect([...(await openCheckpoint([one, two])).tensors.keys()]).toEqual(['one', 'two']);
  });

  it('what is no array in an archive is said', async () => {
    const source = zipFile(
      [
        { name: 'x.npy', bytes: npy(header("'<f4'", '(1,)'), 4).bytes },
        { name: 'notes.txt', bytes: pickled('x') },
      ],
      'x.npz',
    );
    expect(Object.fromEntries((await openCheckpoint([source])).metadata)).toEqual({ 'numpy.skipped': 'notes.txt' });
  });
});

describe('64-bit integers', () => {
  const of = (descr: string, ...values: bigint[]) =>
    npy(header(descr, `(${values.length},)`), new Uint8Array(BigInt64Array.from(values).buffer));

  it('become 32-bit ones', async () => {
    const limits = [-(2n ** 31n), -1n, 0n, 2n ** 31n - 1n];
    expect([...(await (await openNpy(of("'<i8'", ...limits))).items())]).toEqual(limits.map(Number));
    expect([...(await (await openNpy(of("'<u8'", 0n, 2n ** 31n - 1n))).items())]).toEqual([0, 2 ** 31 - 1]);
  });

  it.each([
    ["'<i8'", 2n ** 31n],
    ["'<i8'", -(2n ** 31n) - 1n],
    ["'<u8'", 2n ** 31n],
    ["'<u8'", -1n],
  ])('or are refused: %s %s', async (descr, value) => {
    const error = await rejection((await openNpy(of(descr, value))).items());
    expect([error.code, error.message]).toEqual(['QS-FILE-01', expect.stringContaining('do not fit 32 bits')]);
  });
});

describe('headers', () => {
  it.each([
    ['version 2', npy(header("'<f4'", '(2,)'), 8, 2), [2]],
    ['version 3', npy(header("'<f4'", '(2,)'), 8, 3), [2]],
    ['no axes', npy(header("'<f4'", '()'), 4), []],
    ['a size of zero', npy(header("'<f4'", '(0, 5)'), 0), [0, 5]],
    [
      'double quotes, another order, no comma at the end',
      npy(`{"shape":(1,2),"fortran_order":False,"descr":"<f2"}`, 4),
      [1, 2],
    ],
    ['Python 2 longs', npy(header("'<f4'", '(2L, 1L)'), 8), [2, 1]],
    ['one-byte types in either order', npy(header("'<i1'", '(3,)'), 3), [3]],
  ])('with %s are read', async (_, source, shape) => {
    expect((await openNpy(source)).shape).toEqual(shape);
  });

  const types = [
    ...[
      ['|b1', 'BOOL'],
      ['|u1', 'U8'],
      ['|i1', 'I8'],
      ['<u2', 'U16'],
      ['<i2', 'I16'],
      ['<f2', 'F16'],
      ['<u4', 'U32'],
    ],
    ...[
      ['<i4', 'I32'],
      ['<f4', 'F32'],
      ['<u8', 'U64'],
      ['<i8', 'I64'],
      ['<f8', 'F64'],
    ],
  ];
  it.each(types)('%s is %s', async (descr, dtype) => {
    expect((await openNpy(npy(header(`'${descr}'`, '(1,)'), Number(descr[2])))).dtype).toBe(dtype);
  });

  it.each([
    ['objects', header("'|O'", '(1,)'), 8, 'QS-FILE-04', 'Python objects ("|O"), which are a pickle'],
    ['big-endian numbers', header("'>f4'", '(1,)'), 4, 'QS-FILE-04', 'only little-endian ones'],
    ['native numbers', header("'=f4'", '(1,)'), 4, 'QS-FILE-04', 'only little-endian ones'],
    ['wide numbers without order', header("'|f4'", '(1,)'), 4, 'QS-FILE-04', 'only little-endian ones'],
    ['text', header("'<U3'", '(1,)'), 12, 'QS-FILE-04', '"<U3", which is no number type'],
    ['dates', header("'<M8[ns]'", '(1,)'), 8, 'QS-FILE-04', 'which is no number type'],
    ['complex numbers', header("'<c8'", '(1,)'), 8, 'QS-FILE-04', 'which is no number type'],
    ['records', header("[('a', '<f4')]", '(1,)'), 4, 'QS-FILE-04', 'records of several fields'],
    ['code', header("__import__('os').system('x')", '(1,)'), 4, 'QS-FILE-04', 'a string was expected'],
    ['a shape with code', header("'<f4'", '(2, 2**30)'), 4, 'QS-FILE-04', "')' was expected"],
    ['a number for a shape', header("'<f4'", '(4)'), 16, 'QS-FILE-04', 'a number instead of a tuple'],
    ['a negative size', header("'<f4'", '(-1,)'), 4, 'QS-FILE-04', 'a whole number was expected'],
    ['too many dimensions', header("'<f4'", `(${'1,'.repeat(65)})`), 4, 'QS-FILE-04', 'too large'],
    [
      'a shape past 2⁵³',
      header("'<f4'", '(9007199254740991, 9)'),
      4,
      'QS-FILE-04',
      'more elements than can be counted',
    ],
    ['too little data', header("'<f4'", '(1000,)'), 16, 'QS-FILE-03', 'needs 4,000 bytes, and 16 are present'],
    ['too much data', header("'<f4'", '(1,)'), 5, 'QS-FILE-04', 'needs 4 bytes, and 5 are present'],
    ['a key twice', "{'descr': '<f4', 'descr': '<f4', }", 4, 'QS-FILE-04', 'has "descr" where it should not'],
    ['another key', "{'x': '<f4'}", 4, 'QS-FILE-04', 'has "x" where it should not'],
    ['a missing key', "{'descr': '<f4'}", 4, 'QS-FILE-04', 'lacks descr, fortran_order or shape'],
    ['something behind', `${header("'<f4'", '(1,)')}#`, 4, 'QS-FILE-04', 'something follows'],
    ['nothing', '', 4, 'QS-FILE-04', "'{' was expected"],
    ['another boolean', header("'<f4'", '(1,)', 'Falsey'), 4, 'QS-FILE-04', 'True or False was expected'],
    ['ten thousand bytes', ' '.repeat(10_001), 4, 'QS-FILE-04', 'the limit is 10,000'],
  ])('with %s are refused', async (_, text, data, code, says) => {
    const error = await rejection(openCheckpoint([npy(text, data)]));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(says)]);
    expect(error.message).toContain('"a.npy"');
    const zipped = await rejection(
      openCheckpoint([zipFile([{ name: 'b.npy', bytes: npy(text, data).bytes }], 'a.npz')]),
    );
    expect([zipped.code, zipped.message]).toEqual([code, expect.stringContaining(says)]);
    expect(zipped.message).toContain('"b.npy" in "a.npz"');
  });

  it.each([
    ['ends in its prefix', pickled(0x93, 'NUMPY', 1, 0, 5), 'QS-FILE-03', 'its header is missing'],
    ['ends in its header', npy(header("'<f4'", '(1,)')).bytes.slice(0, 40), 'QS-FILE-03', 'ends inside its header'],
    ['is of version 4', npy(header("'<f4'", '(1,)'), 4, 4).bytes, 'QS-FILE-04', 'its version is 4.0'],
  ])('a file that %s is refused', async (_, bytes, code, says) => {
    const error = await rejection(openNpy(memorySource(bytes, 'a.npy')));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(says)]);
  });
});
