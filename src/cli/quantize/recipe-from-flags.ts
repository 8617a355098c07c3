/** The recipe of a command line: out of flags, or of a file. The texts or images that flags name are opened as files beside the model. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  describeCheckpoint,
  openCheckpoint,
  parseRecipe,
  refusalOf,
  rowOfPaper,
  type Checkpoint,
  type Recipe,
  type RecipeRow,
} from '../../engine';
import { faceOf } from '../../method/catalogue';
import { type Task } from '../../model/architecture';
import { RECIPE_VERSION } from '../../recipe/recipe';
import { methodIn } from '../../recipe/rows';
import type { NetworkFacts } from '../../step/network-facts';
import type { Arguments } from '../command';
import { UsageError } from '../exit-codes';
import { sourcesOf } from '../folder-source';
import { paperNamed } from '../papers';
import { isMethodRecipe, METHOD_FLAGS, recipeRow } from '../method-flags';
import { DATA_FLAGS, DATA_FLAGS_OF } from './flags';

export interface Chosen {
  readonly checkpoint: Checkpoint;
  readonly recipe: Recipe;
  /** Files laid beside the model for this run only: no part of an export. */
  readonly added: readonly string[];
}

/** What lies beside the model: calibration.jsonl or calibration.npz, else the first text or set of images. */
const OWN = 'own';
const NO_FILES = [OWN, 'random', 'generated'];

/** What a model calibrates on when nothing is said. */
const DEFAULT_CALIBRATION: Readonly<Record<Task, string>> = {
  text: OWN,
  classification: OWN,
  diffusion: 'generated',
};

/** `rowOf`: what row the flags describe, where they name no recipe. */
export async function recipeOf(
  folder: string,
  flags: Arguments,
  rowOf: (flags: Arguments) => RecipeRow = (given) => recipeRow(given, ['seed']),
): Promise<Chosen> {
  const recipePath = flags.text('recipe');
  if (recipePath !== null && !isMethodRecipe(recipePath)) {
    const replaced = [...Object.keys(METHOD_FLAGS), ...Object.keys(DATA_FLAGS), 'networks', 'paper'];
    // The classifier of features is no part of a recipe.
    const others = replaced.filter((flag) => flag !== 'recipe' && flag !== 'features');
    flags.refuse(others, `beside --recipe ${recipePath}, which says all that: change it there`);
    const recipe = await recipeIn(recipePath);
    return { checkpoint: await openCheckpoint(await sourcesOf(folder)), recipe, added: [] };
  }
  flags.refuse(['row'], 'without a recipe file: flags make one row');
  const sources = await sourcesOf(folder);
  const { task, facts, limitation } = describeCheckpoint(await openCheckpoint(sources));
  const row = flags.has('paper') ? paperRow(flags, facts, limitation) : rowOf(flags);
  const face = faceOf(methodIn(row).method);
  if (!face.needs.networks) {
    flags.refuse(['networks'], `for ${face.title}, whose codebooks belong to one network: leave it out`);
  }
  refuseOtherData(task, flags);
  const kind = task ?? 'text';
  const calibration = flags.text('calibration') ?? DEFAULT_CALIBRATION[kind];
  const heldOut = flags.text('held-out');
  const fromFile = !NO_FILES.includes(calibration);
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
    version: RECIPE_VERSION,
    rows: [row],
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
    ...continuationOf(flags),
    ...(flags.has('networks') ? { networks: flags.required('networks').split(',') } : {}),
  });
  return { checkpoint: await openCheckpoint(sources), recipe, added: named };
}

/** The row that a paper makes for the model. Throws one sentence where the model cannot have it. */
function paperRow(flags: Arguments, facts: NetworkFacts | null, limitation: string | null): RecipeRow {
  const paper = paperNamed(flags.required('paper'));
  const others = Object.keys(METHOD_FLAGS).filter((flag) => flag !== 'seed');
  flags.refuse(others, `beside --paper ${paper.id}, which says all that: leave it out, or write a recipe`);
  const why = facts === null ? limitation : refusalOf(paper, facts);
  if (why !== null) throw new UsageError(`This model cannot have ${paper.title}: ${why}`);
  return rowOfPaper(paper, facts);
}

function refuseOtherData(task: Task | null, flags: Arguments): void {
  const known = DATA_FLAGS_OF.find((one) => one.task === task);
  if (!known) throw new Error(`bug: no flags are known for a network for ${task}`);
  const strangers = Object.keys(DATA_FLAGS).filter((flag) => !known.flags.some((own) => own === flag));
  flags.refuse(strangers, `for this model, ${known.title}: leave out what it has no use for`);
}

export async function recipeIn(path: string): Promise<Recipe> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UsageError(`--recipe is "${path}", and there is no such file that can be read: name a recipe.json.`);
  });
  let recipe: unknown;
  try {
    recipe = JSON.parse(text);
  } catch {
    throw new UsageError(
      `The recipe ${path} is not JSON: correct it, or start from public/samples/stories-1m/recipe.json.`,
    );
  }
  return parseRecipe(recipe);
}

function continuationOf(flags: Arguments): object {
  const prompt = flags.text('prompt');
  if (prompt === null) flags.refuse(['prompt-tokens'], 'without --prompt: it says how far that is continued');
  return prompt === null ? {} : { continuation: { prompt, tokens: flags.count('prompt-tokens', 32) } };
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
