/** The GPU memory that a plan names against what the buffer pool held at most, on tiny networks of every kind. */
import { expect, it } from 'vitest';
import { syntheticLlama } from '../../bench/synthetic-llama';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { testGpu } from '../gpu/testing/gpus';
import { prepareRun } from './prepare';
import { parseRecipe } from '../recipe/recipe';
import { imageRecipe, tinyNetwork } from './testing/networks';
import { runToEnd, tinyCheckpoint } from './testing/runs';

const gpu = await testGpu();

const METHODS: Readonly<Record<string, readonly object[]>> = {
  rtn: [{ method: 'rtn', options: { bits: 4 } }],
  gptq: [{ method: 'gptq', options: { bits: 3, groupSize: 8, actOrder: true } }],
  'gptaq and ResComp': ['gptaq', 'rescomp'].map((method) => ({ method, options: { bits: 3 } })),
  shift: [{ method: 'shift', options: { bits: 3 } }],
  // Every round of a fit takes the same buffers as the one before.
  kmeans: [{ method: 'kmeans', options: { codewords: 16, dim: 2, emIterations: 2 } }],
  gptvq: [{ method: 'gptvq', options: { codewords: 16, dim: 2, emIterations: 2 } }],
  'rtn and EoRA': [withSteps({ step: 'rtn' }, { step: 'eora', options: { budget: 1 } })],
  'gptq and asymmetric EoRA': [
    withSteps({ step: 'gptq' }, { step: 'eora', options: { budget: 1, target: 'asymmetric' } }),
  ],
  'EoRA beside rounded inputs': [
    withSteps({ step: 'activations' }, { step: 'rtn' }, { step: 'eora', options: { budget: 1, target: 'asymmetric' } }),
  ],
  'clip search of rtn': [withSteps({ step: 'clip_search' }, { step: 'rtn', options: { groupSize: 8 } })],
  'norm tweak': [withSteps({ step: 'rtn' }, { step: 'norm_tweak', options: { epochs: 1 } })],
  'SVDQuant of gptq': [withSteps({ step: 'svdquant', options: { budget: 1, iterations: 2 } }, { step: 'gptq' })],
  'outlier columns and gptq': [withSteps({ step: 'outlier_columns' }, { step: 'gptq' })],
};

const RTN = { step: 'rtn' };

/** What is beside the march over layers: other views, what is fitted or measured before a block or before all of them, inputs in few bits. */
const PIPELINES: Readonly<Record<string, readonly object[]>> = {
  'five rows in three views': [
    withSteps(RTN),
    withSteps({ step: 'gptq' }),
    withSteps({ step: 'smooth' }, RTN),
    withSteps({ step: 'smooth' }, { step: 'gptq' }),
    withSteps({ step: 'equalize' }, RTN),
  ],
  'sixteen rows in five views': [
    withSteps({ step: 'rtn', options: { bits: 8 } }),
    ...[2, 3, 4].flatMap((bits) =>
      [
        [],
        [{ step: 'smooth' }],
        [{ step: 'equalize' }],
        [{ step: 'rotate' }],
        [{ step: 'rotate' }, { step: 'smooth' }],
      ].map((before) => withSteps(...before, { step: 'rtn', options: { bits } })),
    ),
  ],
  'scale search': [withSteps({ step: 'scale_search', options: { grid: 2 } }, RTN)],
  affine: [withSteps({ step: 'affine', options: { epochs: 1, batch: 4 } }, RTN)],
  'learned rotation': [
    withSteps({ step: 'learned_rotation', options: { steps: 2, batch: 32 } }, { step: 'activations' }, RTN),
  ],
  'learned rotation beside kept weights': [
    withSteps(
      { step: 'learned_rotation', options: { steps: 2, batch: 32 } },
      { step: 'activations' },
      { step: 'gptq' },
    ),
  ],
  'allocation by kl': [withSteps({ step: 'allocate', options: { measure: 'kl', candidates: '2,4', windows: 4 } }, RTN)],
  'allocation by upgrade': [
    withSteps({ step: 'allocate', options: { measure: 'upgrade', candidates: '2,4', windows: 4 } }, RTN),
  ],
  'allocation by gradient': [
    withSteps({ step: 'allocate', options: { measure: 'gradient', candidates: '2,4', windows: 4 } }, RTN),
  ],
  'weights kept': [withSteps({ step: 'activations' }), withSteps({ step: 'smooth' }, { step: 'activations' })],
  'static activations': [withSteps({ step: 'activations', options: { ranges: 'static' } }, RTN)],
};

/** Rows of steps are of version 2. */
function versionOf(rows: readonly object[]): { readonly version: number } {
  return { version: rows.some((row) => 'steps' in row) ? 2 : 1 };
}

function withSteps(...steps: readonly object[]): object {
  return { steps };
}

/** Many tokens, where activations take most, or few, where the work on layers does. */
const textRecipe = (windows: number) => (rows: readonly object[]) =>
  parseRecipe({
    ...versionOf(rows),
    rows,
    calibration: { source: 'random', file: null, windows, length: windows > 1 ? 32 : 8, seed: 1 },
    heldOut: { file: null, windows: Math.ceil(windows / 5) },
  });

const WIDE = {
  ...{ name: 'wide', hidden: 32, heads: 2, keyHeads: 1, ffn: 1024, vocabulary: 64, blocks: 1, tied: true },
};

const DEEP = {
  ...{ name: 'deep', hidden: 32, heads: 2, keyHeads: 1, ffn: 128, vocabulary: 64, blocks: 5, tied: true },
};

/** What a network adds to a plan is the same under every method; those of all are tried on llama, gpt2 and dit. */
const ON_ANY = ['rtn', 'gptq', 'gptvq'];

