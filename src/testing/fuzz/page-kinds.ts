/** Damaged recipes, links and results files: what the page takes from strangers. */
import { deflateSync, inflateSync, strToU8 } from 'fflate';
import { StudioError } from '../../base/errors';
import type { Random } from '../../base/random';
import { CATALOGUE } from '../../method/catalogue';
import { defaultOptions } from '../../method/parameters';
import { parseRecipe } from '../../recipe/recipe';
import type { RunResult } from '../../run/events';
import { csvText, resultsText } from '../../run/figure-files';
import { compareRows } from '../../report/compare';
import { decodeLink, encodeLink } from '../../store/link';
import { figuresOf } from '../../store/run-view';
import { summarize } from '../../store/summary';
import { parseResult } from '../../report/read-result';
import { SCALES } from '../../report/scales';
import { METRICS } from '../../report/series';
import type { FuzzKind } from './kind';
import { anyBytes, damagedBytes, damagedJson, damagedText, oneOf } from './mutate';
import { seedJson } from './seeds';

/** As the command line and the page do with a file that is not JSON. */
function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new StudioError('QS-FILE-04', 'it is not JSON.');
  }
}

export async function pageKinds(): Promise<FuzzKind[]> {
  const recipes = CATALOGUE.map(({ id, parameters }) => ({
    version: 1,
    rows: [
      { method: id, options: defaultOptions(parameters) },
      { method: 'rtn', options: {} },
    ],
    calibration: { source: 'file', file: 'calibration.jsonl', windows: 128, length: 256, seed: 0 },
    heldOut: { file: null, windows: 16 },
    sampling: { steps: 50, guidance: 4, sampler: 'ddpm', images: 64 },
    networks: ['sample-shapes-vit'],
  }));
  return [
    {
      name: 'recipe',
      share: 110,
      make(random) {
        const text = damagedJson(random, oneOf(random, recipes));
        return () => parseRecipe(asJson(text));
      },
    },
    links(recipes),
    await figureLinks(),
    await results(),
  ];
}

function links(recipes: readonly object[]): FuzzKind {
  const whole = encodeLink({ recipe: parseRecipe(recipes[0]), sample: 'stories-1m' });
  const packed = (bytes: Uint8Array) => `1.${Buffer.from(deflateSync(bytes, { level: 1 })).toString('base64url')}`;
  const make = (random: Random): string => {
    switch (random.integer(5)) {
      case 0:
        return damagedText(random, whole);
      case 1:
        return `1.${Buffer.from(damagedBytes(random, Buffer.from(whole.slice(2), 'base64url'))).toString('base64url')}`;
      case 2:
        // Little that becomes much, now and then.
        return packed(
          new Uint8Array(1 << random.integer(random.integer(50) === 0 ? 21 : 12)).fill(random.integer(256)),
        );
      case 3:
        return `${random.integer(3)}.${Buffer.from(anyBytes(random, 200)).toString('base64url')}`;
      default:
        return packed(
          new TextEncoder().encode(damagedJson(random, { recipe: oneOf(random, recipes), sample: 'stories-1m' })),
        );
    }
  };
  return {
    name: 'link',
    share: 110,
    make(random) {
      const text = make(random);
      return () => decodeLink(text);
    },
  };
}

/** Links with figures: what is read of them is also looked at as the screens do. */
async function figureLinks(): Promise<FuzzKind> {
  const whole = parseResult(await seedJson('src/app/precomputed/sample-run.json'));
  const { plan } = whole;
  const layers = plan.layers.slice(0, 5);
  const few: RunResult = {
    ...whole,
    plan: { ...plan, layers },
    layers: whole.layers.filter(({ layer }) => layer < layers.length),
    // Pairs of rows are compared by resampling windows: few of them keep a case short.
    rows: whole.rows.map((row, i) => (i < 2 ? row : { ...row, windows: undefined })),
  };
  const link = encodeLink({ recipe: whole.recipe, sample: 'stories-1m', note: 'a note', result: few });
  const bytes = Buffer.from(link.slice(2), 'base64url');
  const { check: _, ...content } = asJson(Buffer.from(inflateSync(bytes)).toString()) as Record<string, unknown>;
  const packed = (text: string) => `1.${Buffer.from(deflateSync(strToU8(text), { level: 1 })).toString('base64url')}`;
  const make = (random: Random): string => {
    switch (random.integer(4)) {
      case 0:
        return damagedText(random, link);
      case 1:
        return `1.${Buffer.from(damagedBytes(random, bytes)).toString('base64url')}`;
      case 2:
        return packed(damagedJson(random, content));
      default:
        // What is around it is whole, so that more of the figures is reached.
        return packed(
          `{"recipe":null,"data":${JSON.stringify(content.recipe)},"results":${damagedJson(random, content.results)}}`,
        );
    }
  };
  return {
    name: 'link with figures',
    share: 300,
    make(random) {
      const text = make(random);
      return () => {
        const { result } = decodeLink(text);
        if (result) lookAt(result);
      };
    },
  };
}

/** Everything that the screens work out of a result. */
function lookAt(result: RunResult): void {
  const figures = figuresOf(result);
  METRICS.forEach((metric, i) => compareRows(figures, { metric, scale: SCALES[i % SCALES.length] }));
  summarize(figures, 'heldOutOutput');
  csvText(result);
  resultsText(result);
}

async function results(): Promise<FuzzKind> {
  const whole = (await seedJson('src/app/precomputed/sample-run.json')) as Record<string, unknown>;
  const plan = whole.plan as Record<string, unknown>;
  const first = (value: unknown, count: number) => (value as unknown[]).slice(0, count);
  const rows = first(whole.rows, 2) as Record<string, unknown>[];
  const images = {
    accuracy: { share: 0.5, interval: [0.4, 0.6], images: 10 },
    ...{ prediction: 0.1, trajectory: null },
    frechet: { distance: 1, images: 8, network: 'vit' },
    samples: { size: 2, labels: [0, 1], pixels: Buffer.from(new Uint8Array(24)).toString('base64') },
  };
  const allocation = {
    ...{ measure: 'hessian', candidates: ['2-bit', '4-bit'], budget: 100, bits: 96, error: 0.5, exact: true },
    layers: [{ layer: 0, pick: 1, bits: [48, 96], errors: [2, 0.5] }],
    front: [
      [48, 2],
      [96, 0.5],
    ],
  };
  const view = { label: '', rows: [0], peaks: [9, 0.5], most: [2, null], rms: 0.7 };
  const small = {
    ...whole,
    plan: {
      ...{ ...plan, task: 'text', layers: first(plan.layers, 2) },
      rows: first(plan.rows, 2).map((row) => ({ ...(row as object), without: [{ row: 1, steps: ['Rotate'] }] })),
    },
    layers: first(whole.layers, 3),
    blocks: first(whole.blocks, 2),
    rows: [
      { ...rows[0], allocation, windows: { of: 'nll', values: [1.5, null, 2] } },
      { ...rows[1], images },
    ],
    channels: [{ block: 0, stage: 0, layers: [0, 1], channels: 2, views: [view, { ...view, label: 'Rotate' }] }],
  };
  return {
    name: 'results file',
    share: 110,
    make(random) {
      const text = damagedJson(random, small);
      return () => parseResult(asJson(text));
    },
  };
}
