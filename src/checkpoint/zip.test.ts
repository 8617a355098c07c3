/** The ZIP reader: what it opens, how little it reads, and everything it refuses. */
import { describe, expect, it } from 'vitest';
import { memorySource } from './bytes';
import { counted, joined, rejection, sparseSource, zipFile, type MemberToZip } from './testing';
import { CHECKED_AT_ONCE, LARGEST_INFLATED, openZip, readMember, verifySmall } from './zip';

const text = (content: string) => new TextEncoder().encode(content);
const A: MemberToZip = { name: 'a.txt', bytes: text('alpha') };
const B: MemberToZip = { name: 'folder/b', bytes: new Uint8Array(40_000).fill(7), deflate: true };

const read = async (source: Parameters<typeof openZip>[0], name: string) => {
  const member = (await openZip(source)).members.get(name);
  if (member === undefined) throw new Error(`${name} is missing`);
  return [...(await readMember(member, 1e6))];
};

describe('openZip', () => {
  it.each([
    ['small fields', {}],
    ['ZIP64', { large: true }],
    ['a comment', { comment: 'made by PK\x05\x06 hand' }],
  ])('reads stored and deflated members with %s', async (_, choices) => {
    const zip = zipFile([A, B, { name: 'folder/', bytes: new Uint8Array() }], 'x.zip', choices);
    expect([...(await openZip(zip)).members.keys()]).toEqual(['a.txt', 'folder/b']);
    expect(await read(zip, 'a.txt')).toEqual([...A.bytes]);
    expect(await read(zip, 'folder/b')).toEqual([...B.bytes]);
  });

  it('reads an empty archive', async () => {
    expect((await openZip(zipFile([]))).members.size).toBe(0);
  });

  it('reads the directory when it opens and a range when it is asked for one', async () => {
    const zip = counted(zipFile([{ name: 'big', bytes: new Uint8Array(500_000).map((_, i) => i) }, A]));
    const { members } = await openZip(zip);
    expect(zip.total).toBeLessThan(70_000);
    const before = zip.total;
    expect([...(await members.get('big')!.source.read(300, 303))]).toEqual([44, 45, 46]);
    expect(zip.total - before).toBeLessThan(50);
    await expect(members.get('a.txt')!.source.read(0, 6)).rejects.toThrow(RangeError);
  });

  it('gives the head of a deflated member without inflating the rest', async () => {
    const bytes = new Uint8Array(5_000_000).map((_, i) => i ^ (i >> 8));
    const zip = counted(zipFile([{ name: 'd', bytes, deflate: true }]));
    const { source } = (await openZip(zip)).members.get('d')!;
    const before = zip.total;
    expect([...(await source.read(2, 5))]).toEqual([2, 3, 4]);
    expect(zip.total - before).toBeLessThan(20_000);
    expect(await source.read(4_999_000, 5_000_000)).toEqual(bytes.slice(4_999_000));
  });

  it('opens an archive beyond 4 GB', async () => {
    const far = 6 * 2 ** 30;
    const { bytes } = zipFile(
      [
        { ...A, size: far, packed: far, crc: 0 },
        { ...A, name: 'b', begin: far + 35 },
      ],
      'x',
      {
        large: true,
        begin: far + 70,
      },
    );
    // The two members, a hole, and behind it the second one and the directory, whose ZIP64 record is further by as much.
    const shift = far - A.bytes.length;
    const tail = bytes.slice(40);
    const view = new DataView(tail.buffer);
    const locator = tail.length - 22 - 20;
    view.setBigUint64(locator + 8, BigInt(bytes.length - 22 - 20 - 56 + shift), true);
    view.setBigUint64(locator - 8, BigInt(40 + 36 + shift), true);
    const entry = tail.length - 22 - 20 - 56 - 8;
    view.setBigUint64(entry, BigInt(40 + shift), true);
    const source = sparseSource('x', bytes.length + shift, [
      { at: 0, bytes: bytes.slice(0, 35) },
      { at: 40 + shift, bytes: tail },
    ]);
    const { members } = await openZip(source);
    expect(members.get('a.txt')?.size).toBe(far);
    expect(await read(source, 'b')).toEqual([...A.bytes]);
  });
});

describe('checksums', () => {
  const flipped = zipFile([A, { ...B, deflate: false, crc: 1 }]);

  it('are compared before a member is given out whole', async () => {
    const { members } = await openZip(flipped);
    const error = await rejection(readMember(members.get('folder/b')!, 1e6));
    expect([error.code, error.message]).toEqual([
      'QS-FILE-03',
      expect.stringContaining('"folder/b" do not have the checksum'),
    ]);
    expect(await readMember(members.get('a.txt')!, 10)).toEqual(A.bytes);
  });

  it('are compared at once in a small archive, and later in a large one', async () => {
    expect((await rejection(verifySmall(await openZip(flipped)))).code).toBe('QS-FILE-03');
    const large = { ...(await openZip(flipped)), source: { ...flipped, size: CHECKED_AT_ONCE + 1 } };
    await verifySmall(large);
  });

  it('are compared once, or again after a read that failed', async () => {
    const zip = counted(zipFile([{ ...B, deflate: false }]));
    let broken = false;
    const { members } = await openZip({
      ...zip,
      read: (begin, end) => (broken ? Promise.reject(new Error('unplugged')) : zip.read(begin, end)),
    });
    const member = members.get('folder/b')!;
    broken = true;
    expect((await rejection(member.verify())).message).toContain('unplugged');
    broken = false;
    await member.verify();
    const before = zip.total;
    await member.verify();
    expect(zip.total).toBe(before);
  });
});

