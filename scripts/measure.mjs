/**
 * `node scripts/measure.mjs [NAME …]`: runs the recipes of docs/recipes, or those that are named, each on its network, and prints the
 * tables of docs/measurements.md: a line a row, with what it stores and what came out. `--dry-run` only asks whether every row can be had;
 * `--keep FOLDER` keeps each results.json.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const recipes = join(root, 'docs', 'recipes');

/** A recipe's network, by the first word of its name; stories260K is no part of the repository. */
const NETWORKS = {
  text: 'public/samples/stories-1m',
  vit: 'public/samples/shapes-vit',
  vim: 'public/samples/shapes-vim',
  dit: 'public/samples/shapes-dit',
  stories260k: '../shared/checkpoints/stories260K',
};

/** What a table shows of a row, where any row of it has it. KL in thousandths of a nat, as small ones are what is compared. */
const COLUMNS = {
  row: (row, plan) => plan.rows.find((planned) => planned.row === row.row).label,
  'bits a weight': ({ bitsPerWeight }) => figure(bitsPerWeight, 3),
  'bits an activation': ({ activationBits }) => figure(activationBits, 2),
  'bits of K, V': ({ cacheBits }) => cacheBits && `${figure(cacheBits.key, 2)}, ${figure(cacheBits.value, 2)}`,
  perplexity: ({ perplexity, perplexityInterval }) => figure(perplexity, 4) + range(perplexityInterval, 4),
  'accuracy, %': ({ images }) => percent(images?.accuracy),
  'KL, 10⁻³ nats': ({ kl }) => kl !== null && figure(kl * 1000, 2),
  'noise error': ({ images }) => figure(images?.prediction, 5),
  'trajectory error': ({ images }) => figure(images?.trajectory, 5),
  'mean layer error': ({ meanError }) => figure(meanError, 5),
};

const { values, positionals } = parseArgs({
  options: { 'dry-run': { type: 'boolean' }, keep: { type: 'string' } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : readdirSync(recipes).map((file) => basename(file, '.json'));
if (values.keep) mkdirSync(values.keep, { recursive: true });
const failed = names.filter((name) => !measure(name));
if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;

function measure(name) {
  const recipe = join(recipes, `${name}.json`);
  const network = NETWORKS[name.split('-')[0]];
  if (network === undefined || !existsSync(recipe)) {
    console.error(`${name}: there is no such file in docs/recipes, or its first word is no network of this script.`);
    return false;
  }
  const model = join(root, network);
  if (!existsSync(model)) {
    console.error(`${name}: left out, since its network is no part of the repository (${network}).`);
    return true;
  }
  const out = mkdtempSync(join(tmpdir(), 'quantelier-measure-'));
  // The row that is written is of no interest; the row file holds all of them.
  const words = ['quantize', model, '--recipe', recipe, '--format', 'own', '--out', join(out, 'row')];
  const begin = performance.now();
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'scripts', 'cli.mjs'), ...words, ...(values['dry-run'] ? ['--dry-run'] : [])],
    { stdio: ['ignore', values['dry-run'] ? 'inherit' : 'ignore', 'inherit'] },
  );
  if (status === 0 && !values['dry-run']) {
    const results = join(out, 'row', 'results.json');
    if (values.keep) copyFileSync(results, join(values.keep, `${name}.json`));
    const seconds = Math.round((performance.now() - begin) / 1000);
    console.log(`\n### ${name}, ${seconds} s\n\n${table(JSON.parse(readFileSync(results, 'utf8')))}`);
  }
  rmSync(out, { recursive: true, force: true });
  return status === 0;
}

/** Without the images that it sampled, which are thousands of letters. */
function withoutSamples(full) {
  return full?.images ? { ...full, images: { ...full.images, samples: undefined } } : full;
}

function table({ plan, rows, fullPrecision, views = [] }) {
  const cells = Object.entries(COLUMNS)
    .map(([head, of]) => ({ head, values: rows.map((row) => of(row, plan) || '') }))
    .filter(({ values }) => values.some(Boolean));
  const lines = [
    cells.map(({ head }) => head),
    cells.map(() => '---'),
    ...rows.map((_, r) => cells.map(({ values }) => values[r] || '–')),
  ];
  return [
    `Full precision: ${JSON.stringify(withoutSamples(fullPrecision))}; views: ${JSON.stringify(views)}`,
    '',
    ...lines.map((line) => `| ${line.join(' | ')} |`),
  ].join('\n');
}

function figure(value, digits) {
  return value === null || value === undefined ? '' : value.toFixed(digits);
}

function range(interval, digits) {
  return interval ? ` (${interval.map((one) => figure(one, digits)).join(' to ')})` : '';
}

function percent(accuracy) {
  if (!accuracy) return '';
  return (
    figure(accuracy.share * 100, 1) +
    range(
      accuracy.interval.map((one) => one * 100),
      1,
    )
  );
}
