/** Made-up figures of the right shape, for tests and for looking at the screens without an engine. Never part of the product. */
import { Random } from '../../base/random';
import type {
  DivergenceSpread,
  BlockResult,
  ImageFigures,
  LayerErrors,
  LayerResult,
  Plan,
  PlannedLayer,
  PlannedRow,
  RowAllocation,
  RowSummary,
  RunResult,
  SampledImages,
  StageChannels,
} from '../../run/events';
import { RECIPE_VERSION, type Recipe } from '../../recipe/recipe';
import { labelOf, methodIn, plannedLedgerOf } from '../../recipe/rows';
import type { RecipeRow } from '../../recipe/row';
import { rowOf } from '../../store/presets';

export const FAKE_RECIPE: Recipe = {
  version: RECIPE_VERSION,
  rows: (['rtn', 'gptq', 'gptaq', 'rescomp'] as const).map((method) => rowOf(method, { bits: 3 })),
  calibration: { source: 'file', file: 'calibration.jsonl', windows: 16, length: 128, seed: 1 },
  heldOut: { file: 'held-out.jsonl', windows: 8 },
};

const LINEARS = [
  'self_attn.q_proj',
  'self_attn.k_proj',
  'self_attn.v_proj',
  'self_attn.o_proj',
  'mlp.gate_proj',
  'mlp.up_proj',
  'mlp.down_proj',
];

/** How good a made-up method is, against RTN. No claim about the real one. */
const FACTORS: Readonly<Record<string, number>> = {
  rtn: 1,
  gptq: 0.62,
  gptaq: 0.52,
  gptq_r: 0.6,
  rescomp: 0.55,
  shift: 0.5,
};

export function fakePlan(recipe: Recipe, blocks = 4): Plan {
  const layers: PlannedLayer[] = [];
  for (let block = 0; block < blocks; block++) {
    for (const linear of LINEARS) {
      const down = linear.endsWith('down_proj');
      layers.push({
        index: layers.length,
        name: `model.layers.${block}.${linear}`,
        block,
        rows: down ? 128 : 344,
        cols: down ? 344 : 128,
      });
    }
  }
  const first = methodIn(recipe.rows[0]);
  const same = recipe.rows
    .map(methodIn)
    .some(({ method, options }) => method === 'rtn' && options.bits === first.options.bits);
  const all = same ? recipe.rows : [rowOf('rtn', first.options), ...recipe.rows];
  const isRtn = (row: RecipeRow) => methodIn(row).method === 'rtn';
  const rows: PlannedRow[] = all.map((row, i) => ({
    row: i,
    method: methodIn(row).method,
    label: labelOf(row),
    baseline: isRtn(row) && all.findIndex(isRtn) === i,
    bitsPerWeight: plannedLedgerOf(methodIn(row), layers).bitsPerWeight,
  }));
  const { calibration, heldOut } = recipe;
  return {
    layers,
    rows,
    blocks,
    calibrationTokens: calibration.windows * calibration.length,
    heldOutTokens: heldOut.windows * calibration.length,
    calibrationLabel: `${calibration.windows} windows of ${calibration.file ?? calibration.source}`,
    heldOutLabel: `${heldOut.windows} windows of ${heldOut.file ?? 'what follows'}`,
    gpuBytes: 310e6,
    flop: 4e11,
    seconds: [12, 40],
    notes: ['lm_head is tied to the embeddings and is not quantized.'],
  };
}

/** The error of one layer under one row; the same arguments give the same figures. */
export function fakeLayer(plan: Plan, row: number, layer: number): LayerResult {
  const planned = plan.rows[row];
  const { name, block } = plan.layers[layer];
  const random = new Random(1 + row * 1009 + layer * 31);
  const kind = [0.9, 0.8, 1.2, 0.7, 1.1, 1, 1.7][layer % LINEARS.length];
  const shared = new Random(layer + 7).uniform();
  const bits = Number(planned.label.match(/(\d)-bit/)?.[1] ?? 3);
  const base = 0.04 * 4 ** (3 - bits) * kind * (0.7 + 0.6 * shared) * 1.25 ** block;
  const factor = (FACTORS[planned.method] ?? 0.6) * (0.94 + 0.12 * random.uniform());
  const errors: LayerErrors = {
    weight: base * 1.1 * (planned.method === 'rtn' ? 1 : 1.2),
    hessian: planned.method === 'rtn' ? base * 0.9 : base * factor * 0.8,
    output: base * factor,
    heldOutOutput: base * factor * (1.05 + 0.05 * random.uniform()),
  };
  const retried = layer === 20 && planned.method !== 'rtn';
  return {
    row,
    layer,
    name,
    errors,
    bitsPerWeight: planned.bitsPerWeight,
    milliseconds: planned.method === 'rtn' ? 9 : 90 + 80 * random.uniform(),
    status: retried ? 'retried' : 'done',
    note: retried ? 'The Hessian was not positive definite at 1 % damping; 2 % worked.' : null,
    damping: planned.method === 'rtn' ? null : retried ? 0.02 : 0.01,
  };
}

