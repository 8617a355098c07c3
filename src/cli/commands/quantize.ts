/** `quantize`: a whole model by one method, written as a drop-in folder. */
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { openCheckpoint, type Checkpoint } from '../../checkpoint/checkpoint';
import { openSafetensors } from '../../checkpoint/safetensors';
import { RunControl } from '../../run/control';
import { describeCheckpoint, type Task } from '../../run/describe';
import { runRecipe } from '../../run/driver';
import { assertFormatFits, csvFile, resultsFile, weightFiles, type RowExport } from '../../run/export';
import type { ImageFigures, LayerErrors, RunEvent, RunResult } from '../../run/events';
import { WEIGHT_FORMATS, type WeightFormat } from '../../run/formats';
import { prepareRun } from '../../run/prepare';
import type { PreparedRun } from '../../run/prepared-run';
import { parseRecipe, type Recipe } from '../../run/recipe';
import { MemoryRunStore } from '../../run/run-store';
import { measureRate } from '../../tensor/rate';
import type { Arguments, Command } from '../command';
import { sourcesOf } from '../folder-source';
import { isMethodRecipe, METHOD_FLAGS, METHOD_NOTE, METHOD_USAGE, recipeRow } from '../method-flags';
import { writeParts } from '../write';

const FORMATS = `[--format ${WEIGHT_FORMATS.join('|')}]`;

const USAGE = `FOLDER|FILE ${METHOD_USAGE}
      [--calibration own|random|generated|texts.jsonl|images.npz] [--windows 128] [--length 256]
      [--held-out texts.jsonl|images.npz] [--held-out-windows 16, classifiers 512]
      [--networks MODEL,MODEL] (VQ4ALL: networks that share its codebook)
      [--sampling-steps 50] [--guidance 4] [--sampler ddpm|ddim] [--images 64] [--features CLASSIFIER] (diffusion)
      ${FORMATS} [--keep-unfit] --out FOLDER
  quantize FOLDER|FILE --recipe recipe.json [--row 1] [--features CLASSIFIER] ${FORMATS} [--keep-unfit] --out FOLDER
      --keep-unfit writes layers that the format cannot hold dense, and names them as not quantized, instead of refusing.
      ${METHOD_NOTE}
      --recipe FILE replaces all flags of methods and data. --seed is the method's and the calibration's.
      --steps are of training here, and of sampling in sample; --images is a number here, and a file in evaluate.`;

export const quantize: Command = {
  name: 'quantize',
  usage: USAGE,
  summary:
    'quantize a model layer by layer; writes a folder with weights, results.json and layers.csv (the format safetensors loads where the source did)',
  flags: {
    ...METHOD_FLAGS,
    calibration: 'string',
    windows: 'string',
    length: 'string',
    'held-out': 'string',
    'held-out-windows': 'string',
    seed: 'string',
    'sampling-steps': 'string',
    guidance: 'string',
    sampler: 'string',
    images: 'string',
    features: 'string',
    networks: 'string',
    format: 'string',
    'keep-unfit': 'boolean',
    recipe: 'string',
    row: 'string',
    out: 'string',
  },
  async run({ words, flags, gpu: open, progress }) {
    const [folder] = words;
    if (!folder) throw new Error('quantize needs a model: its folder or its file.');
    const out = flags.required('out');
    const format = formatOf(flags.text('format') ?? 'safetensors');
    if (resolve(out) === resolve(folder)) throw new Error('--out is the source folder itself: choose another one.');
    const { checkpoint, recipe } = await recipeOf(folder, flags);
    const chosen = flags.count('row', 1, recipe.rows.length) - 1;
    const gpu = await open();
    const rate = await measureRate(gpu);
    const features = flags.text('features');
    const prepared = await prepareRun(checkpoint, recipe, {
      gpu,
      rate,
      network: async (name) => openCheckpoint(await sourcesOf(name)),
      features: async () => (features === null ? null : openCheckpoint(await sourcesOf(features))),
    });
    // What the format cannot hold is said before the work, not after it.
    const keepUnfit = flags.boolean('keep-unfit');
    assertFormatFits(format, prepared.linears, recipe.rows[chosen], keepUnfit);
    for (const note of prepared.plan.notes) progress(note);
    const store = new MemoryRunStore();
    const events = runRecipe(prepared, { gpu, store, control: new RunControl() });
    const result = await drive(events, (event) => tell(event, prepared, progress));
    // Where the baseline was added, the recipe's rows stand behind it.
    const wanted = chosen + prepared.rows.length - recipe.rows.length;
    const row: RowExport = {
      checkpoint,
      linears: prepared.linears,
      method: prepared.rows[wanted].method,
      options: prepared.rows[wanted].options,
      keepUnfit,
      async codes(linear) {
        const stored = await store.loadLayer(wanted, prepared.linears.indexOf(linear));
        if (!stored) throw new Error(`bug: ${linear.name} was not quantized`);
        return stored.tensor;
      },
    };
    await writeParts(join(out, 'results.json'), resultsFile(result));
    await writeParts(join(out, 'layers.csv'), csvFile(result));
    const largestDifference = await writeFolder(folder, out, row, format, progress);
    return summary(result, wanted, largestDifference);
  },
  describe(found: ReturnType<typeof summary>) {
    const lines = found.layers.map(
      ({ name, errors, milliseconds }) => `${name.padEnd(48)} ${errorText(errors)}  ${milliseconds.toFixed(0)} ms`,
    );
    return [
      ...lines,
      `bits per weight ${found.bitsPerWeight.toFixed(3)}, ${endToEnd(found)}, ` +
        `${(found.milliseconds / 1000).toFixed(1)} s, largest difference after re-reading ${found.largestDifference}`,
    ].join('\n');
  },
};

