import { Random } from '../base/random';
import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { deflateSync, strToU8 } from 'fflate';
import { describe, expect, it } from 'vitest';
import { precomputed } from '../app/precomputed';
import { FAKE_RECIPE, fakeResult } from '../app/testing/fake-figures';
import type { Continuations, LayerErrors, RunResult } from '../run/events';
import { COMFORTABLE, decodeLink, encodeLink, LINK_LIMIT, makeLink, NAMELESS } from './link';
import { DIGITS, ERROR_ROUNDING, stepsOf, valueOf } from './link-results';
import { METRICS, seriesOf } from '../report/series';
import { summarize } from './summary';
import { figuresOf } from './run-view';

/** As the sample's files are told by a run of today: a SHA-256 does not pack. */
const files = [
  'calibration.jsonl',
  'config.json',
  'heldout.jsonl',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
].map((name, i) => ({ name, bytes: 2 ** (8 + 2 * i), sha256: createHash('sha256').update(name).digest('hex') }));
const printed: RunResult = { ...precomputed, model: { ...precomputed.model, files } };

const wish = { recipe: precomputed.recipe, sample: 'stories-1m', result: precomputed };

const packed = (value: unknown) =>
  `1.${Buffer.from(deflateSync(strToU8(JSON.stringify(value)))).toString('base64url')}`;

const content = (link: string) =>
  JSON.parse(Buffer.from(inflated(link)).toString()) as { results: Record<string, unknown>; check?: string };

function inflated(link: string): Uint8Array {
  return inflateRawSync(Buffer.from(link.slice(2), 'base64url'));
}

