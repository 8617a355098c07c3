/**
 * PyTorch files through the front door, against what torch itself loads from them (fixtures/make.py): both containers, views, training
 * checkpoints, what is refused, and how little of a large file is read.
 */
import { describe, expect, it } from 'vitest';
import { memorySource, renamed, type ByteSource } from './bytes';
import { openCheckpoint } from './checkpoint';
import { decodeNumbers, type Dtype } from './dtype';
import { fingerprintOf } from './fingerprint';
import { openWeights } from './formats';
import { readRows, readTensor, readTensorRaw } from './tensors';
import {
  counted,
  expectedTensors,
  fixture,
  packing,
  pickled,
  rejection,
  safetensorsFile,
  sparseSource,
  textSource,
  zipFile,
  type ExpectedTensor,
  type MemberToZip,
  type PicklePart,
} from './testing';
import { openZip, readMember } from './zip';

const FILES = ['views.pt', 'views-protocol-4.pt', 'views-legacy.pt', 'training.pt', 'training-legacy.pt'];
const MORE_FILES = ['wrapped.bin', 'parts.pth', 'alone.pt'];

/** As F32 holds them; 64-bit integers as they are. */
function rounded({ dtype, values }: ExpectedTensor): number[] {
  const numbers = values.map((value) => Number(value === 'inf' ? Infinity : value));
  return dtype.includes('F') ? numbers.map(Math.fround) : numbers;
}

/** The values of a little-endian tensor of any type. */
function decoded(dtype: Dtype, bytes: Uint8Array): number[] {
  if (dtype === 'I64') return Array.from(new BigInt64Array(bytes.slice().buffer), Number);
  return [...(decodeNumbers(dtype, bytes) ?? [])];
}

/** The members of a PyTorch file, for tests that change one. */
async function membersOf(file: string): Promise<MemberToZip[]> {
  const { members } = await openZip(fixture(file));
  const named = [...members.values()];
  return Promise.all(named.map(async (member) => ({ name: member.name, bytes: await readMember(member, 1e6) })));
}

describe('files that torch.save wrote', () => {
  it.each([...FILES, ...MORE_FILES])('%s has the tensors torch.load gives', async (name) => {
    const expected = expectedTensors(name);
    const { format, tensors, totalBytes } = await openCheckpoint([fixture(name)]);
    expect(format).toBe('pytorch');
    expect([...tensors.keys()]).toEqual([...expected.keys()]);
    let bytes = 0;
    for (const [key, facts] of expected) {
      const info = tensors.get(key)!;
      expect({ dtype: info.dtype, shape: info.shape }).toEqual({ dtype: facts.dtype, shape: facts.shape });
      const raw = await readTensorRaw(info);
      expect(decoded(info.dtype, raw), key).toEqual(rounded(facts));
      bytes += raw.length;
    }
    expect(totalBytes).toBe(bytes);
  });

  it.each(['views.pt', 'views-legacy.pt'])(
    '%s reads floats and rows, and refuses integers as weights',
    async (name) => {
      const { tensors } = await openWeights(fixture(name));
      const expected = expectedTensors(name);
      for (const [key, info] of tensors) {
        if (['F64', 'F32', 'F16', 'BF16'].includes(info.dtype)) {
          expect([...(await readTensor(info))], key).toEqual(rounded(expected.get(key)!));
        } else {
          expect((await rejection(readTensor(info))).code).toBe('QS-FILE-01');
        }
      }
      const turned = tensors.get('view.transposed')!;
      expect([...(await readRows(turned, 2, 4))]).toEqual(rounded(expected.get('view.transposed')!).slice(12, 24));
    },
  );

  it('has the fingerprint of the same model in safetensors, whatever the container', async () => {
    const prints = new Set<string>();
    for (const name of ['views.pt', 'views-legacy.pt', 'views-protocol-4.pt']) {
      // Each file has random numbers of its own: what is compared is the way from the file to the bytes.
      const checkpoint = await openCheckpoint([fixture(name)]);
      const parts: Uint8Array[] = [];
      const header: Record<string, unknown> = {};
      let at = 0;
      for (const [key, info] of checkpoint.tensors) {
        const bytes = await readTensorRaw(info);
        header[key] = { dtype: info.dtype, shape: info.shape, data_offsets: [at, at + bytes.length] };
        at += bytes.length;
        parts.push(bytes);
      }
      const copy = await openCheckpoint([safetensorsFile(header, pickled(...parts))]);
      expect(await fingerprintOf(checkpoint)).toBe(await fingerprintOf(copy));
      prints.add(await fingerprintOf(copy));
    }
    expect(prints.size).toBe(3);
  });
});

