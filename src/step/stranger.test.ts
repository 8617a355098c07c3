/** A step of somebody else's: a face and its work, put into the tables, and nothing of the driver knows of it. */
import { afterAll, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { scale } from '../gradient/elementwise';
import { parseRecipe } from '../recipe/recipe';
import { prepareTiny, runToEnd, tinyCheckpoint } from '../run/testing/runs';
import type { Options } from '../method/parameters';
import type { StepFace } from './face';
import { STEP_FACES } from './faces';
import type { ActivationStep } from './step';
import { ACTIVATIONS } from './table';

const gpu = await testGpu();

/** Makes what linear layers read a little smaller. */
const face = {
  ...STEP_FACES.activations,
  id: 'damp',
  title: 'Damp',
  parameters: { by: { kind: 'number', min: 0, max: 1, default: 0.5, label: 'By', help: 'What is left.' } },
  words: ({ by }: Options) => ['Damp', String(by)],
  scope: () => 'nothing',
  refuses: () => null,
} as unknown as StepFace;
const damp: ActivationStep = {
  at: (_, { by }) =>
    Promise.resolve({
      on: (tape, x) => scale(tape, x, Number(by)),
      bits: () => 32,
      state: null,
      release: () => undefined,
    }),
};

const faces = STEP_FACES as Record<string, StepFace>;
const works = ACTIVATIONS as Record<string, ActivationStep>;
faces.damp = face;
works.damp = damp;
afterAll(() => {
  delete faces.damp;
  delete works.damp;
});

it('a stranger’s step parses, plans, runs and is measured', async () => {
  const recipe = parseRecipe({
    version: 2,
    rows: [{ steps: [{ step: 'damp', options: { by: 1 } }] }, { steps: [{ step: 'damp' }, { step: 'gptq' }] }],
    calibration: { source: 'random', file: null, windows: 6, length: 12, seed: 1 },
    heldOut: { file: null, windows: 3 },
  });
  const prepared = await prepareTiny(gpu, await tinyCheckpoint('qwen2'), recipe);
  expect(prepared.plan.rows.map(({ label }) => label)).toContain('Damp 0.5 → GPTQ 3-bit');
  const { rows, layers } = await runToEnd(prepared, { gpu });
  // Times one is nothing at all; times a half is a great deal.
  expect(rows[1].kl).toBe(0);
  expect(rows[2].kl).toBeGreaterThan(0);
  const first = layers.find(({ row, layer }) => row === 2 && layer === 0);
  expect(first?.errors.output).toBeGreaterThan(0.2);
});
