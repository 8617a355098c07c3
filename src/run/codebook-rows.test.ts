/** Rows whose layers come out as codebooks beside rows on grids: figures, resume, fallback, and every export. */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { testGpu } from '../gpu/testing/gpus';
import { CATALOGUE, faceOf } from '../method/catalogue';
import { methodOf } from '../method/table';
import { ledger } from '../quantizer/quantized';
import { sumLedgers } from '../quantizer/ledger';
import { RunControl } from './control';
import type { LayerResult, RunResult } from './events';
import { assertFormatFits, csvFile, weightFiles, type RowExport } from './export';
import type { WeightFormat } from './formats';
import type { PreparedRun } from './prepared-run';
import { plannedLedgerOf } from '../recipe/rows';
import { MemoryRunStore, type RunStore, type StoredLayer } from './run-store';
import { storedLayer } from './stored-layer';
import { joined, prepareTiny, runToEnd, tinyCheckpoint, tinyRecipe } from './testing/runs';

const gpu = await testGpu();
/** Those that train are in training-run.test.ts. */
const CODEBOOK_METHODS = CATALOGUE.map(({ id }) => id).filter(
  (id) => faceOf(id).family === 'codebook' && !methodOf(id).train,
);
const LAYER = { codewords: 4, dim: 2, emIterations: 3 };
/** One codebook a layer, then many with 8-bit codewords. */
const ROWS = [
  { method: 'rtn', options: { bits: 2 } },
  ...CODEBOOK_METHODS.flatMap((method) => [
    { method, options: { ...LAYER, codebookBits: '16', codebookGroup: null, codebookColumns: null } },
    { method, options: { ...LAYER, codebookBits: '8', codebookGroup: 64, codebookColumns: 8, scaleBlock: 8 } },
  ]),
];

/** A result without what differs from run to run. */
function figures(result: RunResult) {
  const untimed = ({ milliseconds: _, ...layer }: LayerResult) => layer;
  return {
    layers: result.layers.map(untimed),
    rows: result.rows.map(({ milliseconds: _, ...row }) => row),
    blocks: result.blocks,
  };
}

function exportOf(prepared: PreparedRun, store: RunStore, row: number): RowExport {
  const { checkpoint, linears, rows } = prepared;
  return {
    ...{ checkpoint, linears, method: rows[row].method, options: rows[row].options },
    async codes(linear) {
      const stored = await store.loadLayer(row, linear.index);
      return stored?.tensor ?? Promise.reject(new Error(`${linear.name} is missing`));
    },
  };
}

async function roundTrip(row: RowExport, format: WeightFormat): Promise<number> {
  const { files, verify } = await weightFiles(format, row);
  return verify(memorySource(await joined(files[0].chunks()), files[0].name));
}

