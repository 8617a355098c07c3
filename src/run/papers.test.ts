/** Every paper on the first tiny network that it suits: it parses, plans, and runs to finite figures, twice to the same bits. */
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { testGpu } from '../gpu/testing/gpus';
import { parseRecipe, type Recipe } from '../recipe/recipe';
import { asInPaper, refusalOf, rowOfPaper, SOME_NETWORK } from '../recipe/papers/paper';
import { paperOf, PAPERS } from '../recipe/papers/table';
import { parseRow, type RecipeRow, type RecipeStep } from '../recipe/row';
import { describeCheckpoint } from './describe';
import type { RunResult } from './events';
import { MemoryRunStore } from './run-store';
import { tinyNetwork } from './testing/networks';
import { prepareTiny, runToEnd, tinyCheckpoint } from './testing/runs';

const gpu = await testGpu();

const NETWORKS = await Promise.all([
  tinyCheckpoint('llama3-scaled'),
  tinyCheckpoint('qwen2'),
  tinyCheckpoint('gpt2'),
  tinyNetwork('vit'),
  tinyNetwork('vim'),
  tinyNetwork('dit'),
]);

const SOURCES = { text: 'random', classification: 'file', diffusion: 'generated' } as const;

function recipeOf(row: object, checkpoint: Checkpoint): Recipe {
  const { task } = describeCheckpoint(checkpoint);
  return parseRecipe({
    version: 2,
    rows: [row],
    calibration: { source: SOURCES[task ?? 'text'], file: null, windows: 6, length: 12, seed: 1 },
    heldOut: { file: null, windows: 3 },
    ...(task === 'diffusion' ? { sampling: { steps: 4, images: 2 } } : {}),
  });
}

/** How often something is tried or gone over, by the name of its option. */
const SHORT: Readonly<Record<string, number>> = {
  ...{ epochs: 1, steps: 2, iterations: 2, grid: 4, thresholds: 4, strengths: 4, rounds: 2, images: 2 },
};

/** What a row learns for a long time, learned for a short one, and of many tries some: the same code, all but how often. */
function quick(row: RecipeRow): RecipeRow {
  const short = ({ options }: RecipeStep) => ({
    ...options,
    ...Object.fromEntries(Object.entries(SHORT).filter(([name]) => name in options)),
  });
  return { ...row, steps: row.steps.map((step) => ({ ...step, options: short(step) })) };
}

const figures = ({ rows, layers, blocks, fullPrecision, views }: RunResult) => ({
  ...{ fullPrecision, views, blocks },
  rows: rows.map(({ milliseconds: _, ...row }) => row),
  layers: layers.map(({ milliseconds: _, ...layer }) => layer),
});

describe('papers', () => {
  it('have ids of their own, and rows that say where they came from', () => {
    expect(new Set(PAPERS.map(({ id }) => id)).size).toBe(PAPERS.length);
    for (const paper of PAPERS) {
      const row = rowOfPaper(paper, null);
      expect(row.paper).toBe(paper.id);
      expect(paperOf(row.paper)).toBe(paper);
      expect(asInPaper(row, paper, null)).toBe(true);
      expect(parseRow(JSON.parse(JSON.stringify(row)), 'row')).toEqual(row);
      expect(asInPaper({ ...row, steps: row.steps.slice(0, -1) }, paper, null)).toBe(false);
      for (const text of [paper.title, paper.why, paper.fidelity.why, paper.citation.text]) expect(text).not.toBe('');
    }
    expect(paperOf('of another version')).toBeNull();
  });

  it('say why a network cannot have them', () => {
    const noRotation = 'The residual stream of a DiT cannot be rotated.';
    const quarot = paperOf('quarot');
    expect(quarot && refusalOf(quarot, { ...SOME_NETWORK, noRotation })).toBe(noRotation);
  });

  it.each(PAPERS.map((paper) => [paper.title, paper] as const))('%s runs', async (_, paper) => {
    const suited = NETWORKS.find((checkpoint) => {
      const { facts } = describeCheckpoint(checkpoint);
      return facts !== null && refusalOf(paper, facts) === null;
    });
    if (!suited) throw new Error(`no tiny network suits ${paper.title}`);
    const { facts } = describeCheckpoint(suited);
    const once = async () => {
      const prepared = await prepareTiny(gpu, suited, recipeOf(quick(rowOfPaper(paper, facts)), suited));
      const store = new MemoryRunStore();
      const result = await runToEnd(prepared, { gpu, store });
      const row = result.rows[result.rows.length - 1].row;
      const layers = await Promise.all(prepared.linears.map(({ index }) => store.loadLayer(row, index)));
      return { result, tensors: layers.map((layer) => layer?.tensor) };
    };
    const [first, second] = [await once(), await once()];
    const last = first.result.rows[first.result.rows.length - 1];
    expect(Number.isFinite(last.bitsPerWeight)).toBe(true);
    expect(Number.isFinite(last.kl ?? last.images?.prediction)).toBe(true);
    expect(first.result.layers.every(({ errors }) => Number.isFinite(errors.weight))).toBe(true);
    expect(figures(second.result)).toEqual(figures(first.result));
    expect(second.tensors).toEqual(first.tensors);
  });
});
