/** Damaged files of weights and pictures: safetensors, PyTorch in a ZIP archive and without one, NumPy, PNG. */
import type { Random } from '../../base/random';
import { memorySource, type ByteSource } from '../../checkpoint/bytes';
import { crc32 } from '../../checkpoint/crc32';
import { openWeights } from '../../checkpoint/formats';
import { decodePng } from '../../checkpoint/png';
import { openSafetensors } from '../../checkpoint/safetensors';
import { readTensor, readTensorRaw } from '../../checkpoint/tensors';
import { counted, packing, zipFile, type MemberToZip } from '../../checkpoint/testing';
import { readImages } from '../../run/image-sets';
import { encodePng } from '../../run/png';
import { imagesNpz } from '../../run/testing/npz';
import type { FuzzKind } from './kind';
import { anyBytes, damagedBytes, damagedJson, damagedText, oneOf } from './mutate';
import { membersOf, seedFile } from './seeds';

const FIXTURES = 'src/checkpoint/fixtures';

/** What a view may repeat its bytes to (pytorch-names.ts). */
const LARGEST = 16 * 2 ** 20;

/** Opens it and reads its tensors; a reader that asks for more than there is, or gives more than it may, is at fault. */
async function openAll(source: ByteSource): Promise<void> {
  const reads = counted(source);
  const { tensors } = await openWeights(reads);
  for (const info of [...tensors.values()].slice(0, 40)) {
    const bytes = await readTensorRaw(info);
    if (bytes.length > LARGEST) throw new Error(`a tensor of ${bytes.length} bytes out of a file of ${source.size}`);
  }
  if (reads.largest > source.size) throw new Error(`a read of ${reads.largest} bytes of a file of ${source.size}`);
}

export async function archiveKinds(): Promise<FuzzKind[]> {
  return [
    safetensors(),
    ...(await pickles()),
    ...(await zips()),
    ...(await arrays()),
    pictures(),
    images(),
    {
      name: 'bytes that mean nothing',
      share: 20,
      make: (random) => {
        const begin = oneOf(random, ['', 'PK\x03\x04', '\x93NUMPY\x01\x00', '\x80\x02', '\x89PNG\r\n\x1a\n', 'GGUF']);
        const bytes = Buffer.concat([Buffer.from(begin, 'latin1'), anyBytes(random, 400)]);
        const name = oneOf(random, ['a.safetensors', 'a.pt', 'a.bin', 'a.npz', 'a.npy', 'a']);
        return () => openAll(memorySource(new Uint8Array(bytes), name));
      },
    },
  ];
}