describe('what is taken out of a training checkpoint', () => {
  const notes = async (name: string) => Object.fromEntries((await openCheckpoint([fixture(name)])).metadata);

  it.each([
    ['training.pt', 'zip'],
    ['training-legacy.pt', 'legacy'],
  ])('%s: the averaged weights, and the rest is said', async (name, container) => {
    const { 'pytorch.also_found': found, ...others } = await notes(name);
    expect(others).toEqual({
      'pytorch.container': container,
      'pytorch.chosen': 'ema',
      'pytorch.value.args': '{"model":"DiT-XS/2","image_size":32,"lr":0.0001,"tags":["a","b"],"class_dropout":null}',
      'pytorch.value.epoch': '3',
      'pytorch.value.size': '[3,4]',
    });
    for (const each of ['model (7 tensors)', 'opt (training state, left out)', 'args (argparse.Namespace)']) {
      expect(found).toContain(each);
    }
  });

  it('a state_dict whose wrapper is stripped', async () => {
    expect(await notes('wrapped.bin')).toEqual({
      'pytorch.container': 'zip',
      'pytorch.chosen': 'state_dict',
      'pytorch.stripped_prefix': 'module.',
      'pytorch.also_found': 'lr_scheduler (training state, left out), config (dictionary)',
      'pytorch.value.config': '{"d":2}',
    });
  });

  it('all parts where none has a known name', async () => {
    expect(await notes('parts.pth')).toEqual({ 'pytorch.container': 'zip', 'pytorch.skipped': 'step (number)' });
  });
});

describe('a folder', () => {
  const bin = (path: string) => renamed(fixture('wrapped.bin'), path);
  const config = (path: string) => textSource('{"model_type":"llama"}', path);

  it('of pytorch_model.bin with what trainers leave beside it', async () => {
    const junk = textSource('junk', 'm/x');
    const checkpoint = await openCheckpoint([
      bin('m/pytorch_model.bin'),
      config('m/config.json'),
      ...['training_args.bin', 'optimizer.pt', 'scheduler.pt', 'rng_state_0.pth', 'other.pt'].map((name) =>
        renamed(junk, `m/${name}`),
      ),
    ]);
    expect(checkpoint).toMatchObject({ name: 'm', format: 'pytorch', config: { model_type: 'llama' } });
    expect(checkpoint.sources.map(({ name }) => name)).toEqual(['pytorch_model.bin', 'config.json']);
    expect(checkpoint.ignored).toHaveLength(5);
  });

  it('of shards with their index', async () => {
    const part = (n: number) => `pytorch_model-0000${n}-of-00002.bin`;
    const index = (weightMap: unknown) =>
      textSource(JSON.stringify({ weight_map: weightMap }), 'm/pytorch_model.bin.index.json');
    const shards = [renamed(fixture('wrapped.bin'), `m/${part(1)}`), renamed(fixture('parts.pth'), `m/${part(2)}`)];
    const weightMap = {
      weight: part(1),
      bias: part(1),
      'encoder.w': part(2),
      'layers.0': part(2),
      'layers.1': part(2),
    };
    const checkpoint = await openCheckpoint([...shards, index(weightMap), config('m/config.json')]);
    expect([...checkpoint.tensors.keys()]).toEqual(Object.keys(weightMap));
    const missing = await rejection(openCheckpoint([shards[0], index(weightMap)]));
    expect([missing.code, missing.message]).toEqual(['QS-FILE-06', expect.stringContaining(part(2))]);
    const uncounted = await rejection(openCheckpoint([shards[0]]));
    expect([uncounted.code, uncounted.message]).toEqual(['QS-FILE-06', expect.stringContaining(part(2))]);
  });

  it('with safetensors too: those are taken', async () => {
    const weights = safetensorsFile(
      { w: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } },
      4,
      'm/model.safetensors',
    );
    const checkpoint = await openCheckpoint([
      weights,
      bin('m/pytorch_model.bin'),
      textSource('{}', 'm/pytorch_model.bin.index.json'),
    ]);
    expect(checkpoint.format).toBe('safetensors');
    expect(checkpoint.ignored).toEqual(['pytorch_model.bin', 'pytorch_model.bin.index.json']);
  });

  it('of files in two formats under the names of one is refused', async () => {
    const weights = safetensorsFile({ w: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, 4, 'a.pt');
    const error = await rejection(openCheckpoint([weights, renamed(fixture('alone.pt'), 'b.pt')]));
    expect([error.code, error.message]).toEqual([
      'QS-FILE-03',
      expect.stringContaining('"a.pt" is in the format safetensors and "b.pt" in pytorch'),
    ]);
  });
});

