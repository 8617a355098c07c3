/** What a stopped run has measured is there before it is resumed, and is not lost by a cancel that comes early. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  fakeAllocation,
  fakeBlock,
  fakeChannels,
  fakeLayer,
  FAKE_RECIPE,
  fakePlan,
  fakeResult,
} from '../app/testing/fake-figures';
import type { RunEvent } from '../run/events';
import { FiguresKeeper } from './figures-keeper';

const disk = vi.hoisted(() => new Map<string, unknown>());

vi.mock('../storage/runs', () => ({
  loadFigures: (id: string) => Promise.resolve(structuredClone(disk.get(id)) ?? null),
  saveFigures: (id: string, figures: unknown) => Promise.resolve(void disk.set(id, structuredClone(figures))),
}));

const plan = fakePlan(FAKE_RECIPE);
const done = (layer: number): RunEvent => ({ type: 'layer-done', result: fakeLayer(plan, 0, layer) });

async function stoppedAfter(layers: number): Promise<void> {
  const keeper = new FiguresKeeper('a');
  keeper.note({ type: 'plan', plan });
  for (let layer = 0; layer < layers; layer++) keeper.note(done(layer));
  keeper.note({ type: 'block-done', results: [fakeBlock(plan, 0, 0)] });
  await keeper.keep();
}

beforeEach(() => disk.clear());

describe('the figures of a run that was stopped', () => {
  it('are kept as they were measured', async () => {
    await stoppedAfter(3);
    expect(disk.get('a')).toEqual({
      plan,
      layers: [0, 1, 2].map((layer) => fakeLayer(plan, 0, layer)),
      blocks: [fakeBlock(plan, 0, 0)],
    });
  });

  it('are nothing before there is a plan', async () => {
    await new FiguresKeeper('a').keep();
    expect(disk.has('a')).toBe(false);
  });

  it('are all there when the resumed run is cancelled before it is as far, each once', async () => {
    await stoppedAfter(5);
    const again = new FiguresKeeper('a');
    await again.takeUp();
    again.note({ type: 'plan', plan });
    again.note(done(0));
    const cancelled = { ...fakeResult(FAKE_RECIPE, 0), layers: [fakeLayer(plan, 0, 0)], blocks: [] };
    const { layers, blocks } = again.completed(cancelled);
    expect(layers.map(({ layer }) => layer)).toEqual([0, 1, 2, 3, 4]);
    expect(blocks).toHaveLength(1);
  });

  it('have pictures with them, each once', async () => {
    const [first, second] = fakeChannels(plan, [1]);
    const allocation = fakeAllocation(plan);
    const keeper = new FiguresKeeper('a');
    keeper.note({ type: 'plan', plan });
    keeper.note({ type: 'allocated', row: 1, allocation });
    for (const channels of [first, second, first]) keeper.note({ type: 'channels', channels });
    await keeper.keep();
    expect(disk.get('a')).toMatchObject({ channels: [first, second], allocations: [{ row: 1, allocation }] });
    const again = new FiguresKeeper('a');
    await again.takeUp();
    const cancelled = { ...fakeResult(FAKE_RECIPE, 0), channels: [first] };
    expect(again.completed(cancelled).channels).toEqual([first, second]);
  });
});
