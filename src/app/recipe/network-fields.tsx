/** The other networks that a frozen codebook is drawn from, where a row has a method with one (VQ4ALL). */
import { faceOf } from '../../method/catalogue';
import { RECIPE_LIMITS } from '../../recipe/recipe';
import { methodIn } from '../../recipe/rows';
import { useStore } from '../../store/react';
import { SAMPLES, sampleKey } from '../../store/samples';
import type { StoredModel } from '../../worker/protocol';
import { useStudio } from '../context';
import * as format from '../format';
import { CheckField } from '../parts/field';
import panel from '../parts/panel.module.css';
import styles from './recipe.module.css';
import { recipeWords } from './recipe-screen-words';

interface Choice {
  readonly key: string;
  readonly name: string;
}

export function NetworkFields() {
  const { recipes, models } = useStudio();
  const { recipe, model, setNetworks } = useStore(recipes);
  const stored = useStore(models, (state) => state.models);
  const { networks: chosen = [], rows } = recipe;
  const methods = new Set(rows.map((row) => faceOf(methodIn(row).method)).filter(({ needs }) => needs.networks));
  if (methods.size === 0 || model === null) return null;
  const { max } = RECIPE_LIMITS.networks;
  const toggle = (key: string, on: boolean) =>
    setNetworks(on ? [...chosen, key] : chosen.filter((other) => other !== key));
  return (
    <section className={`${panel.panel} ${styles.dataBody}`} aria-labelledby="networks-title">
      <h2 id="networks-title">{recipeWords.networks}</h2>
      <div className={styles.networks} role="group" aria-labelledby="networks-title">
        {choicesOf(stored, model, chosen).map(({ key, name }) => (
          <CheckField
            key={key}
            label={name}
            value={chosen.includes(key)}
            disabled={chosen.length >= max && !chosen.includes(key)}
            onChange={(on) => toggle(key, on)}
          />
        ))}
      </div>
      <p className={panel.muted}>
        {recipeWords.networksHelp(format.list([...methods].map(({ title }) => title)))}
        {chosen.length >= max && ` ${recipeWords.networksFull(max)}`}
      </p>
    </section>
  );
}

/** Every stored model and bundled sample but the open one, and what a link named that is not here. */
function choicesOf(stored: readonly StoredModel[], { key: own }: StoredModel, chosen: readonly string[]): Choice[] {
  const known = new Map<string, string>([
    ...SAMPLES.map((sample) => [sampleKey(sample), sample.title] as const),
    ...stored.filter(({ sample }) => !sample).map(({ key, name }) => [key, name] as const),
  ]);
  known.delete(own);
  for (const key of chosen) if (key !== own && !known.has(key)) known.set(key, recipeWords.networkGone(key));
  return Array.from(known, ([key, name]) => ({ key, name }));
}