function safetensors(): FuzzKind {
  const header = {
    __metadata__: { format: 'pt' },
    'model.layers.0.mlp.up_proj.weight': { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
    'model.norm.weight': { dtype: 'BF16', shape: [4], data_offsets: [24, 32] },
    empty: { dtype: 'F16', shape: [0, 9], data_offsets: [32, 32] },
    'lm_head.weight': { dtype: 'F16', shape: [2, 2], data_offsets: [32, 40] },
  };
  const data = Uint8Array.from({ length: 40 }, (_, i) => (i * 37) & 255);
  const fileOf = (text: string) => {
    const json = new TextEncoder().encode(text);
    return Buffer.concat([packing(['u64', json.length]), json, data]);
  };
  const whole = fileOf(JSON.stringify(header));
  return {
    name: 'safetensors header',
    share: 120,
    make(random) {
      const bytes = random.integer(2) === 0 ? damagedBytes(random, whole) : fileOf(damagedJson(random, header));
      return async () => {
        await openAll(memorySource(new Uint8Array(bytes), 'model.safetensors'));
        const { tensors } = await openSafetensors(memorySource(new Uint8Array(bytes), 'model.safetensors'));
        for (const info of tensors.values()) await readTensor(info);
      };
    },
  };
}

/** Opcodes of pickle, and the beginnings of its longer ones. */
const OPCODES =
  '()]}.0128KMJXtlduesabRQqhjcioINSUCBG\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95';
const NAMES = [
  'cos\nsystem\n',
  'c__builtin__\neval\n',
  'ctorch._utils\n_rebuild_tensor_v2\n',
  'ccollections\nOrderedDict\n',
];

/** A pickle with opcodes put in, taken out or exchanged, or any other damage. */
function damagedPickle(random: Random, bytes: Uint8Array): Uint8Array {
  if (random.integer(3) === 0) return damagedBytes(random, bytes);
  let all = Buffer.from(bytes);
  for (let left = 1 + random.integer(4); left > 0; left--) {
    const at = random.integer(all.length + 1);
    const put = oneOf(random, [
      ...Array.from({ length: 6 }, () => oneOf(random, [...OPCODES])),
      oneOf(random, NAMES),
      '('.repeat(random.integer(3000)),
      ']a'.repeat(random.integer(1000)),
      'X\xff\xff\xff\x7f',
      '\x8a\xff' + '\xff'.repeat(random.integer(255)),
    ]);
    all = Buffer.concat([all.subarray(0, at), Buffer.from(put, 'latin1'), all.subarray(at + random.integer(3))]);
  }
  return new Uint8Array(all);
}

/** Small ones mostly: damage finds its way into them sooner, and a case takes a tenth of the time. */
function mostlySmall<T>(random: Random, small: readonly T[], large: readonly T[]): T {
  return oneOf(random, random.integer(8) === 0 ? large : small);
}

async function pickles(): Promise<FuzzKind[]> {
  const zipped = (names: readonly string[]) => Promise.all(names.map((name) => membersOf(`${FIXTURES}/${name}`)));
  const small = await zipped(['alone.pt', 'module.pt', 'quantized.pt', 'wrapped.bin']);
  const large = await zipped(['views.pt', 'views-protocol-4.pt', 'training.pt']);
  const legacy = await Promise.all(
    ['views-legacy.pt', 'training-legacy.pt', 'module-legacy.pt'].map((name) => seedFile(`${FIXTURES}/${name}`)),
  );
  return [
    {
      name: 'pickle with a right checksum',
      share: 130,
      make(random) {
        const members = mostlySmall(random, small, large).map((member) =>
          member.name.endsWith('.pkl') ? { ...member, bytes: damagedPickle(random, member.bytes) } : member,
        );
        return () => openAll(zipFile(members, 'x.pt'));
      },
    },
    {
      name: 'pickle of old PyTorch',
      share: 60,
      make(random) {
        const bytes = damagedPickle(random, oneOf(random, legacy));
        return () => openAll(memorySource(bytes, 'x.pt'));
      },
    },
  ];
}

/** What an archive may say of a member that is not so. */
function lied(random: Random, member: MemberToZip): MemberToZip {
  const number = oneOf(random, [0, 1, member.bytes.length + 1, 65536, 2 ** 31, 2 ** 32 - 1]);
  const lies: Partial<MemberToZip>[] = [
    { size: number },
    { packed: number },
    { begin: number },
    { crc: number },
    { method: random.integer(100) },
    { flags: random.integer(65536) },
    { localName: oneOf(random, ['', '../x', member.name.slice(1), 'x'.repeat(65535)]) },
    { name: oneOf(random, ['', '../x', '/x', 'x\0y', 'x'.repeat(3000), 'archive/data.pkl']) },
    { deflate: true },
    { deflate: true, bytes: new Uint8Array(1 << random.integer(15)) },
  ];
  return { ...member, ...oneOf(random, lies) };
}

async function zips(): Promise<FuzzKind[]> {
  const small = ['alone.pt', 'module.pt', 'parts.pth', 'wrapped.bin'];
  const names = [...small, 'views.pt', 'training.pt', 'stored.npz', 'compressed.npz'];
  const files = await Promise.all(names.map((name) => seedFile(`${FIXTURES}/${name}`)));
  const members = await Promise.all(names.map((name) => membersOf(`${FIXTURES}/${name}`)));
  return [
    {
      name: 'zip archive',
      share: 110,
      make(random) {
        const which = random.integer(random.integer(8) === 0 ? names.length : small.length);
        if (random.integer(2) === 0) {
          const from = random.integer(3) === 0 ? 0 : Math.max(0, files[which].length - 600);
          const bytes = damagedBytes(random, files[which], 4, from);
          return () => openAll(memorySource(bytes, names[which]));
        }
        let all = [...members[which]];
        for (let left = 1 + random.integer(3); left > 0; left--) {
          const at = random.integer(all.length);
          all = random.integer(6) === 0 ? [...all, all[at]] : all.with(at, lied(random, all[at]));
        }
        const large = random.integer(4) === 0;
        return () =>
          openAll(zipFile(all, names[which], { large, comment: random.integer(9) === 0 ? 'PK\x05\x06' : '' }));
      },
    },
  ];
}

async function arrays(): Promise<FuzzKind[]> {
  const npy = await seedFile(`${FIXTURES}/fortran.npy`);
  const npz = (await membersOf(`${FIXTURES}/stored.npz`)).slice(0, 3);
  const damagedNpy = (random: Random, bytes: Uint8Array) => {
    if (random.integer(2) === 0) return damagedBytes(random, bytes, 4, 0, 128);
    const length = bytes[8] + 256 * bytes[9];
    const text = damagedText(random, new TextDecoder('latin1').decode(bytes.subarray(10, 10 + length)));
    const header = Buffer.from(text, 'latin1');
    return new Uint8Array(
      Buffer.concat([
        bytes.subarray(0, 8),
        packing(['u16', header.length & 65535]),
        header,
        bytes.subarray(10 + length),
      ]),
    );
  };
  return [
    {
      name: 'NumPy array',
      share: 60,
      make(random) {
        const bytes = damagedNpy(random, npy);
        return () => openAll(memorySource(bytes, 'x.npy'));
      },
    },
    {
      name: 'NumPy archive',
      share: 40,
      make(random) {
        const at = random.integer(npz.length);
        const members = npz.with(at, { ...npz[at], bytes: damagedNpy(random, npz[at].bytes) });
        return () => openAll(zipFile(members, 'x.npz'));
      },
    },
  ];
}

function pictures(): FuzzKind {
  const pixels = Uint8Array.from({ length: 9 * 7 * 3 }, (_, i) => (i * 29) & 255);
  const whole = encodePng({ width: 9, height: 7, channels: 3, pixels });
  return {
    name: 'PNG picture',
    share: 60,
    make(random) {
      const bytes = damagedBytes(random, whole);
      // Mostly under right checksums, which would stop nearly all damage.
      if (random.integer(4) > 0) mendChecksums(bytes);
      return () => decodePng(bytes, 'x.png');
    },
  };
}

function mendChecksums(png: Uint8Array): void {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  for (let at = 8; at + 12 <= png.length;) {
    const length = view.getUint32(at);
    if (at + 12 + length > png.length) return;
    view.setUint32(at + 8 + length, crc32(png.subarray(at + 4, at + 8 + length)));
    at += 12 + length;
  }
}

function images(): FuzzKind {
  const size = 4;
  const whole = imagesNpz(6, size, 3, 1);
  const image = { size, channels: 3, patch: 2, scaling: null };
  const model = { image, classes: 3 } as unknown as Parameters<typeof readImages>[1];
  return {
    name: 'set of images',
    share: 40,
    make(random) {
      const bytes = damagedBytes(random, whole);
      return () => readImages(memorySource(bytes, 'calibration.npz'), model, 4, random.integer(4));
    },
  };
}
