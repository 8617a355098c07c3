/** The studio's own codebook format: writer against reader, metadata against the published schema, and damaged files. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStudioError } from '../base/errors';
import { Random } from '../base/random';
import { memorySource } from './bytes';
import { parseCodebookFile, CODEBOOK_KEY, type CodebookEntry, type CodebookFile } from './codebook-format';
import { codebookLayersOf, readCodebookLayer } from './codebook-read';
import { bookTensors, codebookTensors, type CodebookLayer } from './codebook-write';
import { openSafetensors, type SafetensorsFile } from './safetensors';
import { safetensorsBlobParts, type TensorToWrite } from './safetensors-write';
import { rejection } from './testing';

const NAME = 'model.layers.0.mlp.up_proj';
const SCHEMA: unknown = JSON.parse(
  readFileSync(new URL('../../docs/codebook-format.schema.json', import.meta.url), 'utf8'),
);

const ENTRY: CodebookEntry = {
  weight: `${NAME}.weight`,
  transposed: false,
  ...{ rows: 3, cols: 5, dim: 2, codewords: 3, book_rows: 3, book_cols: 4 },
  codebook: `${NAME}.codebook`,
  codebook_bits: 32,
  index_bits: 2,
  scales: null,
  signs: false,
};

/** The 3 × 5 layer of src/quantizer/codebook.test.ts. */
const LAYER: CodebookLayer = {
  name: NAME,
  entry: ENTRY,
  books: { values: Float32Array.of(1, 2, 3, 4, 5, 6, 10, 0, 20, 0, 30, 0), integers: null },
  assignments: Uint16Array.of(0, 1, 2, 2, 2, 1, 1, 0, 0),
  scales: null,
  signs: null,
};

async function fileOf(
  tensors: readonly TensorToWrite[],
  entries: Record<string, CodebookEntry>,
): Promise<SafetensorsFile> {
  const description: CodebookFile = { format: 'quantelier-codebook', version: 1, layers: entries };
  const chunks: Uint8Array[] = [];
  const parts = safetensorsBlobParts(tensors, { [CODEBOOK_KEY]: JSON.stringify(description) });
  for await (const chunk of parts.chunks()) chunks.push(chunk);
  return openSafetensors(memorySource(new Uint8Array(Buffer.concat(chunks)), 'model.codebook.safetensors'));
}

async function there(layer: CodebookLayer): Promise<number[]> {
  const file = await fileOf(codebookTensors(layer), { [NAME]: layer.entry });
  const described = codebookLayersOf(file).layers;
  expect(schemaFault(SCHEMA, JSON.parse(file.metadata.get(CODEBOOK_KEY) ?? ''))).toBeNull();
  return [...(await readCodebookLayer(file, NAME, described[NAME]))];
}