describe('the content decides, not the name', () => {
  it.each(['weights', 'model.safetensors', 'model.zip', 'model.npz', 'model.dat'])(
    'for a PyTorch file called %s',
    async (name) => {
      for (const file of ['alone.pt', 'views-legacy.pt']) {
        expect((await openCheckpoint([renamed(fixture(file), name)])).format).toBe('pytorch');
      }
    },
  );

  it('for safetensors called model.bin', async () => {
    const weights = safetensorsFile({ w: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, 4, 'model.bin');
    expect(await openCheckpoint([weights])).toMatchObject({ name: 'model', format: 'safetensors' });
  });

  it.each([
    ['a text', textSource('hello', 'model.bin'), 'does not begin as a PyTorch file'],
    ['nothing', textSource('', 'model.pt'), 'does not begin as a PyTorch file'],
    [
      'another pickle',
      memorySource(pickled(0x80, 3, 'N.'), 'model.pt'),
      'a Python pickle that torch.save did not write',
    ],
    ['a web page', textSource('<!DOCTYPE html>', 'model.bin'), 'a web page'],
    ['GGUF', textSource('GGUF', 'model.bin'), 'a GGUF file'],
    ['a text called .npy', textSource('hello', 'a.npy'), 'does not begin as a NumPy file'],
    [
      'another archive',
      zipFile([{ name: 'a', bytes: new Uint8Array() }], 'model.pt'),
      'with neither the data.pkl of a PyTorch',
    ],
  ])('and %s is refused', async (_, source, says) => {
    const error = await rejection(openCheckpoint([source]));
    expect([error.code, error.message]).toEqual(['QS-FILE-04', expect.stringContaining(says)]);
  });

  it('and a Git LFS pointer is one', async () => {
    const pointer = textSource('version https://git-lfs.github.com/spec/v1\n', 'pytorch_model.bin');
    expect((await rejection(openCheckpoint([pointer]))).code).toBe('QS-FILE-05');
  });
});

describe('a large file', () => {
  /** One storage of `count` floats in a file of any size: head, hole, and the table of contents behind it. */
  async function largeFile(count: number): Promise<ByteSource & { readonly total: number; readonly largest: number }> {
    const size = count * 4;
    const pickle = pickled(
      ...[0x80, 2, '}X', packing(['u32', 1]), 'w', 'ctorch._utils\n_rebuild_tensor_v2\n(('],
      ...[
        'X',
        packing(['u32', 7]),
        'storage',
        'ctorch\nFloatStorage\nX',
        packing(['u32', 1]),
        '0',
        'X',
        packing(['u32', 3]),
        'cpu',
      ],
      ...[0x8a, 6, packing(['u64', count]).slice(0, 6), 'tQK', 0],
      ...[0x8a, 6, packing(['u64', count / 1000]).slice(0, 6), 'M', packing(['u16', 1000]), 0x86],
      ...['M', packing(['u16', 1000]), 'K', 1, 0x86, 0x89, 'NtRs.'],
    );
    const members = [
      { name: 'm/data.pkl', bytes: pickle },
      { name: 'm/data/0', bytes: new Uint8Array(), size, packed: size, crc: 0 },
    ];
    const whole = zipFile(members, 'large.pt', { large: true, begin: size }).bytes;
    const directory = 30 + 10 + pickle.length + 30 + 8;
    const tail = whole.slice(directory);
    const view = new DataView(tail.buffer);
    const locator = tail.length - 22 - 20;
    view.setBigUint64(locator + 8, BigInt(size + directory + tail.length - 22 - 20 - 56), true);
    view.setBigUint64(locator - 8, BigInt(size + directory), true);
    return counted(
      sparseSource('large.pt', size + whole.length, [
        { at: 0, bytes: whole.slice(0, directory) },
        { at: size + directory, bytes: tail },
      ]),
    );
  }

  it('of 12 GB opens by its table of contents and its pickle, and a slice of it is a slice of the file', async () => {
    const source = await largeFile(3e9);
    const { tensors, totalBytes } = await openCheckpoint([source]);
    expect(totalBytes).toBe(12e9);
    expect(tensors.get('w')?.shape).toEqual([3e6, 1000]);
    expect(source.total).toBeLessThan(70_000);
    await fingerprintOf({ tensors, config: null });
    expect(source.total).toBeLessThan(400_000);
  });

  it('has its checksums compared when a tensor is first read, a few megabytes at a time', async () => {
    const source = await largeFile(25e6);
    const { tensors } = await openCheckpoint([source]);
    const info = tensors.get('w')!;
    expect(source.total).toBeLessThan(70_000);
    // 100 MB of zeros do not have the checksum 0.
    const error = await rejection(readRows(info, 0, 1));
    expect([error.code, error.message]).toEqual([
      'QS-FILE-03',
      expect.stringContaining('"m/data/0" do not have the checksum'),
    ]);
    expect(source.largest).toBeLessThanOrEqual(4 * 2 ** 20);
    expect((await rejection(readTensorRaw(info))).code).toBe('QS-FILE-03');
  });
});

describe('refused', () => {
  it.each([
    ['module.pt', 'would run "torch.nn.modules.linear.Linear" when it is loaded'],
    ['module-legacy.pt', 'would run "torch.nn.modules.linear.Linear" when it is loaded'],
    ['script.pt', 'a TorchScript program'],
    ['quantized.pt', 'would run "torch._utils._rebuild_qtensor"'],
  ])('%s', async (name, says) => {
    const error = await rejection(openCheckpoint([fixture(name)]));
    expect([error.code, error.message]).toEqual(['QS-FILE-04', expect.stringContaining(says)]);
  });

  const withPickle = (...parts: PicklePart[]) => zipFile([{ name: 'x/data.pkl', bytes: pickled(...parts) }], 'x.pt');
  const legacyWith = (...parts: PicklePart[]) =>
    memorySource(pickled(fixture('views-legacy.pt').bytes.slice(0, 137), ...parts), 'x.pt');

  it.each([
    ['a call', "cos\nsystem\n(S'true'\ntR."],
    ['a call by INST', "(S'true'\nios\nsystem\n."],
    ['a call by OBJ', "(cos\nsystem\nS'true'\no."],
    ['a call inside a dictionary', "}S'model'\ncos\nsystem\n(S'true'\ntRs."],
  ])('%s of os.system, in both containers', async (_, pickle) => {
    for (const source of [withPickle(pickle), legacyWith(pickle)]) {
      const error = await rejection(openCheckpoint([source]));
      expect(error.code).toBe('QS-FILE-04');
      expect(error.message).toBe(
        '"x.pt" is a PyTorch file that would run "os.system" when it is loaded, and only tensors and plain values are read; ' +
          'save model.state_dict() alone, or convert it to safetensors where running it is safe',
      );
    }
  });

  const laughs = (levels: number) => {
    let parts = pickled(']q', 0);
    for (let i = 1; i < levels; i++)
      parts = pickled(parts, '](', ...Array.from({ length: 9 }, () => ['h', i - 1]).flat(), 'eq', i);
    return pickled('(', parts, 't.');
  };
  it.each<[string, PicklePart[], string]>([
    ['a list that holds itself', [']q', 0, 'h', 0, 'a.'], 'is a PyTorch file without tensors'],
    ['a billion laughs', [laughs(200)], 'it holds more than 2,000,000 values'],
    ['a million lists in each other', [']'.repeat(1e5), 'a'.repeat(1e5 - 1), '.'], 'is a PyTorch file without tensors'],
    ['no tensors', ['}.'], 'is a PyTorch file without tensors'],
    ['a name of 2,000 letters', ['}X', packing(['u32', 2000]), 'x'.repeat(2000), 'Ns.'], 'longer than 1024 characters'],
    ['a pickle that ends early', ['}'], 'its pickle ends early'],
    ['a pickle that is none', [0xff], 'its pickle breaks at byte'],
  ])('%s', async (_, pickle, says) => {
    const error = await rejection(openCheckpoint([withPickle(...pickle)]));
    expect(error.message).toContain(says);
  });
});

describe('refused archives', () => {
  const change = async (file: string, edit: (members: MemberToZip[]) => MemberToZip[], name = 'x.pt') =>
    rejection(openCheckpoint([zipFile(edit(await membersOf(file)), name)]));

  it.each<[string, (members: MemberToZip[]) => MemberToZip[], string, string]>([
    [
      'a missing storage',
      (all) => all.filter(({ name }) => !name.endsWith('data/0')),
      'QS-FILE-03',
      'which is missing',
    ],
    [
      'a short storage',
      (all) => all.map((each) => (each.name.endsWith('data/0') ? { ...each, bytes: each.bytes.slice(4) } : each)),
      'QS-FILE-03',
      'needs 24 bytes under the key "0", which has 20 bytes',
    ],
    [
      'a compressed storage',
      (all) => all.map((each) => ({ ...each, deflate: true })),
      'QS-FILE-04',
      'is compressed, which torch.save',
    ],
    [
      'big-endian bytes',
      (all) => [...all, { name: 'alone/byteorder', bytes: pickled('big') }],
      'QS-FILE-04',
      '"big" order',
    ],
    [
      'a long byteorder',
      (all) => [...all, { name: 'alone/byteorder', bytes: new Uint8Array(65) }],
      'QS-FILE-10',
      'limit for it is 64',
    ],
    [
      'two pickles',
      (all) => [...all, { name: 'b/data.pkl', bytes: pickled('N.') }],
      'QS-FILE-04',
      '2 members called data.pkl',
    ],
    [
      'a damaged pickle',
      (all) => all.map((each) => (each.name.endsWith('.pkl') ? { ...each, crc: 1 } : each)),
      'QS-FILE-03',
      'do not have the checksum',
    ],
    [
      'a damaged member that nothing uses',
      (all) => [...all, { name: 'alone/data/9', bytes: new Uint8Array(3), crc: 1 }],
      'QS-FILE-03',
      'do not have the checksum',
    ],
  ])('%s', async (_, edit, code, says) => {
    const error = await change('alone.pt', edit);
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(says)]);
  });

  it('but one whose pickle alone is compressed, or whose byteorder is little, opens', async () => {
    const members = await membersOf('alone.pt');
    const packed = members.map((each) => ({ ...each, deflate: each.name.endsWith('.pkl') }));
    const source = zipFile([...packed, { name: 'alone/byteorder', bytes: pickled('little') }], 'x.pt');
    expect([...(await openCheckpoint([source])).tensors.keys()]).toEqual(['x']);
  });
});