export function fakeBlock(plan: Plan, row: number, block: number): BlockResult {
  const layers = plan.layers.filter((layer) => layer.block === block);
  const mse = layers.reduce((sum, layer) => sum + (fakeLayer(plan, row, layer.index).errors.output ?? 0), 0) * 0.003;
  return { row, block, mse, heldOutMse: mse * 1.1 };
}

export function fakeResult(recipe: Recipe = FAKE_RECIPE, layersDone = Infinity): RunResult {
  const plan = fakePlan(recipe);
  const layers = plan.layers
    .slice(0, layersDone)
    .flatMap((layer) => plan.rows.map((row) => fakeLayer(plan, row.row, layer.index)));
  const blocks =
    layersDone === Infinity
      ? plan.rows.flatMap((row) => [0, 1, 2, 3].map((block) => fakeBlock(plan, row.row, block)))
      : [];
  return {
    version: 1,
    model: { name: 'stories-1m', architecture: 'LlamaForCausalLM', parameters: 1_050_000, fingerprint: 'fake' },
    recipe,
    plan,
    layers,
    blocks,
    rows: layersDone === Infinity ? plan.rows.map((row) => fakeSummary(plan, layers, row)) : [],
    fullPrecision: layersDone === Infinity ? { perplexity: 5.21, tokens: plan.heldOutTokens } : null,
    milliseconds: 21_400,
    adapter: 'made-up adapter',
    codeVersion: '1',
    date: '2026-11-23T12:00:00.000Z',
  };
}

function fakeSummary(plan: Plan, all: readonly LayerResult[], { row, bitsPerWeight }: PlannedRow): RowSummary {
  const layers = all.filter((layer) => layer.row === row);
  const error = (layer: LayerResult) => layer.errors.heldOutOutput ?? 0;
  const worst = layers.reduce((a, b) => (error(b) > error(a) ? b : a));
  const meanError = layers.reduce((sum, layer) => sum + error(layer), 0) / layers.length;
  const perplexity = 5.21 * Math.exp(meanError * 3);
  return {
    row,
    bitsPerWeight,
    meanError,
    worstError: error(worst),
    worstLayer: worst.layer,
    perplexity,
    perplexityInterval: [perplexity * 0.975, perplexity * 1.026],
    kl: meanError * 2.4,
    divergence: fakeSpread(meanError * 2.4, plan.heldOutTokens),
    tokens: plan.heldOutTokens,
    milliseconds: layers.reduce((sum, layer) => sum + layer.milliseconds, 0),
  };
}

function fakeSpread(kl: number, tokens: number): DivergenceSpread {
  const around = (value: number) => ({ value, interval: [value * 0.9, value * 1.1] as const });
  return {
    ...{ meanInterval: [kl * 0.9, kl * 1.1], median: around(kl / 2), p99: around(kl * 8) },
    ...{ sameTop: { value: 1 - kl, interval: [1 - kl * 1.1, 1 - kl * 0.9] }, tokens },
  };
}

const SHAPES = ['disc', 'ring', 'square', 'frame'];

/** The same made-up run as one of a classifier. */
export function fakeClassifierResult(): RunResult {
  const result = fakeResult();
  const figures = (share: number): ImageFigures => ({
    accuracy: { share, interval: [share - 0.03, share + 0.01], images: 256 },
    prediction: null,
    trajectory: null,
    frechet: null,
    samples: null,
  });
  return {
    ...result,
    plan: { ...result.plan, task: 'classification' },
    rows: result.rows.map((row) => ({
      ...row,
      perplexity: null,
      perplexityInterval: null,
      images: figures(0.96 - (row.meanError ?? 0)),
      tokens: 256,
    })),
    fullPrecision: { perplexity: null, tokens: 256, images: figures(0.98) },
  };
}