/** The recipe of the flags, or of a file. The texts or images it names are opened as files beside the model. */
async function recipeOf(folder: string, flags: Arguments): Promise<{ checkpoint: Checkpoint; recipe: Recipe }> {
  const recipePath = flags.text('recipe');
  if (recipePath !== null && !isMethodRecipe(recipePath)) {
    const recipe = await recipeIn(recipePath);
    return { checkpoint: await openCheckpoint(await sourcesOf(folder)), recipe };
  }
  const sources = await sourcesOf(folder);
  const kind = taskOf(await openCheckpoint(sources));
  const calibration = flags.text('calibration') ?? DEFAULT_CALIBRATION[kind];
  const heldOut = flags.text('held-out');
  const fromFile = calibration !== 'random' && calibration !== 'generated' && calibration !== OWN;
  const files = [...(fromFile ? [calibration] : []), ...(heldOut ? [heldOut] : [])];
  const model = basename(folder.replace(/\/+$/, ''));
  const named: string[] = [];
  for (const [i, path] of files.entries()) {
    const [source] = await sourcesOf(path);
    const name = `${i === 0 && fromFile ? 'calibration' : 'held-out'}-${basename(path)}`;
    named.push(name);
    sources.push({ ...source, name: `${model}/${name}`, read: (begin, end) => source.read(begin, end) });
  }
  const recipe = parseRecipe({
    version: 1,
    rows: [recipeRow(flags)],
    calibration: {
      source: calibration === 'random' || calibration === 'generated' ? calibration : 'file',
      file: fromFile ? named[0] : null,
      windows: flags.count('windows', 128),
      length: flags.count('length', 256),
      seed: flags.number('seed') ?? 0,
    },
    heldOut: {
      file: heldOut ? named[named.length - 1] : null,
      windows: flags.count('held-out-windows', kind === 'classification' ? 512 : 16),
    },
    ...(kind === 'diffusion' ? { sampling: samplingOf(flags) } : {}),
    ...(flags.has('networks') ? { networks: flags.required('networks').split(',') } : {}),
  });
  return { checkpoint: await openCheckpoint(sources), recipe };
}

async function recipeIn(path: string): Promise<Recipe> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(`--recipe is "${path}", and there is no such file that can be read: name a recipe.json.`);
  });
  let recipe: unknown;
  try {
    recipe = JSON.parse(text);
  } catch {
    throw new Error(`The recipe ${path} is not JSON: correct it, or start from public/samples/stories-1m/recipe.json.`);
  }
  return parseRecipe(recipe);
}

/** What lies beside the model: calibration.jsonl or calibration.npz, else the first text or set of images. */
const OWN = 'own';

/** What a model calibrates on when nothing is said. */
const DEFAULT_CALIBRATION: Readonly<Record<Task, string>> = {
  text: OWN,
  classification: OWN,
  diffusion: 'generated',
};

function taskOf(checkpoint: Checkpoint): Task {
  return describeCheckpoint(checkpoint).task ?? 'text';
}

