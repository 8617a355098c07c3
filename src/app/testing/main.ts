/**
 * The screens on the fake engine, for looking at them: `vite`, then /src/app/testing/index.html?pace=80&stored=1&gpu=none&loss=12, or
 * with &trained=1 two rows that train.
 * Development only: the build starts from the other entry.
 */
import { StudioError } from '../../base/errors';
import '../../step/faces';
import type { Recipe } from '../../recipe/recipe';
import { browserStorage } from '../../store/persist';
import { rowOf } from '../../store/presets';
import { createStudio } from '../../store/studio';
import { show } from '../show';
import { FakeEngine, FAKE_CLASSIFIER, FAKE_DIFFUSION, FAKE_MODEL } from './fake-engine';
import { FAKE_RECIPE, fakeResult } from './fake-figures';

const query = new URLSearchParams(window.location.search);
const noGpu = new StudioError('QS-GPU-01', 'There is no WebGPU here: use current Chrome, Edge, Safari 26 or Firefox.');
const loss = query.get('loss');
const stored = query.has('stored');
const trained = query.has('trained');

const recipe: Recipe = trained
  ? { ...FAKE_RECIPE, rows: [FAKE_RECIPE.rows[0], rowOf('kmeans', {}), rowOf('gptvq', {})] }
  : FAKE_RECIPE;

const run = {
  modelKey: FAKE_MODEL.key,
  modelName: FAKE_MODEL.name,
  recipe,
  totalLayers: 28,
  updated: '2026-11-23T12:01:00.000Z',
} as const;

show(
  createStudio({
    engine: new FakeEngine({
      pace: Number(query.get('pace') ?? 40),
      trained: trained ? [1, 2] : [],
      models: stored
        ? [
            FAKE_MODEL,
            FAKE_CLASSIFIER,
            FAKE_DIFFUSION,
            { ...FAKE_MODEL, key: 'b', name: 'my-tiny-llama', bytes: 412e6, sample: false, texts: [] },
          ]
        : [],
      runs: stored
        ? [
            { ...run, id: 'one', state: 'finished', finishedLayers: 28, result: fakeResult(recipe) },
            {
              ...run,
              id: 'two',
              state: 'running',
              finishedLayers: 9,
              result: fakeResult(recipe, 9),
              updated: '2026-11-22T09:30:00.000Z',
            },
          ]
        : [],
      failures: query.get('gpu') === 'none' ? { describeGpu: noGpu, plan: noGpu } : {},
      loss:
        loss === null
          ? undefined
          : {
              after: Number(loss),
              error: new StudioError('QS-GPU-04', 'The GPU was reset: finished layers are saved, resume the run.'),
            },
    }),
    routeHost: window,
    storage: browserStorage(),
  }),
);