describe('a layer there and back', () => {
  it('with books side by side and a padded last sub-vector', async () => {
    expect(await there(LAYER)).toEqual([1, 2, 3, 4, 30, 5, 6, 5, 6, 20, 3, 4, 1, 2, 10]);
  });

  it('with signs and scales at 32 bits', async () => {
    const signs = Uint8Array.of(0b0010_0010, 0b0100_0000);
    const scales = Float32Array.of(1, 10, 2, 20, 3, 30);
    const entry: CodebookEntry = { ...ENTRY, signs: true, scales: { block: 3, bits: 32 } };
    const values = [1, -2, 3, 40, 300, -10, 12, 10, 120, 400, 9, 12, 3, 60, -300];
    expect(await there({ ...LAYER, entry, signs, scales })).toEqual(values);
  });

  it('with scales at 4 bits, whatever their grid', async () => {
    const entry: CodebookEntry = { ...ENTRY, scales: { block: 5, bits: 4 } };
    const scales = Float32Array.of(0.1, 1e-3, 0.1);
    const values = [1, 2, 3, 4, 30, 5, 6, 5, 6, 20, 3, 4, 1, 2, 10];
    expect(await there({ ...LAYER, entry, scales })).toEqual(
      values.map((value, i) => Math.fround(scales[Math.floor(i / 5)] * value)),
    );
  });

  it('with 8-bit books, each with its step', async () => {
    const integers = Int8Array.of(1, 2, 3, 4, 5, 127, 1, 0, 2, 0, -128, 0);
    const layer: CodebookLayer = {
      ...LAYER,
      entry: { ...ENTRY, codebook_bits: 8 },
      books: { integers, steps: Float32Array.of(0.1, 3), values: null },
    };
    const [tenth, values] = [Math.fround(0.1), await there(layer)];
    expect(values.slice(0, 5)).toEqual([1, 2, 3, 4].map((k) => Math.fround(tenth * k)).concat(-384));
  });

  it('of many shapes, with every index width', async () => {
    const random = new Random(4);
    for (const codewords of [2, 5, 16, 100, 256, 513, 4096]) {
      const [rows, cols, dim] = [7, 30, 4];
      const vectors = Math.ceil(cols / dim);
      const entry: CodebookEntry = {
        ...{ ...ENTRY, rows, cols, dim, codewords, book_rows: 4, book_cols: 16, codebook_bits: 16 },
        index_bits: Math.ceil(Math.log2(codewords)),
      };
      const values = Float32Array.from({ length: 4 * codewords * dim }, () => random.integer(2000) - 1000);
      const assignments = Uint16Array.from({ length: rows * vectors }, () => random.integer(codewords));
      const read = await there({ ...LAYER, entry, books: { values, integers: null }, assignments });
      const expected = Array.from({ length: rows * cols }, (_, i) => {
        const [r, c] = [Math.floor(i / cols), i % cols];
        const book = Math.floor(r / 4) * 2 + Math.floor(c / 16);
        return values[(book * codewords + assignments[r * vectors + Math.floor(c / dim)]) * dim + (c % dim)];
      });
      expect(read).toEqual(expected);
    }
  });

  it('with one book that two layers share', async () => {
    const entry = { ...ENTRY, codebook: 'shared.codebook' };
    const layers = ['a', 'b'].map((name) => ({ ...LAYER, name, entry }));
    const file = await fileOf([...bookTensors(layers[0]), ...layers.flatMap(codebookTensors)], { a: entry, b: entry });
    expect([...file.tensors.keys()].sort()).toEqual(['a.assignments', 'b.assignments', 'shared.codebook']);
    expect(await readCodebookLayer(file, 'b', entry)).toEqual(await readCodebookLayer(file, 'a', entry));
  });
});

describe('the description', () => {
  it.each([
    [{ rows: 0 }, /rows is not a positive whole number/],
    [{ dim: 65, book_cols: 65 }, /dim is not in 1 … 64/],
    [{ book_cols: 3 }, /book_cols is not a multiple of dim/],
    [{ codewords: 1 }, /codewords is not in 2 … 65536/],
    [{ index_bits: 3 }, /index_bits is not what codewords take/],
    [{ codebook_bits: 4 }, /codebook_bits is not 8, 16 or 32/],
    [{ scales: { block: 0, bits: 4 } }, /scales do not say their block/],
    [{ scales: { block: 4, bits: 8 } }, /the bits of scales are not 4, 16 or 32/],
    [{ scales: 3 }, /scales do not say their block/],
    [{ signs: 1 }, /transposed and signs are not true or false/],
    [{ weight: null }, /weight and codebook are not names/],
  ])('is refused with %o', (change, sentence) => {
    const file = { format: 'quantelier-codebook', version: 1, layers: { [NAME]: { ...ENTRY, ...change } } };
    expect(() => parseCodebookFile(JSON.stringify(file), 'x.safetensors')).toThrow(sentence);
  });

  it.each([
    [undefined, /its metadata has no quantelier.codebook/],
    ['{', /is not JSON/],
    ['[]', /its format is not quantelier-codebook/],
    ['{"format":"quantelier-codebook","version":2,"layers":{}}', /its version is "2", and 1 is read/],
    ['{"format":"quantelier-codebook","version":1,"layers":[]}', /layers is not an object/],
    ['{"format":"quantelier-codebook","version":1,"layers":{"a":3}}', /layer "a" is not an object/],
  ])('is refused where it is %s', (text, sentence) => {
    expect(() => parseCodebookFile(text, 'x.safetensors')).toThrow(sentence);
  });

  it('is refused by the schema where the reader refuses it', () => {
    const of = (change: object) => ({
      ...{ format: 'quantelier-codebook', version: 1 },
      layers: { [NAME]: { ...ENTRY, ...change } },
    });
    expect(schemaFault(SCHEMA, of({}))).toBeNull();
    for (const change of [
      { rows: 0 },
      { dim: 65 },
      { codewords: 1 },
      { codebook_bits: 4 },
      { signs: 1 },
      { weight: 2 },
    ]) {
      expect(schemaFault(SCHEMA, of(change)), JSON.stringify(change)).not.toBeNull();
    }
    expect(schemaFault(SCHEMA, of({ scales: { block: 4, bits: 8 } }))).not.toBeNull();
    expect(schemaFault(SCHEMA, { ...of({}), version: 2 })).not.toBeNull();
    const { weight: _, ...without } = ENTRY;
    expect(schemaFault(SCHEMA, { ...of({}), layers: { a: without } })).toMatch(/weight/);
  });

  it('never fails with anything but an error of ours', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          parseCodebookFile(text, 'x');
        } catch (error) {
          expect(isStudioError(error)).toBe(true);
        }
      }),
    );
  });
});

