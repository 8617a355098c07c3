/**
 * The figures of a run as they travel in a link: a result (src/run/events.ts) without weights, pictures and ledgers of layers, its numbers
 * rounded, its layers as columns. It is unpacked to a result again and then checked like any results file (read-result.ts), so that the
 * screens see nothing new.
 *
 * Errors are whole steps of STEP on a natural logarithm, each written as its difference from the row before at the same layer: rows of one
 * run go up and down together, and small numbers pack well. Zero is a step of its own; null is what did not come to a number. Everything else
 * has DIGITS figures, ends of intervals INTERVAL_DIGITS.
 */
import { LEDGER_PARTS } from '../quantizer/ledger';
import type {
  BlockResult,
  FilePrint,
  LayerMetric,
  LayerResult,
  PlannedLayer,
  RowSummary,
  RunResult,
} from '../run/events';
import { parseResult } from '../report/read-result';
import { packContinuations, unpackContinuations } from './link-continuations';
import { count, list, lists, LONGEST, record, refuse, step, text } from './link-reading';

/** 2: coarser steps. */
export const RESULTS_VERSION = 2;

/** Of an error's logarithm. */
const STEP = 0.0005;
/** How far a rounded error can be from the one that was measured, as a share of it. */
export const ERROR_ROUNDING = Math.expm1(STEP / 2);
/** Significant digits of every other figure. */
export const DIGITS = 5;
/** How far such a figure can be from the one that was measured, as a share of it. */
export const FIGURE_ROUNDING = 0.5 * 10 ** (1 - DIGITS);
/** Of an interval's ends. */
const INTERVAL_DIGITS = 3;

/** The step that stands for zero; what would lie further out is zero, or as large as can be. */
const ZERO = -200_000;
const MOST_STEPS = 200_000;

/** Files that a link tells of, and hexadecimal digits of each one's SHA-256: enough against chance, not against somebody's will. */
export const MOST_FILES = 32;
const PRINT_DIGITS = 16;

/** By how much it matters when a link gets too long: the first is the last to go. */
export const METRICS_BY_WEIGHT = [
  'heldOutOutput',
  'weight',
  'output',
  'hessian',
] as const satisfies readonly LayerMetric[];

/** What of a result goes into a link. */
export interface Packing {
  readonly metrics: readonly LayerMetric[];
  /** Names of the model and its layers. */
  readonly names: boolean;
  /** A figure a window, by which rows are compared in pairs. */
  readonly windows: boolean;
  /** What each row stores, part by part. */
  readonly ledgers: boolean;
  /** What the recipe's prompt was continued by. */
  readonly continuations: boolean;
}

export const EVERYTHING: Packing = {
  ...{ metrics: METRICS_BY_WEIGHT, names: true, windows: true, ledgers: true },
  continuations: true,
};

type Steps = (number | null)[];

/** Whole steps of a logarithm; null where there is no number. */
export function stepsOf(value: number | null): number | null {
  if (value === null || !Number.isFinite(value) || value < 0) return null;
  if (value === 0) return ZERO;
  const steps = Math.round(Math.log(value) / STEP);
  return Math.min(Math.max(steps, ZERO), MOST_STEPS);
}

/** The value that steps stand for. */
export function valueOf(steps: number | null): number | null {
  if (steps === null || !Number.isFinite(steps)) return null;
  return steps <= ZERO ? 0 : Math.exp(Math.min(steps, MOST_STEPS) * STEP);
}

/** A figure with as many digits as a link keeps. */
export function rounded<Value extends number | null | undefined>(value: Value, digits = DIGITS): Value {
  return (typeof value === 'number' && Number.isFinite(value) ? Number(value.toPrecision(digits)) : value) as Value;
}

/** Each list as differences from the one before at the same place; in the first, from the value before. */
function differences(lists: readonly Steps[]): Steps[] {
  const base = new Map<number, number>();
  return lists.map((list) => {
    let before = 0;
    return list.map((value, at) => {
      if (value === null) return null;
      const from = base.get(at) ?? before;
      base.set(at, value);
      before = value;
      return value - from;
    });
  });
}

function sums(lists: readonly Steps[]): Steps[] {
  const base = new Map<number, number>();
  return lists.map((list) => {
    let before = 0;
    return list.map((value, at) => {
      if (value === null) return null;
      const sum = value + (base.get(at) ?? before);
      base.set(at, sum);
      before = sum;
      return sum;
    });
  });
}

