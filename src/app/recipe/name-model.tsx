/** Asks for a name where a model came as loose files that are called like everybody's: four rows called "model" tell nothing. */
import type { StoredModel } from '../../worker/protocol';
import { NameForm } from '../library/model-name';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import styles from './recipe.module.css';

export function NameModel({ model }: { model: StoredModel }) {
  return (
    <div className={`${panel.panel} ${styles.nameModel}`}>
      <p>{words.recipe.nameIt(model.name)}</p>
      <NameForm model={model} />
    </div>
  );
}
