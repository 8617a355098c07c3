/** The recipes behind the tables of docs/measurements.md can be read as they stand: whoever repeats a table starts from its file. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import '../step/faces';
import { parseRecipe } from './recipe';

const FOLDER = fileURLToPath(new URL('../../docs/recipes/', import.meta.url));
const TABLES = readFileSync(fileURLToPath(new URL('../../docs/measurements.md', import.meta.url)), 'utf8');

it.each(readdirSync(FOLDER))('%s parses, names its rows, and has a table', (file) => {
  const { rows } = parseRecipe(JSON.parse(readFileSync(`${FOLDER}${file}`, 'utf8')));
  const names = rows.map(({ name }) => name);
  expect(names).not.toContain(undefined);
  expect(new Set(names).size).toBe(rows.length);
  expect(TABLES).toContain(`recipes/${file}`);
});