/** Plain data, short as JSON. */
export function packResult(result: RunResult, packing: Packing): unknown {
  const { plan, model, layers, blocks } = result;
  const order = plan.rows.map(({ row }) => row);
  const at = new Map(layers.map((one) => [`${one.row} ${one.layer}`, one]));
  const measured = (row: number) =>
    plan.layers.flatMap(({ index }) => {
      const one = at.get(`${row} ${index}`);
      return one ? [one] : [];
    });
  const whole = order.every((row) => measured(row).length === plan.layers.length);
  const columns = order.map(measured);
  const errors = packing.metrics.filter((metric) => layers.some((layer) => layer.errors[metric] !== null));
  const ofBlocks = order.map((row) => blocks.filter((block) => block.row === row).sort((a, b) => a.block - b.block));
  const marked = columns.flatMap((list, i) =>
    list.flatMap((layer) => (layer.status === 'done' ? [] : [[i, layer.layer, layer.status]])),
  );
  return {
    v: RESULTS_VERSION,
    model: {
      name: packing.names ? model.name : '',
      architecture: model.architecture,
      parameters: model.parameters,
      fingerprint: model.fingerprint,
      ...(packing.names && model.files ? { files: packFiles(model.files) } : {}),
    },
    engine: result.codeVersion,
    adapter: result.adapter,
    date: result.date,
    ms: Math.round(result.milliseconds),
    plan: {
      ...(plan.task ? { task: plan.task } : {}),
      tokens: [plan.calibrationTokens, plan.heldOutTokens],
      labels: [plan.calibrationLabel, plan.heldOutLabel],
      notes: plan.notes,
      ...(plan.coverage ? { coverage: plan.coverage } : {}),
      blocks: plan.blocks,
      rows: plan.rows.map(({ refusals: _, bitsPerWeight, fileBitsPerWeight, ...row }) => ({
        ...row,
        bitsPerWeight: rounded(bitsPerWeight),
        ...(fileBitsPerWeight === undefined ? {} : { fileBitsPerWeight: rounded(fileBitsPerWeight) }),
      })),
    },
    ...(packing.names ? { names: shortened(plan.layers.map(({ name }) => name)) } : {}),
    shapes: ['block', 'rows', 'cols'].map((key) => plan.layers.map((layer) => layer[key as 'block' | 'rows' | 'cols'])),
    ...(whole ? {} : { measured: columns.map((list) => list.map(({ layer }) => layer)) }),
    bits: differences(columns.map((list) => list.map(({ bitsPerWeight }) => Math.round(bitsPerWeight * 1e4)))),
    errors: Object.fromEntries(
      errors.map((metric) => [
        metric,
        differences(columns.map((list) => list.map((layer) => stepsOf(layer.errors[metric])))),
      ]),
    ),
    ...(marked.length > 0 ? { marked } : {}),
    mse: [
      differences(ofBlocks.map((list) => list.map(({ mse }) => stepsOf(mse)))),
      differences(ofBlocks.map((list) => list.map(({ heldOutMse }) => stepsOf(heldOutMse)))),
    ],
    rows: result.rows.map((row) => packRow(row, packing)),
    full: result.fullPrecision && figuresIn(withoutSamples(result.fullPrecision)),
    ...(result.views ? { views: figuresIn(result.views) } : {}),
    ...(packing.continuations && result.continuations
      ? { continuations: packContinuations(result.continuations) }
      : {}),
  };
}

/** Name, bytes and the first digits of the SHA-256, and a 1 where that is of slices. */
function packFiles(files: readonly FilePrint[]): unknown {
  return files
    .slice(0, MOST_FILES)
    .map(({ name, bytes, sha256, sliced }) => [name, bytes, sha256.slice(0, PRINT_DIGITS), ...(sliced ? [1] : [])]);
}

function filesIn(value: unknown): FilePrint[] {
  const files = list(value, 'model.files');
  if (files.length > MOST_FILES) refuse(`model.files has ${files.length} files, and a link at most ${MOST_FILES}`);
  return files.map((one) => {
    const [name, bytes, sha256, sliced] = list(one, 'model.files');
    return { name: text(name), bytes: count(bytes), sha256: text(sha256), ...(sliced === 1 ? { sliced: true } : {}) };
  });
}

function packRow(row: RowSummary, { windows, ledgers }: Packing): unknown {
  const { windows: perWindow, ledger, allocation: _, milliseconds, ...rest } = withoutSamples(row);
  return {
    ...(figuresIn(rest) as object),
    milliseconds: Math.round(milliseconds),
    ...(windows && perWindow ? { windows: figuresIn(perWindow) } : {}),
    ...(ledgers && ledger ? { ledger: [ledger.weights, ...LEDGER_PARTS.map((part) => ledger.parts[part])] } : {}),
  };
}