describe('refused', () => {
  const zipped = (member: Partial<MemberToZip>, choices = {}) => zipFile([{ ...A, ...member }], 'x.pt', choices);
  const cut = (bytes: Uint8Array, from: number, to: number) =>
    memorySource(joined([bytes.slice(0, from), bytes.slice(to)]), 'x.pt');
  const good = zipFile([A, B], 'x.pt').bytes;
  const large = zipFile([A], 'x.pt', { large: true }).bytes;
  const patched = (bytes: Uint8Array, at: number, value: number) => {
    const copy = bytes.slice();
    copy[at < 0 ? bytes.length + at : at] = value;
    return memorySource(copy, 'x.pt');
  };

  it.each([
    ['no archive', memorySource(text('nothing'), 'x.pt'), 'QS-FILE-03', 'contents at its end is missing'],
    ['a cut end', cut(good, good.length - 1, good.length), 'QS-FILE-03', 'interrupted'],
    ['a cut begin', cut(good, 0, 3), 'QS-FILE-03', 'its table of contents should lie from byte'],
    ['a name twice', zipFile([A, A], 'x.pt'), 'QS-FILE-04', 'two members named "a.txt"'],
    ['a path upwards', zipped({ name: 'a/../../b' }), 'QS-FILE-04', 'outside of it'],
    ['an absolute path', zipped({ name: '/etc/passwd' }), 'QS-FILE-04', 'outside of it'],
    ['a drive', zipped({ name: 'C:x' }), 'QS-FILE-04', 'outside of it'],
    ['a backslash', zipped({ name: 'a\\b' }), 'QS-FILE-04', 'outside of it'],
    ['a NUL', zipped({ name: 'a\0b' }), 'QS-FILE-04', 'outside of it'],
    ['no name', zipped({ name: '' }), 'QS-FILE-04', 'outside of it'],
    ['an encrypted member', zipped({ flags: 1 }), 'QS-FILE-04', 'encrypted'],
    ['another compression', zipped({ method: 12 }), 'QS-FILE-04', 'compressed by method 12'],
    ['two sizes of a stored member', zipped({ size: 4 }), 'QS-FILE-03', 'has two sizes'],
    ['a member past the directory', zipped({ size: 400, packed: 400 }), 'QS-FILE-03', 'reaches into what follows it'],
    ['overlapping members', zipFile([A, { ...A, name: 'b', begin: 1 }], 'x.pt'), 'QS-FILE-03', 'reaches into'],
    ['two members in one place', zipFile([A, { ...A, name: 'b', begin: 0 }], 'x.pt'), 'QS-FILE-03', 'reaches into'],
    ['too many entries', zipFile([A], 'x.pt', { members: 2 }), 'QS-FILE-03', 'entry 2'],
    ['too few entries', zipFile([A, B], 'x.pt', { members: 1 }), 'QS-FILE-03', 'longer than its entries'],
    ['a million members', zipFile([A], 'x.pt', { members: 1e6, large: true }), 'QS-FILE-10', 'has 1,000,000 members'],
    ['a directory elsewhere', zipFile([A], 'x.pt', { begin: 3 }), 'QS-FILE-03', 'its table of contents should lie'],
    ['several disks', patched(good, -18, 1), 'QS-FILE-03', 'one part of several'],
    ['a missing ZIP64 record', patched(large, -42 - 56, 0), 'QS-FILE-03', 'ZIP64 record is missing'],
    ['a ZIP64 record elsewhere', patched(large, -42 + 13, 1), 'QS-FILE-03', 'ZIP64 record lies outside'],
    ['another ZIP64 length', patched(large, -42 - 52, 45), 'QS-FILE-03', 'has another length'],
    ['two directories that disagree', patched(large, -12, 9), 'QS-FILE-03', 'disagree'],
  ])('%s', async (_, source, code, says) => {
    const error = await rejection(openZip(source));
    expect(error.message).toContain(says);
    expect(error.message).toContain('"x.pt"');
    expect(error.code).toBe(code);
  });

  const packed = text('x'.repeat(3000));
  it.each([
    ['a member under another name in its place', { localName: 'other' }, 'is not where its table of contents says'],
    ['a deflated member that is damaged', { bytes: packed, method: 8 }, 'not valid deflated data'],
    [
      'a member that inflates to less',
      { bytes: packed, deflate: true, size: 4000 },
      'holds 3,000 bytes, but its entry says 4,000',
    ],
    ['a member that inflates to more', { bytes: packed, deflate: true, size: 2000 }, 'more than the 2,000 bytes'],
    ['a deflated member with another checksum', { bytes: packed, deflate: true, crc: 5 }, 'do not have the checksum'],
  ])('when it is read: %s', async (_, member, says) => {
    const { members } = await openZip(zipped(member));
    const error = await rejection(readMember(members.get('a.txt')!, 1e6));
    expect([error.code, error.message]).toEqual(['QS-FILE-03', expect.stringContaining(says)]);
  });

  it('a member above the limit of who reads it', async () => {
    const error = await rejection(readMember((await openZip(zipFile([A]))).members.get('a.txt')!, 4));
    expect([error.code, error.message]).toEqual([
      'QS-FILE-10',
      expect.stringContaining('has 5 bytes and the limit for it is 4'),
    ]);
  });

  it('bombs, by what they declare, before a byte is inflated', async () => {
    const bytes = new Uint8Array(200_000);
    for (const size of [LARGEST_INFLATED + 1, 20 * 2 ** 20]) {
      const zip = counted(zipFile([{ name: 'bomb', bytes, deflate: true, size }]));
      const { source } = (await openZip(zip)).members.get('bomb')!;
      const before = zip.total;
      const error = await rejection(source.read(0, 10).then(() => undefined));
      expect([error.code, error.message]).toEqual(['QS-FILE-10', expect.stringContaining('would grow from')]);
      expect(zip.total - before).toBeLessThan(100);
    }
  });
});
