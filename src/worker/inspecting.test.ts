/** What is kept of a look: over reloads for stored models, never for files on the disk, and no longer than the files stay what they are. */
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../checkpoint/bytes';
import { openCheckpoint } from '../checkpoint/checkpoint';
import { floats, safetensorsFile } from '../checkpoint/testing';
import type { FiguresKeeper } from '../storage/inspected';
import { Inspector } from './inspecting';

const KEY = 'model';
const quiet = () => undefined;

/** A model of one matrix. */
function fileOf(value: number): ByteSource {
  const header = { w: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] } };
  return safetensorsFile(header, floats(1, 2, 3, 4, 5, value), 'model.safetensors');
}

/** A store in memory, which counts what it is asked. */
function keeper(fails = false) {
  const kept = new Map<string, unknown>();
  const counts = { loads: 0, keeps: 0 };
  const store: FiguresKeeper = {
    load: (...key) => {
      counts.loads++;
      return fails ? Promise.reject(new Error('denied')) : Promise.resolve(kept.get(JSON.stringify(key)) ?? null);
    },
    keep: (model, tensor, version, figures) => {
      counts.keeps++;
      if (fails) return Promise.reject(new Error('denied'));
      kept.set(JSON.stringify([model, tensor, version]), structuredClone(figures));
      return Promise.resolve();
    },
  };
  return { store, counts, kept };
}

/** A worker as it is after a reload. */
function inspectorOn(store: FiguresKeeper, file: () => ByteSource) {
  let read = 0;
  const counted = (): ByteSource => {
    const source = file();
    return {
      ...source,
      read: (begin, end) => {
        read += end - begin;
        return source.read(begin, end);
      },
    };
  };
  const inspector = new Inspector(
    () => openCheckpoint([counted()]),
    () => Promise.resolve(null),
    store,
  );
  return { inspector, read: () => read };
}

describe('figures of a tensor', () => {
  it('of a stored model are there after a reload, without a look at its values', async () => {
    const { store, counts } = keeper();
    const first = inspectorOn(store, () => fileOf(6));
    const found = await first.inspector.tensor(KEY, 'w', quiet);
    expect(found.greatest).toBe(6);
    const again = inspectorOn(store, () => fileOf(6));
    await again.inspector.model(KEY);
    const header = again.read();
    expect(await again.inspector.tensor(KEY, 'w', quiet)).toEqual(found);
    expect(again.read()).toBe(header);
    expect(counts.keeps).toBe(1);
  });

  it('are counted where nothing can be kept, or what was kept is of another tensor', async () => {
    const denied = inspectorOn(keeper(true).store, () => fileOf(6));
    expect((await denied.inspector.tensor(KEY, 'w', quiet)).greatest).toBe(6);
    const { store, kept } = keeper();
    await inspectorOn(store, () => fileOf(6)).inspector.tensor(KEY, 'w', quiet);
    for (const [key, figures] of kept) kept.set(key, { ...(figures as object), shape: [3, 2], greatest: 99 });
    expect((await inspectorOn(store, () => fileOf(6)).inspector.tensor(KEY, 'w', quiet)).greatest).toBe(6);
  });

  it('of files on the disk are counted anew when these are chosen anew, and kept nowhere', async () => {
    const { store, counts } = keeper();
    const { inspector } = inspectorOn(store, () => fileOf(6));
    const file = async (value: number) => {
      const source = fileOf(value);
      return [{ path: source.name, file: new Blob([await source.read(0, source.size)]) }];
    };
    const { key } = await inspector.files(await file(6));
    expect((await inspector.tensor(key, 'w', quiet)).greatest).toBe(6);
    await inspector.files(await file(6));
    expect((await inspector.tensor(key, 'w', quiet)).greatest).toBe(6);
    expect(counts).toEqual({ loads: 0, keeps: 0 });
  });

  it('are forgotten with what was opened of a stored model that has changed', async () => {
    let value = 6;
    const { store, kept } = keeper();
    const { inspector } = inspectorOn(store, () => fileOf(value));
    expect((await inspector.tensor(KEY, 'w', quiet)).greatest).toBe(6);
    value = 7;
    kept.clear();
    inspector.forget();
    expect((await inspector.tensor(KEY, 'w', quiet)).greatest).toBe(7);
  });
});
