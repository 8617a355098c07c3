/** Papers on the command line: their list, and the recipe that --paper makes of a model. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseRow } from '../../recipe/row';
import { rowOfPaper } from '../../recipe/papers/paper';
import { PAPERS } from '../../recipe/papers/table';
import { Arguments, type Call } from '../command';
import { paperNamed } from '../papers';
import { recipeOf } from '../quantize/recipe-from-flags';
import { papers } from './papers';

const sample = (name: string) => fileURLToPath(new URL(`../../../public/samples/${name}`, import.meta.url));
interface Listed {
  readonly id: string;
  readonly steps: readonly object[];
}

const list = (...words: string[]) => papers.run({ words } as unknown as Call) as Promise<Listed[]>;

describe('papers', () => {
  it('are listed with id, title, fidelity and steps that a recipe takes', async () => {
    const all = await list();
    expect(all.map(({ id }) => id)).toEqual(PAPERS.map(({ id }) => id));
    for (const one of all) {
      expect(Object.keys(one)).toEqual(['id', 'title', 'fidelity', 'steps']);
      expect(parseRow({ steps: JSON.parse(JSON.stringify(one.steps)) as unknown }, 'row').steps).toEqual(one.steps);
    }
    const text = papers.describe(all as never);
    for (const { id, title } of PAPERS) expect(text).toContain(`${id.padEnd(14)}${title} (`);
  });

  it('are those that a model can have', async () => {
    expect((await list(sample('stories-1m'))).map(({ id }) => id)).toContain('quarot');
    const dit = await list(sample('shapes-dit'));
    expect(dit.map(({ id }) => id)).not.toContain('quarot');
    expect(dit.length).toBeGreaterThan(0);
  });

  it('make a row of the model’s own, and refuse what says the same again', async () => {
    const chosen = await recipeOf(sample('stories-1m'), new Arguments({ paper: 'quarot' }));
    expect(chosen.recipe.rows).toHaveLength(1);
    expect(chosen.recipe.rows[0].paper).toBe('quarot');
    expect(rowOfPaper(paperNamed('quarot'), null).steps.map(({ step }) => step)).toEqual(
      chosen.recipe.rows[0].steps.map(({ step }) => step),
    );
    const refused = (flags: Record<string, string>, model = 'stories-1m') =>
      expect(recipeOf(sample(model), new Arguments(flags))).rejects;
    await refused({ paper: 'quarot', bits: '3' }).toThrow('--bits has no use beside --paper quarot');
    await refused({ paper: 'quarto' }).toThrow('There is no paper "quarto": choose quarot, ');
    await refused({ paper: 'quarot' }, 'shapes-dit').toThrow('This model cannot have QuaRot: ');
    await refused({ paper: 'quarot', recipe: 'recipe.json' }).toThrow('--paper has no use beside --recipe');
  });
});