function withoutSamples<Of extends { readonly images?: RowSummary['images'] }>(of: Of): Of {
  return of.images ? { ...of, images: { ...of.images, samples: null } } : of;
}

/** The same plain data, its numbers rounded; whole ones stay. Ends of intervals mean less than what they are around. */
function figuresIn(value: unknown, digits = DIGITS): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : rounded(value, digits);
  if (Array.isArray(value)) return value.map((one) => figuresIn(one, digits));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, figuresIn(one, /interval$/i.test(key) ? INTERVAL_DIGITS : digits)]),
  );
}

/** Each name as what it shares with the one before, and the rest: ['model.0.q', '8k']. */
function shortened(names: readonly string[]): string[] {
  return names.map((full, i) => {
    const name = full.slice(0, LONGEST);
    const before = i === 0 ? '' : names[i - 1].slice(0, LONGEST);
    let same = 0;
    while (same < name.length && same < before.length && name[same] === before[same]) same++;
    return `${same} ${name.slice(same)}`;
  });
}

function lengthened(short: readonly unknown[]): string[] {
  let before = '';
  return short.map((one) => {
    const [, same, rest] = /^(\d{1,3}) (.*)$/s.exec(text(one)) ?? refuse('a layer has no name');
    before = (before.slice(0, Number(same)) + rest).slice(0, LONGEST);
    return before;
  });
}

/**
 * A result out of plain data that anybody may have written. `recipe` is what the link says beside it. `nameless` and `nameOfLayer` stand in the
 * place of names that were left out. Throws a StudioError that says what is wrong.
 */
export function unpackResult(
  value: unknown,
  recipe: unknown,
  nameless: string,
  nameOfLayer: (layer: number) => string,
): RunResult {
  const given = record(value, 'the figures');
  if (given.v !== RESULTS_VERSION) {
    const version = typeof given.v === 'number' ? String(given.v) : 'not a number';
    refuse(`their version is ${version}, this page reads ${RESULTS_VERSION}`);
  }
  const model = record(given.model, 'model');
  const plan = record(given.plan, 'plan');
  const [block, rows, cols] = lists(given.shapes, 3, 'shapes').map((one) => list(one, 'shapes'));
  const names =
    given.names === undefined ? block.map((_, i) => nameOfLayer(i)) : lengthened(list(given.names, 'names'));
  if ([rows, cols, names].some((one) => one.length !== block.length)) refuse('their layers do not fit together');
  const layers: PlannedLayer[] = block.map((_, index) => ({
    ...{ index, name: names[index], block: count(block[index]), rows: count(rows[index]), cols: count(cols[index]) },
  }));
  const planned = list(plan.rows, 'plan.rows').map((row) => record(row, 'a row'));
  const order = planned.map(({ row }) => count(row));
  const of = columnsOf(given, order.length, layers.length);
  const [calibrationTokens, heldOutTokens] = lists(plan.tokens, 2, 'plan.tokens').map(count);
  const [calibrationLabel, heldOutLabel] = lists(plan.labels, 2, 'plan.labels').map(text);
  return parseResult({
    version: 1,
    model: {
      name: text(model.name) || nameless,
      architecture: text(model.architecture),
      parameters: count(model.parameters),
      fingerprint: text(model.fingerprint),
      ...(model.files === undefined ? {} : { files: filesIn(model.files) }),
    },
    recipe,
    plan: {
      ...(plan.task === undefined ? {} : { task: plan.task }),
      layers,
      rows: planned.map((row) => ({ ...row, method: text(row.method), label: text(row.label) })),
      blocks: plan.blocks,
      ...{ calibrationTokens, heldOutTokens, calibrationLabel, heldOutLabel },
      ...{ gpuBytes: 0, flop: 0, seconds: [0, 0] },
      notes: list(plan.notes, 'plan.notes').map(text),
      ...(plan.coverage === undefined ? {} : { coverage: coverageIn(plan.coverage) }),
    },
    layers: layersOf(of, order, layers),
    blocks: blocksOf(given.mse, order),
    rows: list(given.rows, 'rows').map((row) => withLedger(record(row, 'a row'))),
    fullPrecision: given.full ?? null,
    ...(given.views === undefined ? {} : { views: given.views }),
    ...(given.continuations === undefined ? {} : { continuations: unpackContinuations(given.continuations) }),
    milliseconds: count(given.ms),
    adapter: text(given.adapter),
    codeVersion: text(given.engine),
    date: text(given.date),
  });
}