describe('a run of grids and codebooks', async () => {
  const checkpoint = await tinyCheckpoint('llama-linear-biased');
  const prepared = await prepareTiny(gpu, checkpoint, tinyRecipe(ROWS));
  const store = new MemoryRunStore();
  const before = gpu.buffers.bytesInUse;
  const result = await runToEnd(prepared, { gpu, store });
  const layersOf = (row: number) =>
    Promise.all(
      prepared.linears.map(async (linear, i) => {
        const stored = await store.loadLayer(row, i);
        if (!stored?.tensor) throw new Error(`${linear.name} of row ${row} is missing`);
        return { ...stored, tensor: stored.tensor };
      }),
    );

  it('measures every layer and says its size as it is stored', async () => {
    expect(gpu.buffers.bytesInUse).toBe(before);
    expect(result.layers).toHaveLength(prepared.linears.length * ROWS.length);
    for (const row of prepared.rows) {
      const layers = await layersOf(row.row);
      for (const { result: layer, tensor } of layers) {
        expect(tensor.kind).toBe(row.method === 'rtn' ? 'affine' : 'codebook');
        expect(layer.status).toBe('done');
        expect(layer.errors.weight).toBeGreaterThan(0);
        expect(layer.errors.weight).toBeLessThan(1);
        expect(layer.ledger).toEqual(ledger(tensor));
        expect(layer.bitsPerWeight).toBe(ledger(tensor).bitsPerWeight);
      }
      const whole = sumLedgers(layers.map(({ tensor }) => ledger(tensor)));
      expect(result.rows[row.row]).toMatchObject({ bitsPerWeight: whole.bitsPerWeight, ledger: whole });
      // What the options promise is what comes out.
      expect(plannedLedgerOf(row, prepared.plan.layers)).toEqual(whole);
      expect(prepared.plan.rows[row.row].bitsPerWeight).toBe(whole.bitsPerWeight);
    }
  });

  it('gives the same after a cancel and a resume', async () => {
    const count = result.layers.length;
    for (const stopAt of [1, Math.floor(count / 2), count - 1]) {
      const kept = new MemoryRunStore();
      const control = new RunControl();
      let done = 0;
      await runToEnd(prepared, { gpu, store: kept, control }, (event) => {
        if (event.type === 'layer-done' && ++done === stopAt) control.cancel();
      });
      // Through what a database makes of it.
      const load = kept.loadLayer.bind(kept);
      kept.loadLayer = async (row, layer) => storedLayer(structuredClone(await load(row, layer)));
      expect(figures(await runToEnd(prepared, { gpu, store: kept }))).toEqual(figures(result));
    }
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('exports every row in every format of its family, re-read', async () => {
    for (const { row, method, options } of prepared.rows) {
      const own = exportOf(prepared, store, row);
      expect(await roundTrip(own, 'safetensors')).toBe(0);
      if (method === 'rtn') {
        await expect(roundTrip(own, 'codebook')).rejects.toThrow(
          /cannot hold what RTN makes, which is codes on a grid/,
        );
        continue;
      }
      expect(await roundTrip(own, 'codebook')).toBe(0);
      await expect(roundTrip(own, 'gptq')).rejects.toThrow(/choose safetensors, aqlm, codebook/);
      if (options.codebookGroup === null) {
        // 16-bit codewords are what AQLM stores.
        expect(await roundTrip(own, 'aqlm')).toBe(0);
      } else {
        await expect(roundTrip(own, 'aqlm')).rejects.toMatchObject({ code: 'QS-RECIPE-01' });
        expect(() => assertFormatFits('aqlm', prepared.linears, own)).toThrow(/codebooks for its parts/);
      }
    }
  });

  it('writes the ledger into the table of layers', async () => {
    const text = new TextDecoder().decode(await joined(csvFile(result).chunks()));
    const [head, ...lines] = text.trimEnd().split('\n');
    const columns = head.split(',');
    const at = columns.indexOf('total_bits');
    const parts = [
      'indices',
      'codebooks',
      'scales',
      'zeros',
      'signs',
      'groups',
      'factors',
      'mask',
      'tables',
      'vectors',
    ];
    expect(columns.slice(at - parts.length, at)).toEqual(parts.map((part) => `${part}_bits`));
    expect(lines).toHaveLength(result.layers.length);
    lines.forEach((line, i) => {
      const cells = line.split(',');
      expect(cells).toHaveLength(columns.length);
      expect(Number(cells[at])).toBe(result.layers[i].ledger?.total);
    });
  });

  it('refuses the transposed modules of GPT-2 as AQLM, and takes them home otherwise', async () => {
    const gpt2 = await prepareTiny(gpu, await tinyCheckpoint('gpt2'), tinyRecipe(ROWS.slice(1, 2)));
    const kept = new MemoryRunStore();
    await runToEnd(gpt2, { gpu, store: kept });
    const row = exportOf(gpt2, kept, 1);
    await expect(roundTrip(row, 'aqlm')).rejects.toThrow(/is stored transposed/);
    expect(await roundTrip(row, 'codebook')).toBe(0);
    expect(await roundTrip(row, 'safetensors')).toBe(0);
  });

  it('takes a layer that was rounded instead home beside the codebooks', async () => {
    const grids = await layersOf(0);
    const own = exportOf(prepared, store, 1);
    const mixed: RowExport = {
      ...own,
      codes: (linear) => (linear.index === 2 ? Promise.resolve(grids[2].tensor) : own.codes(linear)),
    };
    expect(await roundTrip(mixed, 'codebook')).toBe(0);
    expect(await roundTrip(mixed, 'aqlm')).toBe(0);
    const { files } = await weightFiles('aqlm', mixed);
    const config = JSON.parse(new TextDecoder().decode(await joined(files[1].chunks()))) as {
      quantization_config: { linear_weights_not_to_quantize: string[] };
    };
    const kept = config.quantization_config.linear_weights_not_to_quantize;
    expect(kept).toContain(prepared.linears[2].weight);
    expect(kept).not.toContain(prepared.linears[1].weight);
    expect(kept).toContain('lm_head.weight');
  });
});

describe('a codebook layer that cannot be done', () => {
  it('is rounded to the nearest bits, marked, and the run goes on', async () => {
    const checkpoint = await tinyCheckpoint('qwen2', (name, values) => {
      if (name === 'model.layers.1.input_layernorm.weight') values.fill(3e38);
    });
    const rows = CODEBOOK_METHODS.map((method) => ({ method, options: { ...LAYER, codewords: 64 } }));
    const result = await runToEnd(await prepareTiny(gpu, checkpoint, tinyRecipe(rows)), { gpu });
    const rounded = result.layers.filter(({ status }) => status === 'rounded');
    // Methods that use the Hessian fail on it; the others do not notice.
    if (CODEBOOK_METHODS.some((id) => id !== 'kmeans')) expect(rounded.length).toBeGreaterThan(0);
    for (const layer of rounded) {
      expect(layer.note).toMatch(/Plain rounding to 3 bits was used for this layer/);
      expect(layer.ledger?.parts.codebooks).toBe(0);
    }
    expect(result.layers).toHaveLength((rows.length + 1) * result.plan.layers.length);
  });
});

describe('a stored layer', () => {
  const layer = async (): Promise<StoredLayer> => {
    const prepared = await prepareTiny(gpu, await tinyCheckpoint('qwen2'), tinyRecipe(ROWS.slice(0, 1)));
    const store = new MemoryRunStore();
    await runToEnd(prepared, { gpu, store });
    return (await store.loadLayer(0, 0)) ?? Promise.reject(new Error('nothing was stored'));
  };

  it('of an earlier version gets the ledger it lacks; a damaged one is said', async () => {
    const stored = await layer();
    const { ledger: account, ...result } = stored.result;
    expect(storedLayer({ ...stored, result })?.result).toEqual({ ...result, ledger: account });
    expect(storedLayer(undefined)).toBeNull();
    const cut = { ...stored, tensor: { ...stored.tensor, codes: new Uint8Array(3) } };
    expect(() => storedLayer(cut)).toThrow(/is damaged in storage: its codes are 3, not/);
    expect(() => storedLayer({ tensor: stored.tensor })).toThrow(/its figures are missing/);
  });
});
