import { describe, expect, it } from 'vitest';
import { memorySource, type ByteSource } from './bytes';
import { describeShared, sourcesIn } from '../testing/shared';
import { counted, floats, rejection, safetensorsFile, textSource } from './testing';
import { openSafetensors, readRows, readTensor, readTensorRaw } from './safetensors';
import { encodeFloat32 } from './dtype';

const entry = (dtype: string, shape: unknown, ...offsets: unknown[]) => ({ dtype, shape, data_offsets: offsets });

/** A file of which only the first bytes are real; the rest reads as zeros. */
function mostlyImagined(real: Uint8Array, size: number): ByteSource {
  return {
    name: 'huge.safetensors',
    size,
    read(begin, end) {
      const bytes = new Uint8Array(end - begin);
      bytes.set(real.subarray(begin, end));
      return Promise.resolve(bytes);
    },
  };
}

describe('openSafetensors', () => {
  it('reads names, dtypes, shapes, absolute ranges and metadata', async () => {
    const header = { __metadata__: { format: 'pt' }, b: entry('F16', [3], 16, 22), a: entry('F32', [2, 2], 0, 16) };
    const source = safetensorsFile(header, 22);
    const file = await openSafetensors(source);
    const dataBegin = source.size - 22;
    expect([...file.metadata]).toEqual([['format', 'pt']]);
    expect([...file.tensors.values()]).toEqual([
      { name: 'a', dtype: 'F32', shape: [2, 2], begin: dataBegin, end: dataBegin + 16, source },
      { name: 'b', dtype: 'F16', shape: [3], begin: dataBegin + 16, end: dataBegin + 22, source },
    ]);
  });

  it.each([
    { what: 'no tensors', header: {}, data: 0, names: [] },
    { what: 'a scalar', header: { a: entry('F32', [], 0, 4) }, data: 4, names: ['a'] },
    {
      what: 'empty tensors on one spot',
      header: { b: entry('F32', [1], 0, 4), a: entry('F32', [0, 7], 0, 0), c: entry('F32', [0], 4, 4) },
      data: 4,
      names: ['a', 'b', 'c'],
    },
    { what: 'sub-byte dtypes', header: { a: entry('F4', [2, 3], 0, 3) }, data: 3, names: ['a'] },
    {
      what: 'spaces after the header',
      header: '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}   ',
      data: 1,
      names: ['a'],
    },
    {
      what: 'members it does not know',
      header: { a: { ...entry('U8', [1], 0, 1), note: [{}] } },
      data: 1,
      names: ['a'],
    },
    {
      what: 'names that are special to JavaScript',
      header: '{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
      data: 1,
      names: ['__proto__'],
    },
  ])('accepts $what', async ({ header, data, names }) => {
    const file = await openSafetensors(safetensorsFile(header, data));
    expect([...file.tensors.keys()]).toEqual(names);
  });

  // The instructive cases of ../shared/malformed, rebuilt so that they run without that folder; and some more.
  it.each([
    {
      what: 'a second entry of one name',
      header:
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
      data: 8,
      code: 'QS-FILE-04',
      says: 'names "a" twice',
    },
    {
      what: 'a second dtype',
      header: '{"a":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}}',
      data: 4,
      code: 'QS-FILE-04',
      says: 'two values of "dtype"',
    },
    {
      what: 'a second __metadata__',
      header: '{"__metadata__":{},"__metadata__":{}}',
      data: 0,
      code: 'QS-FILE-04',
      says: 'twice',
    },
    {
      what: 'metadata that is not a string',
      header: { __metadata__: { x: 1 } },
      data: 0,
      code: 'QS-FILE-04',
      says: '"x" is of kind number',
    },
    {
      what: 'metadata that is not an object',
      header: { __metadata__: 'x' },
      data: 0,
      code: 'QS-FILE-04',
      says: 'an object was expected',
    },
    {
      what: '200,000 nested arrays',
      header: `{"__metadata__":${'['.repeat(200_000)}`,
      data: 0,
      code: 'QS-FILE-04',
      says: 'an object was expected',
    },
    {
      what: 'nesting inside a member it ignores',
      header: `{"a":{"note":${'['.repeat(200_000)}`,
      data: 0,
      code: 'QS-FILE-04',
      says: 'nested more than 64',
    },
    { what: 'an unknown dtype', header: { a: entry('F13', [2], 0, 8) }, data: 8, code: 'QS-FILE-04', says: '"F13"' },
    {
      what: 'a negative dimension',
      header: { a: entry('F32', [-2, 2], 0, 16) },
      data: 16,
      code: 'QS-FILE-04',
      says: '"-2"',
    },
    {
      what: 'a fractional offset',
      header: { a: entry('F32', [2, 2], 0.5, 16.5) },
      data: 20,
      code: 'QS-FILE-04',
      says: '"0.5"',
    },
    {
      what: 'an exponent in a shape',
      header: '{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}',
      data: 1,
      code: 'QS-FILE-04',
      says: '"1e0"',
    },
    {
      what: 'a dimension past 2⁵³',
      header: '{"a":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,1]}}',
      data: 1,
      code: 'QS-FILE-04',
      says: '"9007199254740993"',
    },
    {
      what: 'a shape that is a string',
      header: { a: entry('F32', '22', 0, 16) },
      data: 16,
      code: 'QS-FILE-04',
      says: 'an array was expected',
    },
    {
      what: 'a product that overflows',
      header: { a: entry('F32', [2 ** 32, 2 ** 32, 4], 0, 16) },
      data: 16,
      code: 'QS-FILE-04',
      says: 'no whole number of bytes',
    },
    {
      what: 'a sub-byte tensor that ends inside a byte',
      header: { a: entry('F4', [3], 0, 2) },
      data: 2,
      code: 'QS-FILE-04',
      says: 'no whole number of bytes',
    },
    {
      what: 'more than 64 dimensions',
      header: { a: entry('U8', new Array(65).fill(1), 0, 1) },
      data: 1,
      code: 'QS-FILE-04',
      says: 'more than 64',
    },
    {
      what: 'three offsets',
      header: { a: entry('U8', [1], 0, 1, 1) },
      data: 1,
      code: 'QS-FILE-04',
      says: 'more than 2',
    },
    { what: 'one offset', header: { a: entry('U8', [1], 0) }, data: 1, code: 'QS-FILE-04', says: 'lacks' },
    {
      what: 'a shape of more bytes than the range',
      header: { a: entry('F32', [3, 2], 0, 16) },
      data: 16,
      code: 'QS-FILE-04',
      says: 'needs 24 bytes, but its range has 16',
    },
    {
      what: 'an end before the begin',
      header: { a: entry('F32', [2, 2], 16, 0) },
      data: 16,
      code: 'QS-FILE-04',
      says: 'before its begin',
    },
    {
      what: 'half a surrogate pair in a name',
      header: '{"\\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
      data: 1,
      code: 'QS-FILE-04',
      says: 'surrogate',
    },
    { what: 'a space before the header', header: ' {}', data: 0, code: 'QS-FILE-04', says: 'does not begin with "{"' },
    { what: 'a byte order mark', header: '\ufeff{}', data: 0, code: 'QS-FILE-04', says: 'does not begin with "{"' },
    { what: 'a NUL after the header', header: '{}\0', data: 0, code: 'QS-FILE-04', says: 'U+0000 follows the end' },
    {
      what: 'a hole',
      header: { a: entry('F32', [4], 0, 16), b: entry('F32', [2], 32, 40) },
      data: 40,
      code: 'QS-FILE-03',
      says: 'past the end of',
    },
    {
      what: 'an overlap',
      header: { a: entry('F32', [4], 0, 16), b: entry('F32', [2], 8, 16) },
      data: 16,
      code: 'QS-FILE-03',
      says: 'inside',
    },
    {
      what: 'a first tensor that is not at 0',
      header: { a: entry('F32', [1], 4, 8) },
      data: 8,
      code: 'QS-FILE-03',
      says: 'ends at 0',
    },
    {
      what: 'bytes after the last tensor',
      header: { a: entry('F32', [1], 0, 4) },
      data: 68,
      code: 'QS-FILE-03',
      says: '64 bytes follow',
    },
    {
      what: 'data that ends early',
      header: { a: entry('F32', [512, 1024], 0, 2097152) },
      data: 1_000,
      code: 'QS-FILE-03',
      says: 'describes 2,097,152 bytes of data but 1,000 are present',
    },
  ])('refuses $what', async ({ header, data, code, says }) => {
    const error = await rejection(openSafetensors(safetensorsFile(header, data)));
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
    expect(error.message).toMatch(/^"model\.safetensors" .*; (?:download|export).*$/s);
    expect(error.message.length).toBeLessThan(500);
  });

  it('refuses bytes that are not UTF-8', async () => {
    const source = safetensorsFile('{"??":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4);
    source.bytes.set([0xff, 0xfe], 10);
    expect((await rejection(openSafetensors(source))).message).toContain('not valid UTF-8');
  });

  it.each([
    { length: 0xffff_ffff_ffff_ffffn, code: 'QS-FILE-04', says: 'the limit is 100,000,000' },
    { length: 2n ** 53n + 1n, code: 'QS-FILE-04', says: 'the limit is 100,000,000' },
    { length: 100_000_001n, code: 'QS-FILE-04', says: 'reads as 100,000,001 bytes' },
    { length: 100_000_000n, code: 'QS-FILE-03', says: 'ends inside its header' },
    { length: 3n, code: 'QS-FILE-03', says: 'takes 3 bytes while 2 are present' },
  ])('refuses a header length of $length without reading it', async ({ length, code, says }) => {
    const source = safetensorsFile('{}');
    new DataView(source.bytes.buffer).setBigUint64(0, length, true);
    const reads = counted(source);
    const error = await rejection(openSafetensors(reads));
    expect([error.code, reads.largest <= 512]).toEqual([code, true]);
    expect(error.message).toContain(says);
  });

  it.each([0, 7])('refuses a file of %i bytes', async (size) => {
    const error = await rejection(openSafetensors(memorySource(new Uint8Array(size), 'model.safetensors')));
    expect(error.code).toBe('QS-FILE-03');
    expect(error.message).toContain(`has ${size} bytes`);
  });

  it.each([
    {
      text: 'version https://git-lfs.github.com/spec/v1\noid sha256:d9a4\nsize 10074310\n',
      code: 'QS-FILE-05',
      says: 'git lfs pull',
    },
    { text: '<!doctype html><html><body>404: Not Found</body></html>', code: 'QS-FILE-04', says: 'web page' },
    { text: '{"error":"Repository not found"}', code: 'QS-FILE-04', says: 'JSON text' },
    { text: 'PK\x03\x04\0\0\b\b\0\0', code: 'QS-FILE-04', says: 'PyTorch' },
    { text: 'GGUF\x03\0\0\0\0\0\0\0', code: 'QS-FILE-04', says: 'GGUF' },
  ])('says what a file really is: $says', async ({ text, code, says }) => {
    const error = await rejection(openSafetensors(textSource(text, 'model.safetensors')));
    expect([error.code, error.message.includes(says)]).toEqual([code, true]);
  });

  it('keeps sentences short and visible whatever a tensor is called', async () => {
    const header = { ['\u202e\u0007' + 'x'.repeat(1_000_000)]: entry('F13', [], 0, 4) };
    const { message } = await rejection(openSafetensors(safetensorsFile(header, 4)));
    expect(message.length).toBeLessThan(300);
    expect(message).not.toMatch(/[\u202e\u0007]/);
  });

  it('opens a file of 10 GB by reading its header alone', async () => {
    const bytes = 10_000_000_000;
    const { bytes: real } = safetensorsFile({ w: entry('F16', [bytes / 4, 2], 0, bytes) });
    const source = counted(mostlyImagined(real, real.length + bytes));
    const file = await openSafetensors(source);
    expect(source.total).toBe(real.length);
    expect(file.tensors.get('w')?.end).toBe(real.length + bytes);
    expect(await readRows(file.tensors.get('w')!, bytes / 4 - 1, bytes / 4)).toEqual(Float32Array.of(0, 0));
    expect(source.total).toBe(real.length + 4);
  });

  it('says so when a file was changed or moved after it was dropped', async () => {
    const source = safetensorsFile({}, 0);
    const moved = { ...source, read: () => Promise.reject(new DOMException('gone', 'NotReadableError')) };
    const short = { ...source, read: () => Promise.resolve(new Uint8Array(1)) };
    expect((await rejection(openSafetensors(moved))).message).toContain('cannot be read (gone)');
    expect((await rejection(openSafetensors(short))).message).toContain('gave 1 of the 8 bytes');
  });
});

describe('reading tensors', () => {
  const values = Array.from({ length: 12 }, (_, i) => i - 5.5);

  it.each(['F32', 'F16', 'BF16'] as const)('reads %s, whole and by rows, off any alignment', async (dtype) => {
    const bytes = encodeFloat32(dtype, Float32Array.from(values));
    const header = { z: entry('U8', [1], 0, 1), w: entry(dtype, [4, 3], 1, 1 + bytes.length) };
    const { tensors } = await openSafetensors(safetensorsFile(header, Uint8Array.of(7, ...bytes)));
    const info = tensors.get('w')!;
    expect([...(await readTensor(info))]).toEqual(values);
    expect([...(await readRows(info, 1, 3))]).toEqual(values.slice(3, 9));
    expect(await readRows(info, 4, 4)).toHaveLength(0);
    expect(await readTensorRaw(info)).toEqual(bytes);
  });

  it('reads a tensor larger than one piece, piece by piece', async () => {
    const count = 9 * 2 ** 20; // 36 MiB
    const data = new Float32Array(count).map((_, i) => i);
    const source = counted(safetensorsFile({ w: entry('F32', [count], 0, count * 4) }, new Uint8Array(data.buffer)));
    const { tensors } = await openSafetensors(source);
    const read = await readTensor(tensors.get('w')!);
    expect(Buffer.compare(Buffer.from(read.buffer), Buffer.from(data.buffer))).toBe(0);
    expect(source.largest).toBe(32 * 2 ** 20);
  });

  it('refuses a dtype weights do not have', async () => {
    const { tensors } = await openSafetensors(safetensorsFile({ w: entry('I8', [4], 0, 4) }, 4));
    const error = await rejection(readTensor(tensors.get('w')!));
    expect(error.code).toBe('QS-FILE-01');
    expect(error.message).toContain('tensor "w" of "model.safetensors" is stored as I8');
  });

  it('refuses a tensor larger than memory with a sentence', async () => {
    const bytes = 2 ** 46;
    const { bytes: real } = safetensorsFile({ w: entry('F32', [bytes / 4], 0, bytes) });
    const { tensors } = await openSafetensors(mostlyImagined(real, real.length + bytes));
    expect((await rejection(readTensor(tensors.get('w')!))).code).toBe('QS-FILE-10');
  });

  it('treats rows that are not there as a bug', async () => {
    const { tensors } = await openSafetensors(
      safetensorsFile({ w: entry('F32', [1, 1], 0, 4), v: entry('F32', [1], 4, 8) }, floats(1, 2)),
    );
    expect(() => readRows(tensors.get('w')!, 0, 2)).toThrow('bug: rows 0 to 2');
    expect(() => readRows(tensors.get('v')!, 0, 1)).toThrow('bug: rows were asked');
  });
});

describeShared('golden', 'files of another writer', (folder) => {
  it('opens all of them', async () => {
    const files = [...sourcesIn(folder).values()].filter(({ name }) => name.endsWith('.safetensors'));
    for (const source of files) expect((await openSafetensors(source)).tensors.size).toBeGreaterThan(0);
    expect(files.length).toBeGreaterThan(5);
  });
});