/** And as one of a diffusion network, with images of `size` × `size`. */
export function fakeDiffusionResult(images = 6, size = 4): RunResult {
  const result = fakeResult();
  const samples = (row: number): SampledImages => ({
    size,
    labels: Array.from({ length: images }, (_, i) => i % SHAPES.length),
    pixels: Uint8Array.from({ length: images * size * size * 3 }, (_, at) => (at * 37 + row * 5) % 256),
  });
  const none: ImageFigures = { accuracy: null, prediction: null, trajectory: null, frechet: null, samples: null };
  return {
    ...result,
    model: { ...result.model, classNames: SHAPES },
    plan: { ...result.plan, task: 'diffusion' },
    rows: result.rows.map(({ divergence: _, ...row }) => ({
      ...row,
      perplexity: null,
      perplexityInterval: null,
      kl: null,
      images: {
        ...none,
        prediction: (row.meanError ?? 0) / 20,
        trajectory: (row.meanError ?? 0) / 5,
        frechet: { distance: (row.meanError ?? 0) * 400, images, network: 'ViT' },
        samples: samples(row.row + 1),
      },
    })),
    fullPrecision: { perplexity: null, tokens: 32, images: { ...none, samples: samples(0) } },
  };
}

/** Upgrades that a made-up budget is enough for. */
const CHOSEN = 30;

/** A choice for all layers of a plan but the first, which is pinned: upgrades by what they are worth for their bits. */
export function fakeAllocation({ layers: all }: Plan): RowAllocation {
  const candidates = ['2-bit', '3-bit', '4-bit'];
  const layers = all.slice(1).map(({ index, rows, cols }) => ({
    layer: index,
    pick: 0,
    bits: candidates.map((_, place) => (2 + place) * rows * cols),
    errors: candidates.map((_, place) => ((1 + (index % 7)) / 100) * 4 ** -place),
  }));
  const upgrades = layers
    .flatMap((layer) => [1, 2].map((place) => ({ layer, place, gain: layer.errors[place - 1] - layer.errors[place] })))
    .sort((a, b) => b.gain - a.gain);
  let bits = 120 + layers.reduce((sum, layer) => sum + layer.bits[0], 0);
  let error = layers.reduce((sum, layer) => sum + layer.errors[0], 0);
  const front: [bits: number, error: number][] = [[bits, error]];
  for (const { layer, place, gain } of upgrades) {
    if (front.length <= CHOSEN) layer.pick = place;
    bits += layer.bits[place] - layer.bits[place - 1];
    error -= gain;
    front.push([bits, error]);
  }
  const [chosen, lost] = front[CHOSEN];
  const choice = { budget: chosen * 1.001, bits: chosen, error: lost, exact: true };
  return { measure: 'hessian', candidates, ...choice, layers, front };
}

/** What each block's attention and feed-forward read, with an outlier that a transform takes away. */
export function fakeChannels({ layers }: Plan, rows: readonly number[], label = 'Rotate'): StageChannels[] {
  const blocks = [...new Set(layers.map(({ block }) => block))];
  return blocks.flatMap((block) =>
    [0, 1].map((stage) => {
      const own = layers.filter((layer) => layer.block === block);
      const read = stage === 0 ? own.slice(0, 3) : own.slice(4, 6);
      const random = new Random(11 + 2 * block + stage);
      const sizes = Array.from({ length: 128 }, () => 0.6 + 0.8 * random.uniform());
      const spiky = sizes.map((size, i) => (i === 37 || i === 90 ? size * (9 + block) : size));
      const view = (peaks: number[]) => ({ peaks, most: peaks.map((peak) => peak * 0.72), rms: 0.41 });
      return {
        ...{ block, stage, layers: read.map(({ index }) => index), channels: 128 },
        views: [
          { label: '', rows: [0], ...view(spiky) },
          { label, rows, ...view(sizes.map((size) => size * 1.2)) },
        ],
      };
    }),
  );
}
