/** Which files make the model: the rule of precedence as a table. One row: the files of a folder → what is used, or which error. */
import { describe, expect, it } from 'vitest';
import type { ByteSource } from './bytes';
import { openCheckpoint } from './checkpoint';
import { floats, rejection, safetensorsFile, textSource, zipFile } from './testing';

/** A weight file whose F32 tensors have one element each, `value`. */
function file(path: string, names: string, value = 1): ByteSource {
  const all = names.split(' ').filter((name) => name !== '');
  const header = all.map((name, i) => [name, { dtype: 'F32', shape: [1], data_offsets: [i * 4, i * 4 + 4] }]);
  return safetensorsFile(Object.fromEntries(header), floats(...all.map(() => value)), path);
}

/** A weight file of tensors without elements. */
function placeholders(path: string, names: string): ByteSource {
  const header = names.split(' ').map((name) => [name, { dtype: 'F32', shape: [0], data_offsets: [0, 0] }]);
  return safetensorsFile(Object.fromEntries(header), 0, path);
}

/** 'a:one.safetensors b:two.safetensors'. */
function index(map: string, path = 'model.safetensors.index.json'): ByteSource {
  const entries = map.split(' ').map((entry) => entry.split(':') as [tensor: string, file: string]);
  return textSource(JSON.stringify({ weight_map: Object.fromEntries(entries) }), path);
}

/** What NumPy writes for one float. */
function npz(path: string, name: string): ByteSource {
  const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }".padEnd(117) + '\n';
  const head = [0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, text.length, 0, ...new TextEncoder().encode(text)];
  return zipFile([{ name: `${name}.npy`, bytes: Uint8Array.from([...head, ...floats(1)]) }], path);
}

const lfs = (path: string) => textSource('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n', path);
const junk = (path: string) => textSource('junk', path);
const one = 'model-00001-of-00002.safetensors';
const two = 'model-00002-of-00002.safetensors';

interface Used {
  readonly what: string;
  readonly files: ByteSource[];
  /** The files used: each tensor's, as 'a:file'. */
  readonly tensors: string;
  /** Weight files that are not. */
  readonly ignored?: string[];
  /** The value of tensor a, where two files have it. */
  readonly a?: number;
  readonly notes?: RegExp;
}

