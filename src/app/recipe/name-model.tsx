/** Asks for a name where a model came as loose files that are called like everybody's: four rows called "model" tell nothing. */
import type { StoredModel } from '../../worker/protocol';
import { NameForm } from '../library/model-name';
import panel from '../parts/panel.module.css';
import styles from './recipe.module.css';
import { recipeWords } from './recipe-screen-words';

export function NameModel({ model }: { model: StoredModel }) {
  return (
    <div className={`${panel.panel} ${styles.nameModel}`}>
      <p>{recipeWords.nameIt(model.name)}</p>
      {/* The form goes with the question, and its button with it. */}
      <NameForm model={model} onSaved={() => document.querySelector<HTMLElement>('main h1')?.focus()} />
    </div>
  );
}