const NETWORKS: Readonly<
  Record<
    string,
    {
      open: () => Promise<Checkpoint>;
      recipe: (rows: readonly object[]) => ReturnType<ReturnType<typeof textRecipe>>;
      /** All where it is left out. */
      methods?: readonly string[];
    }
  >
> = {
  llama: { open: () => tinyCheckpoint('llama3-scaled'), recipe: textRecipe(40) },
  'llama on few tokens': { open: () => tinyCheckpoint('llama3-scaled'), recipe: textRecipe(1) },
  // Its last layer has more inputs than there are tokens: errors are weighed by the inputs.
  'llama with a wide layer': {
    open: () => syntheticLlama(WIDE),
    recipe: textRecipe(1),
    methods: ['rtn', 'gptq'],
  },
  // All of it is held while allocation goes through it.
  'llama of many blocks': { open: () => syntheticLlama(DEEP), recipe: textRecipe(1), methods: ['rtn'] },
  'gpt2 on few tokens': { open: () => tinyCheckpoint('gpt2'), recipe: textRecipe(1), methods: ON_ANY },
  // Norms of queries and keys are all that it has beside llama.
  qwen3: { open: () => tinyCheckpoint('qwen3'), recipe: textRecipe(40), methods: ['rtn', 'gptaq and ResComp'] },
  gpt2: { open: () => tinyCheckpoint('gpt2'), recipe: textRecipe(40) },
  vit: {
    open: () => tinyNetwork('vit'),
    recipe: (rows) => imageRecipe(rows, 'file', versionOf(rows)),
    methods: ON_ANY,
  },
  vim: {
    open: () => tinyNetwork('vim'),
    recipe: (rows) => imageRecipe(rows, 'file', versionOf(rows)),
    methods: ON_ANY,
  },
  dit: {
    open: () => tinyNetwork('dit'),
    recipe: (rows) =>
      imageRecipe(rows, 'generated', {
        ...versionOf(rows),
        sampling: { steps: 4, guidance: 2, sampler: 'ddim', images: 2 },
      }),
  },
};

/** Parts beside codes take the same whatever the network is for: a decoder and a network on images will do. */
const STEPPED = { rows: /EoRA|SVDQuant|outlier|clip/, networks: ['gpt2', 'dit'] };
/** Nor does what mends blocks, which a dit cannot have. */
const MENDED = { rows: /tweak/, networks: ['gpt2'] };
/** What is fitted is so on activations or on weights: one network with much of either, and one that is steered. */
const PIPED = ['llama on few tokens', 'dit'];
/** Where blocks are many and where tokens are, what goes through the whole network is held to as well. */
const THROUGH = ['five rows in three views', 'allocation by upgrade', 'allocation by gradient', 'learned rotation'];
/** A dit has no output head to learn by, and sixteen rows of it say nothing that those of a decoder don't. */
const NOT_OF_DIT = /^(sixteen|learned)/;

const cases = Object.entries(NETWORKS).flatMap(([network, { open, recipe, methods = Object.keys(METHODS) }]) =>
  methods
    .filter((method) =>
      [STEPPED, MENDED].every(({ rows, networks }) => !rows.test(method) || networks.includes(network)),
    )
    .map((method) => ({ network, method, open, make: () => recipe(METHODS[method]) })),
);
const piped = [...PIPED, 'llama', 'llama of many blocks'].flatMap((network) =>
  Object.entries(PIPELINES)
    .filter(([method]) =>
      PIPED.includes(network) ? network !== 'dit' || !NOT_OF_DIT.test(method) : THROUGH.includes(method),
    )
    .map(([method, rows]) => {
      const { open, recipe } = NETWORKS[network];
      return { network, method, open, make: () => recipe(rows) };
    }),
);

it.each([...cases, ...piped])(
  '$network by $method is within 25 % of the pool’s peak',
  async ({ open, make, network, method }) => {
    const prepared = await prepareRun(await open(), make(), { gpu, rate: 1e9 });
    const before = gpu.buffers.bytesInUse;
    gpu.buffers.resetPeak();
    await runToEnd(prepared, { gpu });
    const ratio = prepared.plan.gpuBytes / (gpu.buffers.peakBytes - before);
    console.log(`${network}, ${method}: planned ${ratio.toFixed(3)} of the peak`);
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.25);
  },
);

/** Bytes of a tile: the largest weights of these networks are in two or three. */
const TILE_BYTES: Readonly<Record<string, number>> = { 'llama on few tokens': 1024, 'gpt2 on few tokens': 4096 };
/** Tiles are gone through in three ways: by rows, by columns, and with a codebook. */
const tiled = cases.filter(({ network, method }) => network in TILE_BYTES && ON_ANY.includes(method));

it.each(tiled)(
  '$network by $method is within 25 % too with weights in tiles',
  async ({ open, make, network, method }) => {
    gpu.buffers.tileBytes = TILE_BYTES[network];
    try {
      const prepared = await prepareRun(await open(), make(), { gpu, rate: 1e9 });
      expect(prepared.plan.notes.join(' ')).toMatch(/is held in \d buffers/);
      const before = gpu.buffers.bytesInUse;
      gpu.buffers.resetPeak();
      await runToEnd(prepared, { gpu });
      const ratio = prepared.plan.gpuBytes / (gpu.buffers.peakBytes - before);
      console.log(`${network}, ${method}, in tiles: planned ${ratio.toFixed(3)} of the peak`);
      expect(ratio).toBeGreaterThan(0.75);
      expect(ratio).toBeLessThan(1.25);
    } finally {
      gpu.buffers.tileBytes = Infinity;
    }
  },
);
