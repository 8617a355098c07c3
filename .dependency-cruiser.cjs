/** What a host of the engine may import of it. */
// oxfmt-ignore
const ENGINE = [
  'base', 'numerics', 'gpu', 'tensor', 'checkpoint', 'quantizer', 'model', 'method', 'step', 'recipe', 'measure', 'inspect', 'run',
  'report',
];

/** The import rule between rooms: a folder imports only from those above it (ARCHITECTURE.md, "Rooms"). */
const ABOVE = {
  base: [],
  numerics: ['base'],
  gpu: ['base'],
  checkpoint: ['base'],
  tensor: ['base', 'numerics', 'gpu'],
  codebook: ['base', 'numerics', 'gpu', 'tensor'],
  gradient: ['base', 'numerics', 'gpu', 'tensor', 'codebook'],
  quantizer: ['base', 'numerics'],
  model: ['base', 'numerics', 'gpu', 'tensor', 'gradient', 'checkpoint'],
  method: ['base', 'numerics', 'gpu', 'tensor', 'codebook', 'gradient', 'quantizer'],
  lesson: ['base', 'numerics', 'tensor', 'codebook', 'quantizer', 'method'],
  step: ['base', 'numerics', 'gpu', 'tensor', 'gradient', 'quantizer', 'model', 'method'],
  recipe: ['base', 'quantizer', 'method', 'step'],
  measure: ['base', 'numerics', 'gpu', 'tensor', 'model'],
  inspect: ['base', 'gpu', 'checkpoint', 'model'],
  run: [
    'base',
    'numerics',
    'gpu',
    'tensor',
    'gradient',
    'checkpoint',
    'quantizer',
    'model',
    'method',
    'step',
    'recipe',
    'measure',
    'inspect',
  ],
  report: ['base', 'checkpoint', 'quantizer', 'method', 'step', 'recipe', 'measure', 'run'],
  storage: ['base', 'checkpoint', 'quantizer', 'method', 'step', 'recipe', 'run'],
  worker: [...ENGINE, 'storage'],
  cli: ENGINE,
  store: ['base', 'quantizer', 'method', 'step', 'recipe', 'run', 'report', 'worker'],
  app: ['base', 'quantizer', 'method', 'step', 'recipe', 'run', 'report', 'worker', 'lesson', 'store'],
};

/** Go through the engine's face where it has what they need (src/hosts.test.ts). */
const HOSTS = ['worker', 'cli'];

/** From these rooms the page takes plain data and types only, never the engine. */
const PAGE_MAY_RUN = {
  report: [
    'method/(catalogue|parameters|families)',
    'run/(events|figure-files|paired-rows|measures)',
    'step/(face|faces|known)',
    'recipe/(shown|papers/(paper|table))',
    'quantizer/ledger',
  ],
  store: [
    'method/(catalogue|parameters|families)',
    'run/(events|formats|figure-files|paired-rows|training-curve)',
    'step/(face|faces|known)',
    'recipe/(ablation|layer-rules|recipe|row|rows|shown|values|papers/(paper|table))',
    'quantizer/ledger',
    'worker/(client|protocol)',
    'run/measures',
  ],
  app: [
    'method/(catalogue|parameters|families)',
    'run/(events|formats|figure-files|paired-rows|training-curve)',
    'step/(face|faces|known)',
    'recipe/(ablation|layer-rules|recipe|row|rows|shown|values|papers/(paper|table))',
    'quantizer/ledger',
    'worker/(client|protocol)',
    'run/measures',
  ],
};

const rooms = Object.keys(ABOVE);

/** Tests, and what only tests use, may look into any room. */
const TEST = '(\\.test\\.tsx?$|/testing(/|\\.ts$))';

module.exports = {
  forbidden: [
    ...rooms.map((room) => ({
      name: `${room}-imports-only-rooms-above`,
      severity: 'error',
      from: { path: `^src/${room}/`, pathNot: TEST },
      to: {
        path: '^src/',
        pathNot: [
          `^src/(${[room, ...ABOVE[room]].join('|')})/`,
          ...(HOSTS.includes(room) ? ['^src/engine\\.ts$'] : []),
        ],
      },
    })),
    ...Object.entries(PAGE_MAY_RUN).map(([room, allowed]) => ({
      name: `${room}-runs-no-engine`,
      comment: 'The engine lives in the worker; the page may import its types.',
      severity: 'error',
      from: { path: `^src/${room}/`, pathNot: TEST },
      to: {
        path: '^src/(quantizer|method|step|recipe|run|worker)/',
        pathNot: allowed.map((path) => `^src/${path}\\.ts$`),
        dependencyTypesNot: ['type-only'],
      },
    })),
    {
      name: 'lessons-need-no-gpu',
      comment: 'A lesson computes by the float64 twins, so that it runs in any browser.',
      severity: 'error',
      from: { path: '^src/lesson/', pathNot: TEST },
      to: {
        path: '^src/(tensor|codebook|quantizer|method)/',
        pathNot: '^src/(tensor/reference/|codebook/order\\.ts$|quantizer/(affine-reference|ledger)\\.ts$)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'the-library-is-the-engine',
      severity: 'error',
      from: { path: '^src/engine\\.ts$' },
      to: { path: '^src/', pathNot: `^src/(${ENGINE.join('|')})/` },
    },
    {
      name: 'tests-are-not-imported',
      severity: 'error',
      from: { pathNot: '(\\.test\\.tsx?$|/testing(/|\\.ts$)|^e2e/|^bench/)' },
      to: { path: '(\\.test\\.tsx?$|/testing(/|\\.ts$))' },
    },
    {
      name: 'no-react-outside-the-page',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(app|store)/' },
      to: { path: 'node_modules/(react|react-dom|zustand|plotly|radix-ui)' },
    },
    {
      name: 'no-node-outside-the-command-line',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/cli/|${TEST}` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: { pathNot: '\\.zh-CN\\.ts$' },
      // Words in another language know the English ones by their type, and are asked for by them.
      to: { circular: true, viaOnly: { pathNot: '\\.zh-CN\\.ts$' } },
    },
    {
      name: 'words-in-a-language-wait-for-nothing',
      comment: 'What waits for them may not be what they import (src/app/language/in-language.ts).',
      severity: 'error',
      from: { path: '\\.zh-CN\\.ts$' },
      to: {
        path: '^src/',
        pathNot: '(^src/app/format\\.ts$|\\.zh-CN\\.ts$)',
        dependencyTypesNot: ['type-only'],
      },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\?(raw|worker|url)' },
  },
};
