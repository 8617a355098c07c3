/** Recipes of networks on images: what is proposed, what a recipe becomes for another model, and what is wrong with one. */
import { describe, expect, it } from 'vitest';
import { FAKE_CLASSIFIER, FAKE_DIFFUSION, FAKE_MODEL } from '../app/testing/fake-engine';
import { FAKE_RECIPE } from '../app/testing/fake-figures';
import { parseRecipe, type Recipe } from '../recipe/recipe';
import { decodeLink, encodeLink } from './link';
import { persistIn } from './persist';
import { defaultRecipe, fitted } from './presets';
import { createRecipes } from './recipe';
import { faultsOf } from './validate';

const MODELS = [FAKE_MODEL, FAKE_CLASSIFIER, FAKE_DIFFUSION];

describe('the recipe that a model is proposed', () => {
  it.each(MODELS)('is whole and without faults: $name', (model) => {
    const recipe = defaultRecipe(model);
    expect(parseRecipe(recipe)).toEqual(recipe);
    expect(faultsOf(recipe, model)).toEqual({});
    expect(fitted(recipe, model)).toEqual(recipe);
    expect(decodeLink(encodeLink({ recipe, sample: null })).recipe).toEqual(recipe);
  });

  it('compares grids and codebooks, on the classifier’s own images', () => {
    const recipe = defaultRecipe(FAKE_CLASSIFIER);
    expect(recipe.rows.map(({ steps }) => steps[0].step)).toEqual(['rtn', 'gptq', 'kmeans', 'gptvq']);
    expect(recipe.calibration).toMatchObject({ source: 'file', file: 'calibration.npz' });
    expect(recipe.heldOut.file).toBe('heldout.npz');
    expect(recipe).not.toHaveProperty('sampling');
  });

  it('takes a diffusion network’s own trajectories', () => {
    const recipe = defaultRecipe(FAKE_DIFFUSION);
    expect(recipe.calibration).toMatchObject({ source: 'generated', file: null });
    expect(recipe.sampling?.steps).toBeLessThan(
      defaultRecipe({ ...FAKE_DIFFUSION, sample: false }).sampling?.steps ?? 0,
    );
  });
});

describe('a recipe for another model', () => {
  it.each(MODELS.flatMap((from) => MODELS.map((to) => [from, to] as const)))(
    'keeps its rows and takes the data of its task: $0.name to $1.name',
    (from, to) => {
      const given: Recipe = { ...defaultRecipe(from), rows: FAKE_RECIPE.rows.slice(0, 2) };
      const { rows, ...data } = fitted(given, to);
      const { rows: _, ...own } = defaultRecipe(to);
      expect(rows).toEqual(given.rows);
      expect(data).toEqual(own);
    },
  );

  it('keeps what suits: numbers, noise, and how images are sampled', () => {
    const noise: Recipe = {
      ...defaultRecipe(FAKE_CLASSIFIER),
      calibration: { source: 'random', file: null, windows: 5, length: 128, seed: 9 },
    };
    expect(fitted(noise, FAKE_CLASSIFIER)).toEqual(noise);
    const few: Recipe = {
      ...defaultRecipe(FAKE_DIFFUSION),
      sampling: { steps: 3, guidance: 1, sampler: 'ddpm', images: 2 },
    };
    expect(fitted(few, FAKE_DIFFUSION)).toEqual(few);
  });

  it('names files that the model has, and the one there is where it has one', () => {
    const one = { ...FAKE_CLASSIFIER, images: ['faces.npz'] };
    const recipe = fitted(defaultRecipe(FAKE_CLASSIFIER), one);
    expect([recipe.calibration.file, recipe.heldOut.file]).toEqual(['faces.npz', 'faces.npz']);
    expect(faultsOf(recipe, one)).toEqual({});
  });
});

describe('the recipe store on images', () => {
  it('changes with the model while nobody has touched it, and its sampling one field at a time', () => {
    const recipes = createRecipes(persistIn(null));
    for (const model of MODELS) {
      recipes.getState().setModel(model);
      expect(recipes.getState().recipe).toEqual(defaultRecipe(model));
    }
    recipes.getState().setSampling({ steps: 7 });
    expect(recipes.getState().recipe.sampling).toEqual({ ...defaultRecipe(FAKE_DIFFUSION).sampling, steps: 7 });
    recipes.getState().setSampling({ images: 1, guidance: NaN });
    expect(recipes.getState().faults).toEqual({
      'sampling.images': { kind: 'whole-number', min: 2, max: 4096 },
      'sampling.guidance': { kind: 'number', min: 0, max: 100 },
    });
  });

  it('says that a classifier without images has nothing to be judged by', () => {
    const bare = { ...FAKE_CLASSIFIER, images: [] };
    expect(faultsOf(defaultRecipe(bare), bare)).toEqual({ 'heldOut.file': { kind: 'images-missing' } });
  });
});
