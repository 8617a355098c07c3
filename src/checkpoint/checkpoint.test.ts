import { describe, expect, it } from 'vitest';
import { memorySource, renamed, type ByteSource } from './bytes';
import { openCheckpoint } from './checkpoint';
import { describeShared, sourcesIn } from '../testing/shared';
import { counted, floats, rejection, safetensorsFile, textSource } from './testing';

/** A weight file of F32 tensors of one element each; the value is the position of the name. */
const weights = (path: string, ...names: string[]) =>
  safetensorsFile(
    Object.fromEntries(names.map((name, i) => [name, { dtype: 'F32', shape: [1], data_offsets: [i * 4, i * 4 + 4] }])),
    floats(...names.keys()),
    path,
  );

const indexOf = (weightMap: unknown, path = 'model.safetensors.index.json') =>
  textSource(JSON.stringify({ metadata: { total_size: 8 }, weight_map: weightMap }), path);

const config = (path = 'config.json') => textSource('{"model_type":"llama"}', path);

describe('openCheckpoint', () => {
  it('opens a lone weight file', async () => {
    const checkpoint = await openCheckpoint([weights('tiny.safetensors', 'a', 'b')]);
    expect(checkpoint).toMatchObject({
      name: 'tiny',
      format: 'safetensors',
      totalBytes: 8,
      config: null,
      tokenizer: null,
    });
    expect([...(await checkpoint.read('b'))]).toEqual([1]);
    expect(checkpoint.ignored).toEqual([]);
    const error = await rejection(checkpoint.read('c'));
    expect([error.code, error.message]).toEqual(['QS-FILE-07', expect.stringContaining('no tensor "c" among its 2')]);
  });

  it('opens a folder: strips what its paths share, keeps side files and texts, lists the rest', async () => {
    const checkpoint = await openCheckpoint([
      weights('models/tiny/model.safetensors', 'a'),
      config('models/tiny/config.json'),
      textSource('{"model":{}}', 'models/tiny/tokenizer.json'),
      textSource('\ufeff{"bos_token":"<s>"}', 'models/tiny/tokenizer_config.json'),
      textSource('{"text":"x"}', 'models/tiny/calibration.jsonl'),
      textSource('prose', 'models/tiny/texts/book.txt'),
      textSource('a b', 'models/tiny/merges.txt'),
      textSource('MIT', 'models/tiny/LICENSE.txt'),
      textSource('junk', 'models/tiny/._model.safetensors'),
      textSource('junk', 'models/tiny/pytorch_model.bin'),
      textSource('junk', 'models/tiny/README.md'),
      weights('models/tiny/original/consolidated.safetensors', 'a'),
    ]);
    expect(checkpoint.name).toBe('tiny');
    expect(checkpoint.config).toEqual({ model_type: 'llama' });
    expect(checkpoint.tokenizer).toEqual({ model: {} });
    expect(checkpoint.tokenizerConfig).toEqual({ bos_token: '<s>' });
    expect([...checkpoint.texts.keys()]).toEqual(['calibration.jsonl', 'texts/book.txt']);
    expect(checkpoint.sources.map(({ name }) => name)).toEqual([
      'model.safetensors',
      'config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'calibration.jsonl',
      'texts/book.txt',
      'merges.txt',
      'LICENSE.txt',
      'README.md',
    ]);
    expect(checkpoint.sideFiles.map(({ name }) => name)).toEqual([
      'config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'calibration.jsonl',
      'texts/book.txt',
      'merges.txt',
      'LICENSE.txt',
      'README.md',
    ]);
    expect(checkpoint.ignored).toEqual([
      '._model.safetensors',
      'original/consolidated.safetensors',
      'pytorch_model.bin',
    ]);
  });

  it('joins the shards of an index and leaves other weight files out', async () => {
    const checkpoint = await openCheckpoint([
      weights('m/model-00002-of-00002.safetensors', 'b'),
      weights('m/model-00001-of-00002.safetensors', 'a'),
      weights('m/consolidated.safetensors', 'a', 'b'),
      indexOf(
        { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' },
        'm/model.safetensors.index.json',
      ),
    ]);
    expect([...checkpoint.tensors.keys()]).toEqual(['a', 'b']);
    expect(checkpoint.tensors.get('b')?.source.name).toBe('model-00002-of-00002.safetensors');
    expect(checkpoint.ignored).toEqual(['consolidated.safetensors']);
    expect(checkpoint.sources.map(({ name }) => name)).toContain('model.safetensors.index.json');
  });

  it('joins weight files without an index', async () => {
    const checkpoint = await openCheckpoint([
      weights('model-00002-of-00002.safetensors', 'b'),
      weights('model-00001-of-00002.safetensors', 'a'),
    ]);
    expect([checkpoint.name, [...checkpoint.tensors.keys()]]).toEqual(['model', ['a', 'b']]);
  });

  it('reads headers and side files only', async () => {
    const large = counted(safetensorsFile({ w: { dtype: 'U8', shape: [1e6], data_offsets: [0, 1e6] } }, 1e6));
    await openCheckpoint([large, config()]);
    // The first 32 bytes twice: what tells the format.
    expect(large.total).toBe(large.size - 1e6 + 32);
  });

  const part = (number: number, count: number) => `model-0000${number}-of-0000${count}.safetensors`;
  it.each<{ what: string; sources: ByteSource[]; code: string; says: string }>([
    { what: 'no files', sources: [], code: 'QS-FILE-04', says: 'no files were chosen' },
    {
      what: 'no weights',
      sources: [config(), textSource('x', 'a.txt')],
      code: 'QS-FILE-04',
      says: 'none of "config.json", "a.txt" holds weights',
    },
    {
      what: 'only a format that is not opened',
      sources: [config(), textSource('?', 'model.onnx')],
      code: 'QS-FILE-04',
      says: 'ONNX',
    },
    {
      what: 'a legacy pickle without a telling name',
      sources: [memorySource(Uint8Array.of(0x80, 2, 0x8a), 'weights')],
      code: 'QS-FILE-04',
      says: 'pickle',
    },
    { what: 'an archive', sources: [textSource('PK\x03\x04', 'model.zip')], code: 'QS-FILE-04', says: 'unpack it' },
    {
      what: 'a NumPy archive that is cut off',
      sources: [textSource('PK\x03\x04', 'model.npz')],
      code: 'QS-FILE-03',
      says: 'the table of contents at its end is missing',
    },
    {
      what: 'a missing shard of an index',
      sources: [weights(part(1, 2), 'a'), indexOf({ a: part(1, 2), b: part(2, 2) })],
      code: 'QS-FILE-06',
      says: '1 of 2 parts of the model are here and "model-00002-of-00002.safetensors" is missing',
    },
    {
      what: 'an index alone',
      sources: [indexOf({ a: part(1, 2), b: part(2, 2) })],
      code: 'QS-FILE-06',
      says: '0 of 2 parts',
    },
    {
      what: 'missing shards by their count',
      sources: [weights(part(2, 5), 'a')],
      code: 'QS-FILE-06',
      says: '1 of 5 parts of the model are here and "model-00001-of-00005.safetensors", "model-00003-of-00005.safetensors", "model-00004-of-00005.safetensors" and 1 more are missing',
    },
    {
      what: 'a tensor in two files',
      sources: [weights('x.safetensors', 'a'), weights('y.safetensors', 'a')],
      code: 'QS-FILE-03',
      says: 'tensor "a" is both in "x.safetensors" and in "y.safetensors"',
    },
    {
      what: 'an index without weight_map',
      sources: [textSource('{}', 'model.safetensors.index.json')],
      code: 'QS-FILE-04',
      says: 'no weight_map',
    },
    {
      what: 'an index that names no file',
      sources: [indexOf({ a: 1 })],
      code: 'QS-FILE-04',
      says: 'no file name for tensor "a"',
    },
    {
      what: 'two indexes of which neither has the usual name',
      sources: [indexOf({}, 'b.safetensors.index.json'), indexOf({}, 'model.fp16.safetensors.index.json')],
      code: 'QS-FILE-03',
      says: '2 weight indexes',
    },
    {
      what: 'two models',
      sources: [weights('m/vae/x.safetensors', 'a'), weights('m/unet/x.safetensors', 'b')],
      code: 'QS-FILE-03',
      says: 'several folders ("vae", "unet")',
    },
    {
      what: 'one path twice',
      sources: [weights('x.safetensors', 'a'), weights('x.safetensors', 'b')],
      code: 'QS-FILE-03',
      says: 'two of the files are named "x.safetensors"',
    },
    {
      what: 'a config that is not JSON',
      sources: [weights('x.safetensors', 'a'), textSource('{"a":1,}', 'config.json')],
      code: 'QS-FILE-04',
      says: '"config.json" is not valid JSON at character 7',
    },
    {
      what: 'a config that is no object',
      sources: [weights('x.safetensors', 'a'), textSource('[]', 'config.json')],
      code: 'QS-FILE-04',
      says: '"config.json" is not a JSON object',
    },
    {
      what: 'a config nested without end',
      sources: [weights('x.safetensors', 'a'), textSource('{"a":'.repeat(1e5), 'config.json')],
      code: 'QS-FILE-04',
      says: 'nested more than 64 deep',
    },
    {
      what: 'a damaged tokenizer',
      sources: [weights('x.safetensors', 'a'), textSource('{"a"', 'tokenizer.json')],
      code: 'QS-FILE-08',
      says: '"tokenizer.json" is not valid JSON',
    },
    {
      what: 'a tokenizer that is a Git LFS pointer',
      sources: [
        weights('x.safetensors', 'a'),
        textSource('version https://git-lfs.github.com/spec/v1\n', 'tokenizer.json'),
      ],
      code: 'QS-FILE-05',
      says: 'Git LFS pointer',
    },
    {
      what: 'an oversized config',
      sources: [weights('x.safetensors', 'a'), textSource(' '.repeat(4 * 2 ** 20 + 1), 'config.json')],
      code: 'QS-FILE-10',
      says: 'has 4,194,305 bytes and the limit for this kind of file is 4,194,304',
    },
    {
      what: 'a config that is not UTF-8',
      sources: [weights('x.safetensors', 'a'), memorySource(Uint8Array.of(0xff), 'config.json')],
      code: 'QS-FILE-04',
      says: 'not UTF-8',
    },
  ])('refuses $what', async ({ sources, code, says }) => {
    const error = await rejection(openCheckpoint(sources));
    expect(error.message).toContain(says);
    expect(error.code).toBe(code);
  });
});

describeShared('checkpoints/stories260K', 'a real checkpoint', (path) => {
  const folder = sourcesIn(path);
  it('opens', async () => {
    const checkpoint = await openCheckpoint(
      [...folder.values()].map((source) => renamed(source, `stories260K/${source.name}`)),
    );
    expect(checkpoint).toMatchObject({
      name: 'stories260K',
      config: { model_type: 'llama', hidden_size: 64 },
      ignored: [],
      notes: [],
    });
    expect(checkpoint.sideFiles.map(({ name }) => name)).toContain('README.md');
    expect([...checkpoint.texts.keys()]).toEqual(['calibration.jsonl', 'heldout.jsonl']);
    expect(checkpoint.tokenizer).not.toBeNull();
    expect(checkpoint.tensors.get('model.layers.0.mlp.down_proj.weight')?.shape).toEqual([64, 172]);
    expect(await checkpoint.read('model.norm.weight')).toHaveLength(64);
  });
});