function refusal(link: string): string {
  try {
    decodeLink(link);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the link was read');
}

/** A result of as many layers as asked, each a copy of one of the sample's, its errors moved by a little. */
function widened(layers: number): RunResult {
  const { plan } = precomputed;
  const of = (i: number) => plan.layers[i % plan.layers.length];
  const many = Array.from({ length: layers }, (_, index) => ({
    ...of(index),
    index,
    name: `model.layers.${index}.proj`,
  }));
  const random = new Random(layers);
  const results = plan.rows.flatMap(({ row }) =>
    many.map((layer, i) => {
      const like = precomputed.layers.find((one) => one.row === row && one.layer === of(i).index);
      if (!like) throw new Error('the sample lacks a layer');
      const moved = (value: number | null) => value && value * Math.exp(3 * random.uniform());
      const { weight, hessian, output, heldOutOutput } = like.errors;
      const errors: LayerErrors = {
        ...{ weight: moved(weight), hessian: moved(hessian), output: moved(output) },
        heldOutOutput: moved(heldOutOutput),
      };
      return { ...like, layer: layer.index, name: layer.name, errors };
    }),
  );
  return { ...precomputed, plan: { ...plan, layers: many }, layers: results };
}

describe('figures in a link', () => {
  it('of the sample, 35 layers and four rows, are within 4 kB and lack nothing', () => {
    const { payload, without, fits } = makeLink({ ...wish, result: printed });
    expect(payload).toMatch(/^1\.[A-Za-z0-9_-]+$/);
    expect(payload.length).toBeLessThanOrEqual(4096);
    expect(without).toEqual([]);
    expect(fits).toBe(true);
  });

  it('equal the run’s, within the rounding that is told', () => {
    const { result, recipe, fault } = decodeLink(encodeLink(wish));
    if (!result) throw new Error('no result');
    expect(fault).toBeNull();
    expect(recipe).toEqual(precomputed.recipe);
    const cut = precomputed.model.files?.map((file) => ({ ...file, sha256: file.sha256.slice(0, 16) }));
    expect(result.model).toEqual({ ...precomputed.model, files: cut });
    expect([result.date, result.adapter, result.codeVersion]).toEqual([
      precomputed.date,
      precomputed.adapter,
      precomputed.codeVersion,
    ]);
    expect(result.layers).toHaveLength(precomputed.layers.length);
    for (const theirs of precomputed.layers) {
      const ours = result.layers.find(({ row, layer }) => row === theirs.row && layer === theirs.layer);
      expect(ours?.name).toBe(theirs.name);
      expect(ours?.bitsPerWeight).toBeCloseTo(theirs.bitsPerWeight, 4);
      for (const metric of ['weight', 'hessian', 'output', 'heldOutOutput'] as const) {
        const [a, b] = [ours?.errors[metric] ?? NaN, theirs.errors[metric] ?? NaN];
        expect(Math.abs(a / b - 1)).toBeLessThanOrEqual(ERROR_ROUNDING * (1 + 1e-9));
      }
    }
    const near = 10 ** (1 - DIGITS);
    for (const [i, theirs] of precomputed.rows.entries()) {
      const ours = result.rows[i];
      for (const key of ['perplexity', 'kl', 'meanError', 'worstError', 'bitsPerWeight'] as const) {
        expect(Math.abs((ours[key] ?? NaN) / (theirs[key] ?? NaN) - 1)).toBeLessThan(near);
      }
      expect(ours.perplexityInterval).toHaveLength(2);
      expect(ours.windows?.values).toHaveLength(theirs.windows?.values.length ?? -1);
      expect(ours.ledger).toEqual(theirs.ledger);
    }
    const places = (of: RunResult) => of.blocks.map(({ row, block }) => `${row} ${block}`).sort();
    expect(places(result)).toEqual(places(precomputed));
  });

  it('tell the model’s files by name, size and the first digits of each SHA-256, unless names stay out', () => {
    const read = (result: RunResult, names = true) =>
      decodeLink(encodeLink({ ...wish, result, names })).result?.model.files;
    expect(read(printed)).toEqual(files.map((file) => ({ ...file, sha256: file.sha256.slice(0, 16) })));
    expect(read(printed, false)).toBeUndefined();
    expect(read({ ...precomputed, model: { ...precomputed.model, files: undefined } })).toBeUndefined();
    const sliced = [{ ...files[3], sliced: true as const }];
    expect(read({ ...printed, model: { ...printed.model, files: sliced } })?.[0].sliced).toBe(true);
    const many = Array.from({ length: 99 }, (_, i) => ({ ...files[0], name: `${i}` }));
    expect(read({ ...printed, model: { ...printed.model, files: many } })).toHaveLength(32);
  });

  it('make the screens say the same', () => {
    const { result } = decodeLink(encodeLink(wish));
    if (!result) throw new Error('no result');
    for (const metric of METRICS) {
      expect(seriesOf(figuresOf(result), metric).map(({ points }) => points.length)).toEqual(
        seriesOf(figuresOf(precomputed), metric).map(({ points }) => points.length),
      );
    }
    const [ours, theirs] = [result, precomputed].map((one) => summarize(figuresOf(one), 'heldOutOutput'));
    expect(JSON.stringify(ours).replace(/\d+\.\d+(e-\d+)?/g, '#')).toBe(
      JSON.stringify(theirs).replace(/\d+\.\d+(e-\d+)?/g, '#'),
    );
  });

  it('survive a run that was stopped, and layers that were retried', () => {
    const stopped = fakeResult(FAKE_RECIPE, 9);
    const marked = {
      ...stopped,
      layers: stopped.layers.map((one, i) => (i === 3 ? { ...one, status: 'retried' as const } : one)),
    };
    const { result } = decodeLink(encodeLink({ ...wish, result: marked }));
    expect(result?.layers.map(({ row, layer, status }) => [row, layer, status]).sort()).toEqual(
      marked.layers.map(({ row, layer, status }) => [row, layer, status]).sort(),
    );
  });

  it('without names name neither model nor layers, and without the recipe no file', () => {
    const link = encodeLink({ recipe: null, sample: null, result: precomputed, names: false });
    const text = Buffer.from(inflated(link)).toString();
    for (const name of ['stories', 'self_attn', 'proj']) expect(text).not.toContain(name);
    expect(text).not.toContain('"file":"');
    const { result, recipe, sample } = decodeLink(link);
    expect(recipe).toBeNull();
    expect(sample).toBeNull();
    expect(result?.model.name).toBe(NAMELESS.model);
    expect(result?.layers[0].name).toBe(NAMELESS.layer(0));
  });

  it('carry a note as plain text', () => {
    const note = 'Line one\nline two \u202Eabc\u0007';
    expect(decodeLink(encodeLink({ ...wish, note })).note).toBe('Line one\nline two  abc ');
    expect(decodeLink(encodeLink({ ...wish, note: 'x'.repeat(900) })).note).toHaveLength(500);
  });

  it('are left out, the least first, where the link would be long, and said', () => {
    const lengths = [35, 150, 500].map((layers) => makeLink({ ...wish, result: widened(layers) }));
    expect(lengths.map(({ without }) => without.length)).toEqual(
      lengths.map(({ without }) => without.length).sort((a, b) => a - b),
    );
    expect(lengths[1].without).toContain('ledgers');
    expect(lengths[1].payload.length).toBeLessThanOrEqual(COMFORTABLE);
    const short = decodeLink(lengths[2].payload).result;
    expect(short?.layers.every(({ errors }) => errors.heldOutOutput !== null)).toBe(true);
  });

  it('that no page would read are said to be too long', () => {
    const { fits, payload } = makeLink({ ...wish, result: widened(1500) });
    expect(payload.length).toBeGreaterThan(LINK_LIMIT);
    expect(fits).toBe(false);
  });
});

describe('steps of a logarithm', () => {
  it.each([1e-12, 3.7e-5, 0.0999, 1, 17.3, 1e9])('stand for %d within the rounding', (value) => {
    const again = valueOf(stepsOf(value)) ?? NaN;
    expect(Math.abs(again / value - 1)).toBeLessThanOrEqual(ERROR_ROUNDING * (1 + 1e-9));
  });

  it('keep zero, and what is no number', () => {
    expect([0, null, NaN, Infinity, -1].map((value) => valueOf(stepsOf(value)))).toEqual([0, null, null, null, null]);
    expect(valueOf(1e300)).toBeLessThan(1e50);
  });
});

describe('damaged figures', () => {
  it('are found by their check sum', () => {
    const given = content(encodeLink(wish));
    (given.results.rows as { perplexity: number }[])[1].perplexity = 1.5;
    expect(refusal(packed(given))).toContain('not what was put into it');
  });

  it.each([
    ['of a newer version', { v: 3 }, 'version is 3'],
    ['without layers', { shapes: [] }, 'shapes'],
    ['of other layers', { names: ['0 a'] }, 'fit together'],
    ['with errors that are words', { errors: { weight: ['a'] } }, 'weight'],
    [
      'with files that are none',
      { model: { name: 'a', architecture: 'b', parameters: 1, fingerprint: 'c', files: [['a', 1, 'zz']] } },
      'SHA-256',
    ],
    ['with a row of its own', { plan: null }, 'plan'],
  ])('%s leave the recipe, and are said', (_, change, said) => {
    const { check: _check, ...given } = content(encodeLink(wish));
    const { recipe, result, fault } = decodeLink(packed({ ...given, results: { ...given.results, ...change } }));
    expect(recipe).toEqual(precomputed.recipe);
    expect(result).toBeNull();
    expect(fault).toContain(said);
  });

  it('of a recipe that cannot be run here are shown all the same', () => {
    const { check: _check, ...given } = content(encodeLink(wish));
    const later = { ...precomputed.recipe, rows: [{ steps: [{ step: 'later', options: {} }] }] };
    const { recipe, result, fault } = decodeLink(packed({ ...given, recipe: later }));
    expect(recipe).toBeNull();
    expect(result?.rows).toHaveLength(4);
    expect(fault).toContain('later');
  });

  it('with nothing that can be read are refused', () => {
    expect(refusal(packed({ results: 7 }))).toContain('figures cannot be read');
  });
});

describe('a continued prompt in a link', () => {
  const chance = (piece: string, byFull: number, byRow: number) => ({ piece, byFull, byRow });
  const continuations: Continuations = {
    ...{ prompt: 'Once\nupon a time', tokens: 4, promptTokens: 5, full: [' there', ' was', ' a', '\n'] },
    rows: [
      {
        ...{ row: 0, pieces: [' there', ' is', '', ' no'] },
        differs: { at: 1, full: chance(' was', 0.51239, 0.2), own: chance(' is', 0.4, 0.71) },
      },
      { row: 1, pieces: [' there', ' was', ' a', '\n'], differs: null },
    ],
  };
  const result: RunResult = { ...precomputed, continuations };
  const asked = { ...wish, result, continuations: true };

  it('is in it where that is asked for, its probabilities rounded', () => {
    const { payload, without } = makeLink(asked);
    expect(without).toEqual([]);
    const [first, ...others] = continuations.rows;
    const full = chance(' was', 0.5124, 0.2);
    const rows = [{ ...first, differs: first.differs && { ...first.differs, full } }, ...others];
    expect(decodeLink(payload).result?.continuations).toEqual({ ...continuations, rows });
  });

  it('is not in it, and not missed, where that is not asked for', () => {
    expect(makeLink({ ...wish, result })).toEqual(makeLink(wish));
    expect(makeLink({ ...wish, continuations: true })).toEqual(makeLink(wish));
  });

  it('is the first to go from a link that grows long, which is said', () => {
    const random = new Random(5);
    const noise = Array.from({ length: 64 }, () =>
      String.fromCharCode(...Array.from({ length: 90 }, () => 33 + random.integer(90))),
    );
    const long = { ...continuations, tokens: 64, full: noise };
    const { payload, without } = makeLink({ ...asked, result: { ...result, continuations: long } });
    expect(without).toEqual(['continuations']);
    expect(payload).toBe(makeLink(wish).payload);
  });

  it.each([
    ['as no object', 7],
    ['without a prompt', { prompt: undefined }],
    ['with a prompt longer than any', { prompt: 'a'.repeat(2001) }],
    ['with no tokens', { full: 'there was' }],
    ['with more tokens than a recipe asks for', { full: Array.from({ length: 65 }, () => 'a') }],
    ['with rows that share more than there is', { rows: [[0, 9, []]] }],
    ['with a row that is no list', { rows: [{ row: 0 }] }],
    ['with half a differing token', { rows: [[0, 1, [' is'], [1, ' was', 0.5]]] }],
    ['with a probability that is none', { rows: [[0, 1, [' is'], [1, ' was', 'half', 0.2, ' is', 0.4, 0.7]]] }],
  ])('is refused %s', (_, change) => {
    const { results, check: _check, ...rest } = content(encodeLink(asked));
    const told = results.continuations as object;
    const changed = { ...results, continuations: typeof change === 'object' ? { ...told, ...change } : change };
    expect(decodeLink(packed({ ...rest, results: changed })).result).toBeNull();
    expect(decodeLink(packed({ ...rest, results: changed })).fault).not.toBeNull();
  });
});
