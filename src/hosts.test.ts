/** Worker and command line take from the engine's face what it has, so that it is enough for a host, and stays so. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const SRC = dirname(fileURLToPath(import.meta.url));

/** `from` without './' and without an extension, by `names`. */
function importsOf(path: string): { readonly from: string; readonly names: string[] }[] {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/^(?:im|ex)port (?:type )?\{([^}]*)\} from '(\.[^']*)';/gm)].map(([, names, from]) => ({
    from: relative(SRC, resolve(dirname(path), from)),
    names: names
      .split(',')
      .map((name) => name.trim().replace(/^type /, ''))
      .filter(Boolean),
  }));
}

/** Errors are everybody's, the page's too. */
const FACE = importsOf(join(SRC, 'engine.ts'))
  .flatMap(({ from, names }) => names.map((name) => `${name} of ${from}`))
  .filter((name) => !name.startsWith('StudioError '));

it('is the face of the engine that hosts import its names from', () => {
  const hosts = ['cli', 'worker'].flatMap((room) =>
    readdirSync(join(SRC, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$|testing/.test(file))
      .map((file) => join(SRC, room, file)),
  );
  expect(hosts.length).toBeGreaterThan(50);
  const around = hosts.flatMap((path) =>
    importsOf(path)
      .flatMap(({ from, names }) => names.map((name) => `${name} of ${from}`))
      .filter((name) => FACE.includes(name))
      .map((name) => `${relative(SRC, path)} takes ${name}`),
  );
  expect(around).toEqual([]);
});