describe('refused older files', () => {
  const { bytes } = fixture('training-legacy.pt');
  const patched = (at: number, value: number) => {
    const copy = bytes.slice();
    copy[at < 0 ? bytes.length + at : at] = value;
    return memorySource(copy, 'x.pt');
  };
  const cut = (size: number) => memorySource(bytes.slice(0, size), 'x.pt');

  it.each<[string, ByteSource, string, string]>([
    ['a cut end', cut(bytes.length - 1), 'QS-FILE-03', 'so the download was probably interrupted'],
    ['a cut pickle', cut(1000), 'QS-FILE-03', 'its pickle ends early'],
    [
      'bytes behind the last storage',
      memorySource(pickled(bytes, 'x'), 'x.pt'),
      'QS-FILE-03',
      '1 bytes follow the last storage',
    ],
    ['another version', patched(18, 0), 'QS-FILE-04', 'another version'],
    ['big-endian bytes', patched(73, 0x89), 'QS-FILE-04', 'little-endian'],
    ['another length of a storage', patched(-16, 99), 'QS-FILE-03', 'another length than its tensors say'],
  ])('%s', async (_, source, code, says) => {
    const error = await rejection(openCheckpoint([source]));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(says)]);
  });

  it('but pickles longer than the first read are read', async () => {
    const padding = pickled('X', packing(['u32', 1.5e6]), 'x'.repeat(1.5e6), '0');
    const begin = 137 + 2;
    const source = counted(
      memorySource(pickled(bytes.slice(0, begin), padding, bytes.slice(begin)), 'training-legacy.pt'),
    );
    const { tensors } = await openCheckpoint([source]);
    expect([...tensors.keys()]).toEqual([...expectedTensors('training-legacy.pt').keys()]);
  });
});
