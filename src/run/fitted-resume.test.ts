/** A row with fitted transforms, ranges, a branch and corrections, cut off wherever something new was found out, goes on to equal bytes. */
import { expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { RunControl } from './control';
import type { RunEvent } from './events';
import { MemoryRunStore } from './run-store';
import { figuresOf, runPipelines } from './testing/pipelines';
import { runToEnd } from './testing/runs';

const gpu = await testGpu();

const ROW = [
  { step: 'smooth' },
  { step: 'affine', options: { epochs: 1, batch: 6 } },
  { step: 'activations', options: { bits: 4, ranges: 'static', observer: 'mse' } },
  { step: 'svdquant', options: { rank: 1 } },
  { step: 'gptq', options: { bits: 3 } },
  { step: 'eora', options: { rank: 1 } },
  { step: 'bias_correction' },
];

/** What is told of what is stored: every fit, some layers, and the first stage that is gone through. */
function placeOf(event: RunEvent): string | null {
  if (event.type === 'stage' && event.stage === 'fit') return `fit ${event.block} ${event.detail}`;
  if (event.type === 'stage' && event.stage === 'forward') return 'forward';
  return event.type === 'layer-stored' && event.row === 1 && event.layer % 7 === 3 ? `layer ${event.layer}` : null;
}

it('goes on from wherever it was cut off', async () => {
  const whole = await runPipelines(gpu, 'qwen2', [ROW]);
  const store = new MemoryRunStore();
  const seen = new Set<string>();
  let sessions = 0;
  for (let cut = true; cut;) {
    const control = new RunControl();
    const before = gpu.buffers.bytesInUse;
    cut = false;
    const result = await runToEnd(whole.prepared, { gpu, store, control }, (event) => {
      const place = placeOf(event);
      if (cut || place === null || seen.has(place)) return;
      seen.add(place);
      cut = true;
      control.cancel();
    });
    expect(gpu.buffers.bytesInUse).toBe(before);
    sessions++;
    if (!cut) expect(figuresOf(result)).toEqual(figuresOf(whole.result));
  }
  expect([...seen].filter((place) => place.startsWith('fit'))).toHaveLength(6);
  expect(sessions).toBe(seen.size + 1);
  for (const { row } of whole.prepared.rows) {
    for (const { index } of whole.prepared.linears) {
      const [one, other] = [await store.loadLayer(row, index), await whole.store.loadLayer(row, index)];
      expect([one?.tensor, one?.vectors]).toEqual([other?.tensor, other?.vectors]);
    }
  }
  for (const block of [0, 1]) {
    for (const key of [0, 1].map((step) => `view 1, step ${step}, block ${block}`)) {
      expect(await store.loadState(key)).toEqual(await whole.store.loadState(key));
    }
  }
});