describe('a damaged file', () => {
  it('is refused where an index leaves its book', async () => {
    const file = await fileOf(codebookTensors({ ...LAYER, assignments: new Uint16Array(9).fill(3) }), {
      [NAME]: ENTRY,
    });
    const error = await rejection(readCodebookLayer(file, NAME, ENTRY));
    expect(error).toMatchObject({ code: 'QS-FILE-03' });
    expect(error.message).toMatch(/names codeword 3 of a book of 3/);
  });

  it('is refused where a tensor is missing or too short', async () => {
    const tensors = codebookTensors(LAYER);
    const without = await fileOf(tensors.slice(1), { [NAME]: ENTRY });
    expect(await rejection(readCodebookLayer(without, NAME, ENTRY))).toMatchObject({ code: 'QS-FILE-07' });
    const file = await fileOf(tensors, { [NAME]: ENTRY });
    const longer = { ...ENTRY, rows: 4 };
    expect((await rejection(readCodebookLayer(file, NAME, longer))).message).toMatch(/codebook" is F32 \[2, 3, 2\]/);
  });

  it('16-bit values beyond F16 are refused before they are written', () => {
    const values = new Float32Array(12).fill(1e6);
    const layer = { ...LAYER, entry: { ...ENTRY, codebook_bits: 16 as const }, books: { values, integers: null } };
    expect(() => codebookTensors(layer)).toThrow(/beyond the largest F16/);
  });
});

/** The part of JSON Schema that the published schema uses. Null where a value fits, else the first place where it does not. */
function schemaFault(schema: unknown, value: unknown, at = 'value'): string | null {
  const rule = schema as Record<string, unknown>;
  const known = ['$schema', 'title', 'description', 'type', 'required', 'properties', 'additionalProperties'];
  const more = ['const', 'enum', 'minimum', 'maximum', 'anyOf'];
  const unknown = Object.keys(rule).find((key) => ![...known, ...more].includes(key));
  if (unknown !== undefined) throw new Error(`the schema uses ${unknown}, which this check does not know`);
  if ('const' in rule && value !== rule.const) return `${at} is not ${JSON.stringify(rule.const)}`;
  if ('enum' in rule && !(rule.enum as unknown[]).includes(value)) return `${at} is none of its values`;
  if ('anyOf' in rule && !(rule.anyOf as unknown[]).some((one) => schemaFault(one, value, at) === null)) {
    return `${at} fits none of its forms`;
  }
  if ('type' in rule && !ofType(rule.type as string, value)) return `${at} is no ${String(rule.type)}`;
  if (typeof value === 'number') {
    if ('minimum' in rule && value < Number(rule.minimum)) return `${at} is too small`;
    if ('maximum' in rule && value > Number(rule.maximum)) return `${at} is too large`;
  }
  if (rule.type !== 'object') return null;
  const members = value as Record<string, unknown>;
  const missing = ((rule.required as string[] | undefined) ?? []).find((name) => !(name in members));
  if (missing !== undefined) return `${at}.${missing} is missing`;
  const properties = (rule.properties ?? {}) as Record<string, unknown>;
  for (const [name, member] of Object.entries(members)) {
    const inner = properties[name] ?? rule.additionalProperties;
    const fault = inner === undefined ? null : schemaFault(inner, member, `${at}.${name}`);
    if (fault !== null) return fault;
  }
  return null;
}

function ofType(type: string, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}
