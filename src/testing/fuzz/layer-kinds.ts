/** Damaged layers of quantized checkpoints with what describes them (GPTQ, AQLM, the studio's codebook file), and kept layers of a run. */
import { Random } from '../../base/random';
import { aqlmConfig, parseAqlmConfig } from '../../checkpoint/aqlm-config';
import { readAqlmLayer } from '../../checkpoint/aqlm-read';
import { aqlmTensors } from '../../checkpoint/aqlm-write';
import { memorySource } from '../../checkpoint/bytes';
import { CODEBOOK_KEY, type CodebookEntry } from '../../checkpoint/codebook-format';
import { codebookLayersOf, readCodebookLayer } from '../../checkpoint/codebook-read';
import { codebookTensors } from '../../checkpoint/codebook-write';
import { gptqConfig, parseGptqConfig } from '../../checkpoint/gptq-config';
import { readGptqLayer } from '../../checkpoint/gptq-read';
import { gptqTensors } from '../../checkpoint/gptq-write';
import { openSafetensors, type SafetensorsFile } from '../../checkpoint/safetensors';
import { decodeRecord, encodeRecord } from '../../cli/kept/record';
import { storeFactors } from '../../quantizer/factors';
import { decodeQuantized, isAllZero, ledger } from '../../quantizer/quantized';
import { storeSparse } from '../../quantizer/sparse';
import { storedLayer } from '../../run/stored-layer';
import type { FuzzKind } from './kind';
import { changedValue, damagedBytes, damagedJson, oneOf } from './mutate';
import { safetensorsOf } from './seeds';

const NAME = 'model.layers.0.mlp.up_proj';

/** A config that is JSON at all; damage to the text itself is another kind's. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

type Read = (file: SafetensorsFile, config: unknown, text: string) => Promise<unknown>;

/** Half of the cases damage the config, half the file. */
function layerKind(name: string, whole: Uint8Array, config: unknown, read: Read): FuzzKind {
  return {
    name,
    share: 40,
    make(random) {
      const configs = random.integer(2) === 0;
      const bytes = configs && random.integer(4) > 0 ? whole : damagedBytes(random, whole);
      const text = configs ? damagedJson(random, config) : JSON.stringify(config);
      const said = parsed(text);
      return async () => read(await openSafetensors(memorySource(bytes, 'model.safetensors')), said, text);
    },
  };
}

export async function layerKinds(): Promise<FuzzKind[]> {
  const random = new Random(7);
  const [rows, cols, groups, bits] = [32, 32, 2, 4];
  const gptq = {
    ...{ name: NAME, rows, cols, bits },
    codes: Uint8Array.from({ length: rows * cols }, () => random.integer(2 ** bits)),
    scales: Float32Array.from({ length: rows * groups }, () => 0.5),
    zeros: Uint8Array.from({ length: rows * groups }, () => random.integer(2 ** bits)),
    groupOf: Uint32Array.from({ length: cols }, (_, k) => Math.floor((k * groups) / cols)),
  };
  const aqlm = {
    ...{ name: NAME, rows: 4, cols: 8, dim: 2 },
    codebook: Float32Array.from({ length: 32 }, (_, i) => i),
    assignments: Uint16Array.from({ length: 16 }, () => random.integer(16)),
    scales: Float32Array.of(1, 2, 3, 4),
  };
  const codebookEntry: CodebookEntry = {
    weight: `${NAME}.weight`,
    transposed: false,
    ...{ rows: 3, cols: 5, dim: 2, codewords: 3, book_rows: 3, book_cols: 4 },
    codebook: `${NAME}.codebook`,
    ...{ codebook_bits: 32, index_bits: 2, scales: null, signs: false },
  };
  const codebook = codebookTensors({
    name: NAME,
    entry: codebookEntry,
    books: { values: Float32Array.of(1, 2, 3, 4, 5, 6, 10, 0, 20, 0, 30, 0), integers: null },
    assignments: Uint16Array.of(0, 1, 2, 2, 2, 1, 1, 0, 0),
    ...{ scales: null, signs: null },
  });
  const description = { format: 'quantelier-codebook', version: 1, layers: { [NAME]: codebookEntry } };
  return [
    layerKind(
      'GPTQ layer and config',
      await safetensorsOf(gptqTensors(gptq, 'gptq_v2')),
      gptqConfig({
        bits,
        groupSize: 16,
        descAct: false,
        symmetric: false,
        meta: { quantizer: ['test'], damp_percent: 0.01 },
      }),
      (file, config) => readGptqLayer(file, NAME, parseGptqConfig(config, 'quantize_config.json')),
    ),
    layerKind(
      'AQLM layer and config',
      await safetensorsOf(aqlmTensors(aqlm, 4)),
      aqlmConfig({ bits: 4, dim: 2, kept: ['lm_head.weight'] }),
      (file, config) => readAqlmLayer(file, NAME, parseAqlmConfig(config, 'config.json')),
    ),
    layerKind('codebook layer', await safetensorsOf(codebook), description, async (file, _, text) => {
      const metadata = new Map([[CODEBOOK_KEY, text]]);
      const { layers } = codebookLayersOf({ metadata, source: file.source });
      for (const [name, entry] of Object.entries(layers).slice(0, 4)) await readCodebookLayer(file, name, entry);
    }),
    keptLayer(),
  ];
}