interface Columns {
  /** By row, which layers were measured. */
  readonly measured: readonly (readonly number[])[];
  readonly bits: readonly Steps[];
  readonly errors: Partial<Record<LayerMetric, readonly Steps[]>>;
  readonly marked: ReadonlyMap<string, string>;
}

function columnsOf(given: Record<string, unknown>, rows: number, layers: number): Columns {
  const every = Array.from({ length: layers }, (_, i) => i);
  const measured =
    given.measured === undefined
      ? Array.from({ length: rows }, () => every)
      : lists(given.measured, rows, 'measured').map((one) => {
          const places = list(one, 'measured').map(count);
          if (places.some((place) => place >= layers)) refuse(`a layer is none of their ${layers}`);
          return places;
        });
  const grid = (value: unknown, name: string): Steps[] =>
    sums(
      lists(value, rows, name).map((one, i) => {
        const column = list(one, name).map(step);
        if (column.length !== measured[i].length) refuse(`${name} has other layers than they were measured on`);
        return column;
      }),
    );
  const errors = record(given.errors, 'errors');
  const known = METRICS_BY_WEIGHT.filter((metric) => errors[metric] !== undefined);
  const marked = list(given.marked ?? [], 'marked').map((one) => lists(one, 3, 'marked'));
  return {
    measured,
    bits: grid(given.bits, 'bits'),
    errors: Object.fromEntries(known.map((metric) => [metric, grid(errors[metric], metric)])),
    marked: new Map(
      marked.map(([row, layer, status]) => [
        `${count(row)} ${count(layer)}`,
        status === 'retried' || status === 'rounded'
          ? status
          : refuse('a layer’s state is not one that this page knows'),
      ]),
    ),
  };
}

function layersOf(columns: Columns, order: readonly number[], layers: readonly PlannedLayer[]): LayerResult[] {
  const { measured, bits, errors, marked } = columns;
  const error = (metric: LayerMetric, row: number, i: number) => valueOf(errors[metric]?.[row][i] ?? null);
  return order.flatMap((row, r) =>
    measured[r].map((layer, i) => ({
      ...{ row, layer, name: layers[layer].name },
      errors: {
        weight: error('weight', r, i),
        hessian: error('hessian', r, i),
        output: error('output', r, i),
        heldOutOutput: error('heldOutOutput', r, i),
      },
      bitsPerWeight: (bits[r][i] ?? 0) / 1e4,
      milliseconds: 0,
      status: (marked.get(`${r} ${layer}`) ?? 'done') as LayerResult['status'],
      ...{ note: null, damping: null },
    })),
  );
}

function blocksOf(value: unknown, order: readonly number[]): BlockResult[] {
  const [mse, heldOut] = lists(value, 2, 'mse').map((one) =>
    sums(lists(one, order.length, 'mse').map((row) => list(row, 'mse').map(step))),
  );
  return order.flatMap((row, r) => {
    if (mse[r].length !== heldOut[r].length) refuse('errors of blocks do not fit together');
    return mse[r].map((one, block) => ({
      ...{ row, block, mse: valueOf(one) ?? NaN, heldOutMse: valueOf(heldOut[r][block]) ?? NaN },
    }));
  });
}

function withLedger(row: Record<string, unknown>): Record<string, unknown> {
  if (row.ledger === undefined) return row;
  const [weights, ...parts] = lists(row.ledger, LEDGER_PARTS.length + 1, 'ledger').map(count);
  const total = parts.reduce((sum, part) => sum + part, 0);
  const ledger = {
    ...{ weights, parts: Object.fromEntries(LEDGER_PARTS.map((part, i) => [part, parts[i]])), total },
    bitsPerWeight: total / Math.max(weights, 1),
    compression16: (16 * weights) / Math.max(total, 1),
    compression32: (32 * weights) / Math.max(total, 1),
  };
  return { ...row, ledger };
}

function coverageIn(value: unknown): unknown {
  const { weights, quantized, left, leftBits } = record(value, 'coverage');
  return {
    ...{ weights: count(weights), quantized: count(quantized), leftBits: count(leftBits) },
    left: list(left, 'coverage.left').map((one) => {
      const kind = record(one, 'coverage.left');
      return { what: text(kind.what), weights: count(kind.weights) };
    }),
  };
}
