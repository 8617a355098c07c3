/**
 * The guard: what every method makes of every kind of tiny network, bit for bit, as recorded in `testing/guard.json` — the codes of each
 * row, all figures, and the order of the events. A change that is meant to leave rows as they are leaves these digests as they are. One
 * that is not meant so raises ENGINE_VERSION and records again: `RECORD_GUARD=1 npx vitest run src/run/guard.test.ts`.
 */
import { createHash, type Hash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { testGpu } from '../gpu/testing/gpus';
import { CATALOGUE } from '../method/catalogue';
import { type MethodFace } from '../method/face';
import type { RowSummary, RunEvent, RunResult } from './events';
import type { Recipe } from '../recipe/recipe';
import { MemoryRunStore } from './run-store';
import { arithmeticOf } from './testing/arithmetic';
import { imageRecipe, tinyNetwork } from './testing/networks';
import { prepareTiny, runToEnd, tinyCheckpoint, tinyRecipe } from './testing/runs';

interface Digests {
  readonly rows: Readonly<Record<string, string>>;
  readonly figures: string;
  readonly events: string;
}

interface Guard {
  readonly arithmetic: string;
  readonly runs: Record<string, Digests>;
}

const FILE = fileURLToPath(new URL('./testing/guard.json', import.meta.url));
const recording = process.env.RECORD_GUARD === '1';

/** A row of the method that is done in a moment. */
function row({ id, family, trains }: MethodFace): { method: string; options: object } {
  if (family === 'affine') return { method: id, options: { bits: 3, ...(trains ? { steps: 3, batch: 4 } : {}) } };
  return { method: id, options: { codewords: 8, dim: 2, ...(trains ? { steps: 3, batch: 4 } : {}) } };
}

/** In three runs, for there are more methods than rows. What trains along samples has tests of its own (trajectory-training.test.ts). */
const FAMILIES = {
  affine: rowsOf('affine', undefined),
  learned: rowsOf('affine', true),
  codebook: [...rowsOf('codebook', undefined), ...rowsOf('codebook', true)],
};
function rowsOf(family: MethodFace['family'], trains: MethodFace['trains']) {
  return CATALOGUE.filter((face) => face.family === family && face.trains === trains).map(row);
}

const sampling = { sampling: { steps: 3, guidance: 2, sampler: 'ddim', images: 4 } };
const NETWORKS: Readonly<Record<string, { open: () => Promise<Checkpoint>; recipe: (rows: never) => Recipe }>> = {
  qwen2: { open: () => tinyCheckpoint('qwen2'), recipe: tinyRecipe },
  gpt2: { open: () => tinyCheckpoint('gpt2'), recipe: tinyRecipe },
  vit: { open: () => tinyNetwork('vit'), recipe: (rows) => imageRecipe(rows, 'file') },
  vim: { open: () => tinyNetwork('vim'), recipe: (rows) => imageRecipe(rows, 'file') },
  dit: { open: () => tinyNetwork('dit'), recipe: (rows) => imageRecipe(rows, 'generated', sampling) },
};

const gpu = await testGpu();
const arithmetic = await arithmeticOf(gpu);
const recorded: Guard = recording ? { arithmetic, runs: {} } : (JSON.parse(readFileSync(FILE, 'utf8')) as Guard);
const known = recorded.arithmetic === arithmetic;
if (!known) {
  process.stderr.write(
    `\n*** this GPU’s arithmetic (${arithmetic}) is not the recorded one (${recorded.arithmetic}): bits are not compared ***\n`,
  );
}
afterAll(() => {
  if (recording) writeFileSync(FILE, `${JSON.stringify(recorded, null, 2)}\n`);
});

/** Codebooks are slow on a software GPU: one network of each task will do. */
const RUNS = Object.keys(NETWORKS).flatMap((network) => {
  const slow: (keyof typeof FAMILIES)[] = ['learned', 'codebook'];
  const families: (keyof typeof FAMILIES)[] = ['affine', ...(['gpt2', 'vit'].includes(network) ? [] : slow)];
  return families.map((family) => ({ network, family }));
});

describe('the guard', () => {
  it.skipIf(!known).each(RUNS)(
    '$family rows on a tiny $network keep every bit of codes and figures, and the order of events',
    async ({ network, family }) => {
      const { open, recipe } = NETWORKS[network];
      const prepared = await prepareTiny(gpu, await open(), recipe(FAMILIES[family] as never));
      const store = new MemoryRunStore();
      const events: string[] = [];
      const result = await runToEnd(prepared, { gpu, store }, (event) => events.push(lineOf(event)));
      const rows: [string, string][] = [];
      for (const { row: number, label } of prepared.rows) {
        const hash = createHash('sha256');
        for (const index of prepared.linears.keys()) digest(hash, (await store.loadLayer(number, index))?.tensor);
        rows.push([label, short(hash)]);
      }
      const digests: Digests = {
        rows: Object.fromEntries(rows),
        figures: short(digest(createHash('sha256'), figuresOf(result))),
        events: short(createHash('sha256').update(events.filter(Boolean).join('\n'))),
      };
      const key = `${network}, ${family}`;
      if (recording) recorded.runs[key] = digests;
      expect(digests).toEqual(recorded.runs[key]);
    },
    600_000,
  );
});

/** What of an event is the same in every run. */
function lineOf(event: RunEvent): string {
  switch (event.type) {
    case 'stage':
      return `stage ${event.stage} ${event.block} ${event.detail}`;
    case 'layer-started':
    case 'layer-stored':
      return `${event.type} ${event.row}/${event.layer}`;
    case 'layer-done':
      return `${event.type} ${event.result.row}/${event.result.layer}`;
    case 'training':
      return ''; // as often as a person is to see it, which the clock says
    default:
      return event.type;
  }
}

/** Every figure in a fixed order, however results arrange them. */
function figuresOf({ layers, blocks, rows, fullPrecision }: RunResult): (number | null | undefined)[] {
  const end = ({ perplexity, images }: Pick<RowSummary, 'perplexity' | 'images'>) => [
    perplexity,
    images?.accuracy?.share,
    images?.prediction,
    images?.trajectory,
    ...(images?.samples?.pixels ?? []),
  ];
  return [
    ...layers.flatMap(({ row: r, layer, errors, bitsPerWeight, damping }) => {
      return [r, layer, errors.weight, errors.hessian, errors.output, errors.heldOutOutput, bitsPerWeight, damping];
    }),
    ...blocks.flatMap(({ row: r, block, mse, heldOutMse }) => [r, block, mse, heldOutMse]),
    ...rows.flatMap((of) => [of.row, of.bitsPerWeight, of.meanError, of.worstError, of.worstLayer, of.kl, ...end(of)]),
    ...(fullPrecision ? end(fullPrecision) : []),
  ];
}

/** Plain data by its keys in order and the bytes of its numbers. */
function digest(hash: Hash, value: unknown): Hash {
  if (typeof value === 'number') hash.update(new Uint8Array(Float64Array.of(value).buffer));
  else if (ArrayBuffer.isView(value)) hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
      digest(hash.update(key), inner);
    }
  } else hash.update(String(value));
  return hash;
}

function short(hash: Hash): string {
  return hash.digest('hex').slice(0, 16);
}
