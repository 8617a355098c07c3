/** The recipe: rows of methods, the data they see, and what it will take. */
import { useEffect, useRef } from 'react';
import { RECIPE_LIMITS } from '../../recipe/recipe';
import { weightsStep } from '../../recipe/row';
import { labelOf, methodIn, plannedLedgerOf } from '../../recipe/rows';
import { PRESETS } from '../../store/presets';
import { planOf } from '../../store/plan';
import { useStore } from '../../store/react';
import { sampleOf } from '../../store/samples';
import { formatRoute } from '../../store/route';
import { useStudio } from '../context';
import * as format from '../format';
import { assignStyles } from '../../report/palette';
import { Button, LinkButton } from '../parts/button';
import { ShareButton } from '../share/share-button';
import panel from '../parts/panel.module.css';
import { Arrival } from './arrival';
import { CalibrationPanel } from './calibration-panel';
import { NameModel } from './name-model';
import { DataFields } from './data-fields';
import { NetworkFields } from './network-fields';
import { PaperMenu } from './paper-menu';
import { PlanPanel } from './plan-panel';
import { RowEditor, type KeepFocus } from './row-editor';
import styles from './recipe.module.css';
import { recipeWords } from './recipe-screen-words';

export function Recipe() {
  const studio = useStudio();
  const model = useStore(studio.recipes, (state) => state.model);
  const loaded = useStore(studio.models, (state) => state.loaded);
  return (
    <div className={panel.screen}>
      <header className={styles.head}>
        <h1 tabIndex={-1}>{recipeWords.title}</h1>
        <p className={panel.lead}>
          {format.sentences([...(model ? [format.sentence(recipeWords.onModel(model.name))] : []), recipeWords.lead])}
        </p>
        {model && (
          <p>
            <LinkButton small icon="inspect" href={formatRoute({ screen: 'inspect', key: model.key, tensor: null })}>
              {recipeWords.inspect}
            </LinkButton>
          </p>
        )}
      </header>
      {model?.origin?.nameless && <NameModel key={model.key} model={model} />}
      <Arrival />
      {model === null && loaded && (
        <div className={`${panel.panel} ${styles.noModel}`}>
          <p>{recipeWords.noModel}</p>
          <LinkButton look="primary" href="#/library">
            {recipeWords.toLibrary}
          </LinkButton>
        </div>
      )}
      <div className={styles.columns}>
        <div className={styles.work}>
          <Rows />
          <DataFields />
          <NetworkFields />
          <CalibrationPanel />
        </div>
        <PlanPanel />
      </div>
    </div>
  );
}

function Rows() {
  const studio = useStudio();
  const { recipe, rowKeys, faults, model, addRow } = useStore(studio.recipes);
  const plan = useStore(studio.plan, planOf);
  const { rows } = recipe;
  const full = rows.length >= RECIPE_LIMITS.rows.max;
  // The engine may put a baseline before the recipe's rows; a plan of another number of rows is of an older recipe.
  const planned = plan && plan.rows.length - rows.length;
  const offset = planned === 1 ? 1 : 0;
  // Counted here from the layers' shapes, so that the figure follows every key; the engine's plan comes a moment later.
  // A row with a fault has none; the others keep theirs.
  const bitsOf = (i: number) => {
    if (plan === null || Object.keys(faults).some((path) => path.startsWith(`rows.${i}.`))) return null;
    // What keeps its weights takes what the file stores them in, which the plan knows.
    if (weightsStep(rows[i]) === null) return plan.rows[i + offset]?.bitsPerWeight ?? null;
    const row = { ...methodIn(rows[i]), steps: rows[i].steps };
    return plannedLedgerOf(row, plan.layers, plan.rows[i + offset]?.sharedBy).bitsPerWeight;
  };
  const labelled = rows.map((row) => ({ method: methodIn(row).method, label: labelOf(row) }));
  const baseline = offset === 1 && plan ? [plan.rows[0]] : [];
  const styleOf = assignStyles([...baseline, ...labelled]).slice(baseline.length);
  const { list, keepFocus } = useFocusInRows(rowKeys);
  return (
    <section className={panel.section} aria-labelledby="rows-title">
      <div className={panel.sectionHead}>
        <h2 id="rows-title">{recipeWords.rows}</h2>
        <div className={styles.presets} role="group" aria-label={recipeWords.presets}>
          {PRESETS.map(({ id }) => (
            <Button key={id} small onClick={() => studio.acts.usePreset(id)}>
              {recipeWords.presetNames[id]}
            </Button>
          ))}
          <PaperMenu />
        </div>
      </div>
      <ol ref={list} className={styles.rows}>
        {rows.map((row, i) => (
          <RowEditor
            key={rowKeys[i]}
            index={i}
            row={row}
            last={i === rows.length - 1}
            only={rows.length === 1}
            full={full}
            style={styleOf[i]}
            bitsPerWeight={bitsOf(i)}
            keepFocus={keepFocus}
          />
        ))}
      </ol>
      <div className={styles.belowRows}>
        <Button small icon="plus" disabled={full} onClick={addRow}>
          {recipeWords.addRow}
        </Button>
        <ShareButton
          recipe={recipe}
          result={null}
          sample={sampleOf(model)?.id ?? null}
          faulty={Object.keys(faults).length > 0}
        />
        <p className={panel.muted}>{full ? recipeWords.rowsFull(RECIPE_LIMITS.rows.max) : recipeWords.baselineToo}</p>
      </div>
      <p className="visually-hidden" role="status">
        {`${format.integer(rows.length)} ${recipeWords.rows}`}
      </p>
    </section>
  );
}

/**
 * A button that moves or deletes its own row would take the focus with it. The row named to `keepFocus` (or the last one) gets it
 * once the list has changed: at the same button, or where that one is not to be pressed, at the method.
 */
function useFocusInRows(rowKeys: readonly number[]) {
  const list = useRef<HTMLOListElement>(null);
  const wish = useRef<{ readonly row: number; readonly button: string } | null>(null);
  useEffect(() => {
    if (wish.current === null) return;
    const { row, button } = wish.current;
    wish.current = null;
    const element = list.current?.children[Math.min(row, rowKeys.length - 1)];
    const same = element?.querySelector<HTMLElement>(`[data-button=${button}]:enabled`);
    (same ?? element?.querySelector<HTMLElement>('[data-chip][tabindex="0"], select'))?.focus();
  }, [rowKeys]);
  const keepFocus: KeepFocus = (row, button) => {
    wish.current = { row, button };
  };
  return { list, keepFocus };
}