function keptLayer(): FuzzKind {
  const errors = { weight: 0.1, hessian: null, output: NaN, heldOutOutput: null };
  const stored = {
    result: { row: 0, layer: 0, name: NAME, errors, bitsPerWeight: 3, milliseconds: 1, status: 'done', note: null },
    tensor: {
      ...{ kind: 'affine', rows: 2, cols: 4, bits: 3, symmetric: false, groups: 1 },
      codes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0),
      scales: Float32Array.of(0.5, 0.25),
      zeros: Uint8Array.of(1, 2),
      groupOf: Uint32Array.of(0, 0, 0, 0),
    },
  };
  const whole = encodeRecord({ row: 0, place: 0, value: stored });
  const given = { rows: 2, cols: 4, rank: 1, b: Float32Array.of(1, 2), a: Float32Array.of(3, 0, -1, 2) };
  const weights = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const parts = [
    storeFactors(given, 16),
    storeFactors(given, 8),
    storeSparse(weights, { rows: 2, cols: 4, layout: 'columns', bits: 16, places: [1, 3] }),
    storeSparse(weights, { rows: 2, cols: 4, layout: 'entries', bits: 32, places: [0, 6] }),
  ];
  const sum = { kind: 'sum', rows: 2, cols: 4, parts: [stored.tensor, ...parts] };
  return {
    name: 'kept layer',
    share: 30,
    make(random) {
      if (random.integer(2) === 0) {
        const bytes = damagedBytes(random, whole);
        return () => {
          const same = bytes.length === whole.length && bytes.every((byte, i) => byte === whole[i]);
          if (decodeRecord(bytes) !== null && !same) throw new Error('a damaged record was taken for a whole one');
        };
      }
      // What a right checksum can still hold: another version's, or one made on purpose.
      const tensor = { ...oneOf<object>(random, [stored.tensor, ...parts, sum]) } as Record<string, unknown>;
      const key = oneOf(random, Object.keys(tensor));
      const value = { ...stored, tensor: { ...tensor, [key]: changedValue(random, tensor[key]) } };
      const other = random.integer(4) === 0 ? changedValue(random, stored) : value;
      return () => {
        const again = storedLayer(decodeRecord(encodeRecord(other))?.value);
        if (!again?.tensor) return;
        decodeQuantized(again.tensor);
        isAllZero(again.tensor);
        if (!(ledger(again.tensor).total >= 0)) throw new Error('a layer takes less than nothing');
      };
    },
  };
}