const USED: readonly Used[] = [
  {
    what: 'the whole file before an index whose parts are absent',
    files: [file('model.safetensors', 'a b'), index(`a:${one} b:${two}`)],
    tensors: 'a:model.safetensors b:model.safetensors',
    ignored: ['model.safetensors.index.json'],
    notes: /names 2 files that are not all here; "model.safetensors" is a file of its own/,
  },
  {
    what: 'the whole file before an index of which some parts are here',
    files: [file('model.safetensors', 'a b'), file(one, 'a', 2), index(`a:${one} b:${two}`)],
    tensors: 'a:model.safetensors b:model.safetensors',
    ignored: [one, 'model.safetensors.index.json'],
    a: 1,
    notes: /names 2 files that are not all here/,
  },
  {
    what: 'the whole file before a whole set of parts that holds the same',
    files: [file('model.safetensors', 'a b'), file(one, 'a', 2), file(two, 'b'), index(`a:${one} b:${two}`)],
    tensors: 'a:model.safetensors b:model.safetensors',
    ignored: [one, two, 'model.safetensors.index.json'],
    a: 1,
  },
  {
    what: 'a whole set of parts before a main file that lacks some of what they hold',
    files: [file('model.safetensors', 'a'), file(one, 'a', 2), file(two, 'b'), index(`a:${one} b:${two}`)],
    tensors: `a:${one} b:${two}`,
    ignored: ['model.safetensors'],
    a: 2,
  },
  {
    what: 'the whole file before a whole index of fewer tensors',
    files: [file('model.safetensors', 'a b head'), file(one, 'a', 2), index(`a:${one}`)],
    tensors: 'a:model.safetensors b:model.safetensors head:model.safetensors',
    ignored: [one, 'model.safetensors.index.json'],
  },
  {
    what: 'an index that names the main file as one of its parts',
    files: [
      file('model.safetensors', 'a'),
      file('head.safetensors', 'b'),
      index('a:model.safetensors b:head.safetensors'),
    ],
    tensors: 'b:head.safetensors a:model.safetensors',
  },
  {
    what: 'the whole file beside an index that cannot be read',
    files: [file('model.safetensors', 'a'), textSource('{"weight_map":', 'model.safetensors.index.json')],
    tensors: 'a:model.safetensors',
    ignored: ['model.safetensors.index.json'],
    notes: /not valid JSON.* "model.safetensors" is used without it/,
  },
  {
    what: 'the whole set of parts before a main file of placeholders',
    files: [
      placeholders('model.safetensors', 'a.weight b.weight'),
      file(one, 'a.weight'),
      file(two, 'b.weight'),
      index(`a.weight:${one} b.weight:${two}`),
    ],
    tensors: `a.weight:${one} b.weight:${two}`,
    ignored: ['model.safetensors'],
  },
  {
    what: 'the file that an index assigns where a name stands twice',
    files: [file(one, 'a b', 1), file(two, 'a c', 2), index(`a:${two} b:${one} c:${two}`)],
    tensors: `a:${two} b:${one} c:${two}`,
    a: 2,
  },
  {
    what: 'the same, the other way round',
    files: [file(one, 'a b', 1), file(two, 'a c', 2), index(`a:${one} b:${one} c:${two}`)],
    tensors: `a:${one} b:${one} c:${two}`,
    a: 1,
  },
  {
    what: 'parts whose index lists a tensor that is nowhere',
    files: [file(one, 'a'), file(two, 'b'), index(`a:${one} b:${two} head:${two}`)],
    tensors: `a:${one} b:${two}`,
    notes: /lists "head", which the files it names do not hold/,
  },
  {
    what: 'a tensor where it stands, whatever the index says',
    files: [file(one, 'a'), file(two, 'b'), index(`a:${two} b:${one}`)],
    tensors: `a:${one} b:${two}`,
  },
  {
    what: 'a tensor of a part that the index forgets',
    files: [file(one, 'a extra'), file(two, 'b'), index(`a:${one} b:${two}`)],
    tensors: `a:${one} extra:${one} b:${two}`,
  },
  {
    what: 'parts that count, without an index',
    files: [file(two, 'b'), file(one, 'a')],
    tensors: `a:${one} b:${two}`,
  },
  {
    what: 'the main file, not a consolidated copy',
    files: [file('model.safetensors', 'a'), file('consolidated.safetensors', 'tok x')],
    tensors: 'a:model.safetensors',
    ignored: ['consolidated.safetensors'],
  },
  {
    what: 'an index and its parts, not a consolidated copy with its own',
    files: [
      file(one, 'a'),
      file(two, 'b'),
      index(`a:${one} b:${two}`),
      file('consolidated-00001-of-00001.safetensors', 'x'),
      index('x:consolidated-00001-of-00001.safetensors', 'consolidated.safetensors.index.json'),
    ],
    tensors: `a:${one} b:${two}`,
    ignored: ['consolidated-00001-of-00001.safetensors', 'consolidated.safetensors.index.json'],
  },
  {
    what: 'a consolidated file where there is nothing else',
    files: [file('consolidated.safetensors', 'tok x')],
    tensors: 'tok:consolidated.safetensors x:consolidated.safetensors',
  },
  {
    what: 'the main file, not strays of the same or other tensors',
    files: [file('model.safetensors', 'a'), file('model.fp16.safetensors', 'a', 2), file('extra.safetensors', 'z')],
    tensors: 'a:model.safetensors',
    ignored: ['extra.safetensors', 'model.fp16.safetensors'],
    a: 1,
  },
  {
    what: 'the index with the usual name, not a variant',
    files: [
      file(one, 'a'),
      file(two, 'b'),
      index(`a:${one} b:${two}`),
      index('a:model.fp16-00001-of-00001.safetensors', 'model.fp16.safetensors.index.json'),
    ],
    tensors: `a:${one} b:${two}`,
    ignored: ['model.fp16.safetensors.index.json'],
  },
  {
    what: 'files without any order, together, which is said',
    files: [file('encoder.safetensors', 'a'), file('decoder.safetensors', 'b')],
    tensors: 'b:decoder.safetensors a:encoder.safetensors',
    notes: /2 files without an index are taken together/,
  },
  {
    what: 'safetensors before PyTorch before NumPy',
    files: [file('model.safetensors', 'a'), junk('pytorch_model.bin'), npz('weights.npz', 'a')],
    tensors: 'a:model.safetensors',
    ignored: ['pytorch_model.bin'],
  },
  {
    what: 'what is whole in another format, where an index has none of its parts',
    files: [index(`a:${one} b:${two}`), file('pytorch_model.bin', 'a b')],
    tensors: 'a:pytorch_model.bin b:pytorch_model.bin',
    ignored: ['model.safetensors.index.json'],
    notes: /0 of 2 parts of the model are here.* Used instead: "pytorch_model.bin"/,
  },
  {
    what: 'what is whole in another format, where the main file is a Git LFS pointer',
    files: [lfs('model.safetensors'), file('pytorch_model.bin', 'a')],
    tensors: 'a:pytorch_model.bin',
    ignored: ['model.safetensors'],
    notes: /Git LFS pointer.* Used instead: "pytorch_model.bin"/,
  },
  {
    what: 'the topmost folder with weights',
    files: [file('model.safetensors', 'a'), file('original/consolidated.safetensors', 'x'), junk('onnx/model.onnx')],
    tensors: 'a:model.safetensors',
    ignored: ['onnx/model.onnx', 'original/consolidated.safetensors'],
  },
  {
    what: 'the model, not what a training leaves',
    files: [
      file('model.safetensors', 'a'),
      ...['optimizer.pt', 'scheduler.pt', 'rng_state_0.pth', 'training_args.bin'].map(junk),
      junk('global_step10/zero_pp_rank_0_mp_rank_00_optim_states.pt'),
      junk('pytorch_model_fsdp_0/__0_0.distcp'),
    ],
    tensors: 'a:model.safetensors',
    ignored: [
      'global_step10/zero_pp_rank_0_mp_rank_00_optim_states.pt',
      'optimizer.pt',
      'pytorch_model_fsdp_0/__0_0.distcp',
      'rng_state_0.pth',
      'scheduler.pt',
      'training_args.bin',
    ],
  },
  {
    what: 'an array file, not the sets of images beside it',
    files: [npz('ViT.npz', 'a'), npz('calibration.npz', 'images'), npz('heldout.npz', 'images')],
    tensors: 'a:ViT.npz',
  },
  { what: 'a file under an ending of its own', files: [file('weights.th', 'a')], tensors: 'a:weights.th' },
];

