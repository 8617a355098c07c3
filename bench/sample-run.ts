/**
 * One whole run of the bundled sample, RTN, GPTQ, GPTAQ and ResComp at 3 bits, as the page's first button starts it; and its first two rows
 * alone, which have no step but the weights'.
 */
import { fileURLToPath } from 'node:url';
import { openCheckpoint } from '../src/checkpoint/checkpoint';
import { sourcesOf } from '../src/cli/folder-source';
import { RunControl } from '../src/run/control';
import { runRecipe } from '../src/run/driver';
import type { RunResult } from '../src/run/events';
import { prepareRun } from '../src/run/prepare';
import type { Recipe } from '../src/recipe/recipe';
import { MemoryRunStore } from '../src/run/run-store';
import { defaultRecipe } from '../src/store/presets';
import { measureRates } from '../src/tensor/rate';
import type { Benchmark } from './benchmark';
import { againstPlan } from './measure';

/** From dist-cli/ and from bench/ alike. */
const SAMPLE = fileURLToPath(new URL('../public/samples/stories-1m', import.meta.url));

/** What the page proposes for a model with these texts. */
function sampleRecipe(): Recipe {
  const texts = ['calibration.jsonl', 'heldout.jsonl'];
  return defaultRecipe({
    ...{ key: 'sample', name: 'sample', bytes: 0, architecture: null, parameters: 0, sample: true },
    ...{ task: 'text' as const, texts, images: [], limitation: null, added: '' },
  });
}

export const sampleRun: Benchmark = {
  name: 'whole run of the sample, rows',
  sizes: () => [2, sampleRecipe().rows.length],
  async prepare(gpu, rows) {
    const checkpoint = await openCheckpoint(await sourcesOf(SAMPLE));
    const recipe = sampleRecipe();
    const some = { ...recipe, rows: recipe.rows.slice(0, rows) };
    const prepared = await prepareRun(checkpoint, some, { gpu, rate: await measureRates(gpu) });
    gpu.buffers.resetPeak();
    const whole = async (): Promise<RunResult> => {
      const events = runRecipe(prepared, { gpu, store: new MemoryRunStore(), control: new RunControl() });
      for (;;) {
        const step = await events.next();
        if (step.done) return step.value;
      }
    };
    return {
      flop: prepared.plan.flop,
      async run() {
        await whole();
      },
      async check() {
        const { rows, fullPrecision } = await whole();
        if (
          rows.some(({ perplexity }) => !(perplexity && perplexity > (fullPrecision?.perplexity ?? Infinity) * 0.9))
        ) {
          throw new Error('a row of the sample run has an impossible perplexity');
        }
      },
      notes({ median }) {
        const { seconds, gpuBytes } = prepared.plan;
        const share = (gpuBytes / gpu.buffers.peakBytes).toFixed(2);
        return [againstPlan(seconds, median / 1000), `planned bytes are ${share} of the pool's peak`];
      },
      release: () => undefined,
    };
  },
};