function samplingOf(flags: Arguments): object {
  const given = {
    steps: flags.number('sampling-steps'),
    guidance: flags.number('guidance'),
    sampler: flags.text('sampler'),
    images: flags.number('images'),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}

async function drive(
  events: AsyncGenerator<RunEvent, RunResult>,
  onEvent: (event: RunEvent) => void,
): Promise<RunResult> {
  for (;;) {
    const step = await events.next();
    if (step.done) return step.value;
    onEvent(step.value);
  }
}

/** The output error on calibration tokens, or the weight error where there is none; in words where neither is to be had. */
function errorText({ output, weight }: LayerErrors): string {
  return (output ?? weight)?.toExponential(3) ?? 'not available';
}

function tell(event: RunEvent, run: PreparedRun, progress: (line: string) => void): void {
  if (event.type === 'training') {
    const { step, steps, loss, settled, settledName } = event.progress;
    const { label } = run.rows[event.row];
    progress(
      `${label.padEnd(16)} block ${event.block}, step ${step} of ${steps}: loss ${loss.toExponential(3)}, ${(100 * settled).toFixed(1)} % ${settledName}`,
    );
  }
  // What the plan says as well was printed with it.
  if (event.type === 'notice' && !run.plan.notes.includes(event.sentence)) progress(event.sentence);
  if (event.type !== 'layer-done') return;
  const { result } = event;
  const { label } = run.rows[result.row];
  progress(
    `${label.padEnd(16)} ${result.name.padEnd(44)} ${errorText(result.errors)}${result.note ? `  ${result.note}` : ''}`,
  );
}

/** Writes weights and copies the rest; returns the largest difference found on re-reading. */
async function writeFolder(
  source: string,
  out: string,
  row: RowExport,
  format: WeightFormat,
  progress: (line: string) => void,
): Promise<number> {
  await mkdir(out, { recursive: true });
  for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'generation_config.json']) {
    await copyFile(join(source, name), join(out, name)).catch((error: NodeJS.ErrnoException) => {
      // Absent in the source, or the source is one file: absent in the copy.
      if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    });
  }
  await removeEarlierExports(out);
  const { files, notes, verify } = await weightFiles(format, row);
  for (const note of notes) progress(note);
  for (const file of files) await writeParts(join(out, file.name), file);
  const [written] = await sourcesOf(join(out, files[0].name));
  return verify(written);
}

/** Loaders would take one export's weights with another's description. A weight file that is not ours is left alone. */
async function removeEarlierExports(out: string): Promise<void> {
  await rm(join(out, 'quantize_config.json'), { force: true });
  for (const name of ['model.safetensors', 'model.codebook.safetensors']) {
    const found = await sourcesOf(join(out, name))
      .then(([source]) => openSafetensors(source))
      .catch(() => null); // absent, or no safetensors file
    if (found?.metadata.has('quantelier')) await rm(join(out, name));
  }
}

function formatOf(text: string): WeightFormat {
  const format = WEIGHT_FORMATS.find((known) => known === text);
  if (!format) throw new Error(`--format is "${text}": use ${WEIGHT_FORMATS.join(', ')}.`);
  return format;
}

function summary(result: RunResult, row: number, largestDifference: number) {
  const figures = result.rows[row];
  return {
    layers: result.layers
      .filter((layer) => layer.row === row)
      .map(({ name, errors, bitsPerWeight, ledger, milliseconds, status, note }) => ({
        ...{ name, errors, bitsPerWeight, ledger, milliseconds, status, note },
      })),
    blocks: result.blocks
      .filter((block) => block.row === row)
      .map(({ block, mse, heldOutMse }) => ({ index: block, mse, heldOutMse })),
    bitsPerWeight: figures.bitsPerWeight,
    ledger: figures.ledger,
    perplexity: figures.perplexity,
    kl: figures.kl,
    tokens: figures.tokens,
    ...(figures.images ? { images: withoutPixels(figures.images) } : {}),
    fullPrecision: result.fullPrecision && {
      ...result.fullPrecision,
      ...(result.fullPrecision.images ? { images: withoutPixels(result.fullPrecision.images) } : {}),
    },
    milliseconds: result.milliseconds,
    largestDifference,
  };
}

/** Pixels are for pictures, not for a line of JSON. */
function withoutPixels({ samples: _, ...figures }: ImageFigures): Omit<ImageFigures, 'samples'> {
  return figures;
}

/** The figures there are, in one line. */
function endToEnd({ perplexity, kl, images }: ReturnType<typeof summary>): string {
  const { accuracy, prediction, trajectory, frechet } = images ?? {};
  const figures = [
    ['perplexity', perplexity],
    ['KL', kl],
    ['accuracy', accuracy?.share],
    ['noise error', prediction],
    ['trajectory error', trajectory],
    ['Fréchet distance', frechet?.distance],
  ] as const;
  const said = figures.flatMap(([name, value]) =>
    typeof value === 'number' ? [`${name} ${value.toPrecision(6)}`] : [],
  );
  return said.join(', ') || 'no end-to-end figures';
}