describe('which files make the model', () => {
  it.each(USED)('$what', async ({ files, tensors, ignored = [], a, notes }) => {
    const checkpoint = await openCheckpoint(files);
    const held = [...checkpoint.tensors.values()].map(({ name, source }) => `${name}:${source.name}`);
    expect(held.join(' ')).toBe(tensors);
    expect(checkpoint.ignored).toEqual(ignored);
    if (a !== undefined) expect([...(await checkpoint.read('a'))]).toEqual([a]);
    if (notes === undefined) expect(checkpoint.notes).toEqual([]);
    else expect(checkpoint.notes.join(' ')).toMatch(notes);
    // Nothing that is ignored is part of the model, and no weights travel with an export.
    expect(checkpoint.sources.filter(({ name }) => ignored.includes(name))).toEqual([]);
    expect(checkpoint.sideFiles.filter(({ name }) => !/\.npz$/.test(name))).toEqual([]);
  });

  it('a tensor that an index lists and no file holds is an error for who needs it', async () => {
    const checkpoint = await openCheckpoint([file(one, 'a'), file(two, 'b'), index(`a:${one} b:${two} head:${two}`)]);
    const error = await rejection(checkpoint.read('head'));
    expect([error.code, error.message]).toEqual([
      'QS-FILE-07',
      expect.stringContaining(`the index says tensor "head" is in "${two}"`),
    ]);
  });

  const three = 'model-00001-of-00003.safetensors';
  it.each<{ what: string; files: ByteSource[]; code: string; says: RegExp }>([
    {
      what: 'an index with a part missing beside strays',
      files: [file(one, 'a'), file('head.safetensors', 'b'), index(`a:${one} b:${two}`)],
      code: 'QS-FILE-06',
      says: /1 of 2 parts of the model are here and "model-00002-of-00002.safetensors" is missing/,
    },
    {
      what: 'an index that names the main file and a part that is missing',
      files: [file('model.safetensors', 'a'), index('a:model.safetensors b:head.safetensors')],
      code: 'QS-FILE-06',
      says: /"head.safetensors" is missing/,
    },
    {
      what: 'a missing part, which a stray in another format does not stand in for',
      files: [file(one, 'a'), index(`a:${one} b:${two}`), junk('last.ckpt')],
      code: 'QS-FILE-06',
      says: /1 of 2 parts/,
    },
    {
      what: 'two whole sets of parts',
      files: [file('x-00001-of-00001.safetensors', 'a'), file('y-00001-of-00001.safetensors', 'a')],
      code: 'QS-FILE-03',
      says: /there are 2 whole sets of parts/,
    },
    {
      what: 'a set of parts that does not count to its end',
      files: [file(three, 'a'), file('consolidated-00002-of-00003.safetensors', 'x')],
      code: 'QS-FILE-06',
      says: /1 of 3 parts/,
    },
    {
      what: 'a name in two parts that the index does not assign',
      files: [file(one, 'a twice'), file(two, 'b twice'), index(`a:${one} b:${two}`)],
      code: 'QS-FILE-03',
      says: /tensor "twice" is both in/,
    },
    {
      what: 'a damaged main file, which another format does not stand in for',
      files: [textSource('{}', 'model.safetensors'), file('pytorch_model.bin', 'a')],
      code: 'QS-FILE-03',
      says: /"model.safetensors" has 2 bytes/,
    },
    {
      what: 'two files of one model',
      files: [file('best.safetensors', 'a'), file('last.safetensors', 'a')],
      code: 'QS-FILE-03',
      says: /tensor "a" is both in "best.safetensors" and in "last.safetensors"/,
    },
    {
      what: 'placeholders of ZeRO-3',
      files: [placeholders('model.safetensors', 'a.weight b.bias')],
      code: 'QS-FILE-04',
      says: /placeholders of a sharded training \(DeepSpeed ZeRO-3\).*2 of its 2 tensors have 0 elements.*gather the weights first/,
    },
    {
      what: 'placeholders under the ending of PyTorch',
      files: [placeholders('pytorch_model.bin', 'a.weight')],
      code: 'QS-FILE-04',
      says: /"pytorch_model.bin" holds placeholders.*ZeRO-3/,
    },
    {
      what: 'placeholders in one part of an index',
      files: [file(one, 'a.weight'), placeholders(two, 'b.weight'), index(`a.weight:${one} b.weight:${two}`)],
      code: 'QS-FILE-04',
      says: /ZeRO-3.*1 of its 2 tensors/,
    },
    {
      what: 'parts of ZeRO',
      files: [junk('zero_pp_rank_0_mp_rank_00_model_states.pt'), junk('zero_pp_rank_1_mp_rank_00_model_states.pt')],
      code: 'QS-FILE-04',
      says: /DeepSpeed ZeRO checkpoint.*2 such files.*zero_to_fp32/,
    },
    {
      what: 'model-parallel parts of DeepSpeed',
      files: [junk('mp_rank_00_model_states.pt'), junk('mp_rank_01_model_states.pt')],
      code: 'QS-FILE-04',
      says: /DeepSpeed checkpoint with model parallelism/,
    },
    {
      what: 'ranks of Megatron',
      files: [junk('iter_1/mp_rank_00/model_optim_rng.pt'), junk('iter_1/mp_rank_01/model_optim_rng.pt')],
      code: 'QS-FILE-04',
      says: /Megatron.*convert it/,
    },
    {
      what: 'one rank of Megatron with its pipeline stage',
      files: [junk('x/mp_rank_00_000/model_optim_rng.pt'), junk('x/a.txt')],
      code: 'QS-FILE-04',
      says: /Megatron/,
    },
    {
      what: 'parts of FSDP',
      files: [junk('.metadata'), junk('__0_0.distcp'), junk('__1_0.distcp')],
      code: 'QS-FILE-04',
      says: /distributed PyTorch checkpoint \(FSDP\).*dcp_to_torch/,
    },
    {
      what: 'ranks of FSDP',
      files: [junk('model_world_size_2_rank_0.pt'), junk('model_world_size_2_rank_1.pt')],
      code: 'QS-FILE-04',
      says: /sharded PyTorch training \(FSDP\).*merge the ranks/,
    },
    {
      what: 'flattened parameters of FSDP',
      files: [file('model.safetensors', 'layers.0._fsdp_wrapped_module._flat_param')],
      code: 'QS-FILE-04',
      says: /flattened parameters of a sharded training \(FSDP\)/,
    },
    {
      what: 'ranks of tensor parallelism',
      files: [junk('model-rank-0-part-0.safetensors'), junk('model-rank-1-part-0.safetensors')],
      code: 'QS-FILE-04',
      says: /tensor parallelism/,
    },
    {
      what: "slices of Llama's first files",
      files: [junk('consolidated.00.pth'), junk('consolidated.01.pth')],
      code: 'QS-FILE-04',
      says: /a piece of every tensor/,
    },
  ])('refuses $what', async ({ files, code, says }) => {
    const error = await rejection(openCheckpoint(files));
    expect(error.message).toMatch(says);
    expect(error.code).toBe(code);
  });
});
