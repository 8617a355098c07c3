/** Methods that learn roundings and grids, in a run on a tiny network: block by block, cut off and gone on with, and out as GPTQ. */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { testGpu } from '../gpu/testing/gpus';
import { affineFault } from '../quantizer/affine';
import { GRID_FACES } from '../method/trained/grid-faces';
import { RunControl } from './control';
import type { RunEvent, RunResult } from './events';
import { weightFiles } from './export';
import { rowExportOf } from './row-export';
import { MemoryRunStore } from './run-store';
import { joined, prepareTiny, runToEnd, tinyCheckpoint, tinyRecipe } from './testing/runs';

const gpu = await testGpu();

const CUT: readonly string[] = ['adaround', 'autoround', 'block_ap'];

const figures = ({ layers, blocks }: RunResult) => ({
  layers: layers.map(({ errors, bitsPerWeight, note }) => [errors, bitsPerWeight, note]),
  blocks,
});

describe('learned grids in a run on a tiny Qwen3', async () => {
  const checkpoint = await tinyCheckpoint('qwen3');
  const rows = GRID_FACES.map(({ id }) => ({ method: id, options: { bits: 4, groupSize: 8, steps: 10, batch: 4 } }));
  const recipe = tinyRecipe([{ method: 'rtn', options: { bits: 4, groupSize: 8 } }, ...rows]);
  const prepared = await prepareTiny(gpu, checkpoint, recipe);
  const store = new MemoryRunStore();
  const before = gpu.buffers.bytesInUse;
  const events: RunEvent[] = [];
  const result = await runToEnd(prepared, { gpu, store }, (event) => events.push(event));

  it('quantizes every layer at the bits that were planned, tells of each block, and gives every buffer back', () => {
    expect(result.layers.filter(({ status }) => status === 'rounded')).toEqual([]);
    expect(result.layers.every(({ errors }) => Number.isFinite(errors.output))).toBe(true);
    for (const { row, layer, bitsPerWeight } of result.layers) {
      const rtn = result.layers.find((one) => one.row === 0 && one.layer === layer);
      // LSQ's grid is symmetric, and stores no zeros.
      if (prepared.rows[row].method !== 'lsq') expect(bitsPerWeight).toBe(rtn?.bitsPerWeight);
    }
    for (const [row, { method }] of prepared.rows.entries()) {
      const told = events.flatMap((event) => (event.type === 'training' && event.row === row ? [event] : []));
      if (method === 'rtn') continue;
      expect(new Set(told.map(({ block }) => block)).size, method).toBe(2);
      expect(told.every(({ progress }) => Number.isFinite(progress.loss) && progress.usageEntropy === null)).toBe(true);
    }
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('goes on in the middle of a block to the same bits', async () => {
    const cut = new MemoryRunStore();
    const stopped = new Set<number>();
    let resumed: RunResult;
    let before: number;
    do {
      before = stopped.size;
      const control = new RunControl();
      // Three rows once each, in the middle of their first block: one of each kind of state.
      resumed = await runToEnd(prepared, { gpu, store: cut, control, keepTrainingEvery: 0 }, (event) => {
        if (event.type !== 'training' || event.progress.step < 8 || stopped.has(event.row)) return;
        if (!CUT.includes(prepared.rows[event.row].method)) return;
        stopped.add(event.row);
        control.cancel();
      });
    } while (stopped.size > before);
    expect(stopped.size).toBe(CUT.length);
    expect(figures(resumed)).toEqual(figures(result));
  });

  it.each(GRID_FACES.map(({ id }) => id))('%s goes out in the GPTQ format and reads back', async (id) => {
    const row = prepared.rows.findIndex(({ method }) => method === id);
    for (const { index } of prepared.linears) {
      const tensor = (await store.loadLayer(row, index))?.tensor;
      if (tensor?.kind !== 'affine') throw new Error('not on a grid');
      expect(affineFault(tensor)).toBeNull();
    }
    const { files, verify } = await weightFiles(
      'gptq',
      await rowExportOf(checkpoint, recipe, row, store, { keepUnfit: true }),
    );
    const parts = await Promise.all(
      files.map(async (file) => memorySource(await joined(file.chunks()), `out/${file.name}`)),
    );
    // Scales are stored in 16 bits: what they round by, and no more.
    expect(await verify(parts[0])).toBeLessThan(1e-3);
  });
});
