/**
 * `node scripts/measure.mjs [NAME …]`: runs the recipes of docs/recipes, or those that are named, on the language sample, and prints the
 * tables of docs/measurements.md: a line a row, with what it stores and what came out. `--dry-run` only asks whether every row can be had;
 * `--keep FOLDER` keeps each results.json.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const recipes = join(root, 'docs', 'recipes');

const MODEL = join(root, 'public', 'samples', 'stories-1m');

const { values, positionals } = parseArgs({
  options: { 'dry-run': { type: 'boolean' }, keep: { type: 'string' } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : readdirSync(recipes).map((file) => basename(file, '.json'));
const failed = names.filter((name) => !measure(name));
if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;

function measure(name) {
  const out = mkdtempSync(join(tmpdir(), 'quantelier-measure-'));
  const recipe = join(recipes, `${name}.json`);
  // The row that is written is of no interest; the row file holds all of them.
  const words = ['quantize', MODEL, '--recipe', recipe, '--format', 'own', '--out', join(out, 'row')];
  const begin = performance.now();
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'scripts', 'cli.mjs'), ...words, ...(values['dry-run'] ? ['--dry-run'] : [])],
    { stdio: ['ignore', values['dry-run'] ? 'inherit' : 'ignore', 'inherit'] },
  );
  if (status === 0 && !values['dry-run']) {
    if (values.keep) copyFileSync(join(out, 'row', 'results.json'), join(values.keep, `${name}.json`));
    const seconds = Math.round((performance.now() - begin) / 1000);
    console.log(
      `\n### ${name}, ${seconds} s\n\n${table(JSON.parse(readFileSync(join(out, 'row', 'results.json'), 'utf8')))}`,
    );
  }
  rmSync(out, { recursive: true, force: true });
  return status === 0;
}

/** A line a row. KL in thousandths of a nat, as the literature's tables are far apart. */
function table({ plan, rows, fullPrecision, views = [] }) {
  const figure = (value, digits) => (value === null || value === undefined ? '–' : value.toFixed(digits));
  const range = (interval, digits) => (interval ? ` (${interval.map((one) => figure(one, digits)).join(' to ')})` : '');
  const lines = rows.map((row) => [
    plan.rows.find((planned) => planned.row === row.row).label,
    figure(row.bitsPerWeight, 3),
    figure(row.activationBits, 2),
    row.cacheBits ? `${figure(row.cacheBits.key, 2)}, ${figure(row.cacheBits.value, 2)}` : '–',
    figure(row.perplexity, 4) + range(row.perplexityInterval, 4),
    row.kl === null ? '–' : figure(row.kl * 1000, 2),
    figure(row.meanError, 5),
  ]);
  const heads = [
    'row',
    'bits a weight',
    'bits an activation',
    'bits of K, V',
    'perplexity',
    'KL, 10⁻³ nats',
    'mean layer error',
  ];
  return [
    `Full precision: ${JSON.stringify(fullPrecision)}; views: ${JSON.stringify(views)}`,
    '',
    heads,
    heads.map(() => '---'),
    ...lines,
  ]
    .map((line) => (Array.isArray(line) ? `| ${line.join(' | ')} |` : line))
    .join('\n');
}
