/** Flags out of the methods' parameter tables, and a recipe row out of flags. */
import { parseArgs } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CATALOGUE, faceOf } from '../method/catalogue';
import { defaultOptions } from '../method/parameters';
import { methodIn } from '../recipe/rows';
import { Arguments } from './command';
import { flagOf, flagsOf, isMethodRecipe, METHOD_FLAGS, recipeRow } from './method-flags';

function row(...args: string[]) {
  const options = Object.fromEntries(
    Object.entries(METHOD_FLAGS).map(([name, { value }]) => {
      const type: 'boolean' | 'string' = value === null ? 'boolean' : 'string';
      return [name, { type }];
    }),
  );
  return methodIn(recipeRow(new Arguments(parseArgs({ args, options }).values)));
}

describe('the flags of methods', () => {
  it('have the names they always had, and an option’s own name otherwise', () => {
    for (const flag of [
      ...['bits', 'sym', 'group', 'act-order', 'clip', 'damping', 'block', 'alpha', 'alpha2', 'variant'],
      ...['codewords', 'dim', 'codebook-group', 'codebook-columns', 'em-iterations', 'codebook-bits'],
    ]) {
      expect(METHOD_FLAGS).toHaveProperty(flag);
    }
    expect(METHOD_FLAGS.sym.value).toBeNull();
    for (const flag of ['seed', 'scale-block', 'lookup']) expect(METHOD_FLAGS[flag].value).not.toBeNull();
  });

  it('mean the same kind of thing for every method that has them', () => {
    for (const { id } of CATALOGUE) {
      for (const [flag, { value }] of Object.entries(flagsOf(id))) {
        expect(METHOD_FLAGS[flag].value === null, `${id} --${flag}`).toBe(value === null);
      }
    }
  });

  it('make the same row as options do', () => {
    expect(row('--method', 'gptq', '--bits', '4', '--group', '64', '--sym', '--act-order').options).toMatchObject({
      ...{ bits: 4, groupSize: 64, symmetric: true, actOrder: true, staticGroups: true },
    });
    const words =
      '--method kmeans --codewords 16 --dim 2 --codebook-group 2048 --codebook-bits 8 --lookup hessian --seed 7';
    expect(row(...words.split(' ')).options).toMatchObject({
      ...{ codewords: 16, dim: 2, codebookGroup: 2048, codebookBits: '8', lookup: 'hessian', seed: 7 },
    });
  });

  it('refuse what the method has no use for, naming what it has', () => {
    expect(row('--method', 'rtn')).toEqual({ method: 'rtn', options: defaultOptions(faceOf('rtn').parameters) });
    expect(() => row('--method', 'rtn', '--damping', '0.5')).toThrow(
      '--damping has no use for RTN, which has --bits, --group, --sym, --clip',
    );
    expect(() => row('--method', 'gptq', '--alpha', '1', '--codewords', '8')).toThrow('--alpha, --codewords have no');
  });

  it('refuse, method by method, every flag of the others', () => {
    for (const { id } of CATALOGUE) {
      const own = new Set(Object.keys(flagsOf(id)).flatMap((flag) => [flag, flag.replace(/^no-/, '')]));
      for (const [flag, { value }] of Object.entries(METHOD_FLAGS)) {
        if (own.has(flag) || flag === 'method') continue;
        const words = value === null ? [`--${flag}`] : [`--${flag}`, '1'];
        expect(() => row('--method', id, ...words), `${id} --${flag}`).toThrow(`--${flag} has no use for`);
      }
    }
  });

  it('take none for null', () => {
    expect(row('--method', 'kmeans', '--codebook-group', 'none').options.codebookGroup).toBeNull();
  });

  it('are refused in one sentence', () => {
    expect(() => row('--method', 'kmeans', '--codewords', 'many')).toThrow('--codewords is "many"');
    expect(() => row('--method', 'kmeans', '--codewords', '1')).toThrow('codewords is 1');
    expect(() => row('--method', 'kmeans', '--lookup', 'random')).toThrow('lookup is "random"');
    expect(() => row('--bits', '3')).toThrow('--method is missing');
  });

  it('switch off what is on by default', () => {
    const on = CATALOGUE.flatMap(({ id, parameters }) =>
      Object.entries(parameters).flatMap(([name, one]) => (one.kind === 'boolean' && one.default ? [[id, name]] : [])),
    );
    for (const [method, name] of on) {
      expect(row('--method', method, `--no-${flagOf(name)}`).options[name]).toBe(false);
    }
  });

  it('tell a method’s recipe from a recipe file', () => {
    expect(isMethodRecipe('recipe.json')).toBe(false);
    const named = CATALOGUE.some(({ parameters }) => 'recipe' in parameters);
    expect(isMethodRecipe('released')).toBe(named);
  });
});
