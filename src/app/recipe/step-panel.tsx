/** What a chip opens below the line: the step's options, its card, and buttons for what keys do as well. */
import { ROW_STEPS, type RecipeRow } from '../../recipe/row';
import { STEP_FACES } from '../../step/faces';
import { canMove } from '../../store/edit-steps';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import { said } from '../language/faces';
import { Button, IconButton } from '../parts/button';
import panel from '../parts/panel.module.css';
import { FaceCard } from './face-card';
import { LayerRules } from './layer-rules';
import { stepWords as say } from './step-words';
import styles from './steps.module.css';
import { GridFields, OptionFields, FoldedFields } from './weights-fields';
import { recipeWords } from './recipe-screen-words';

interface StepPanelProps {
  id: string;
  index: number;
  at: number;
  row: RecipeRow;
  onMove: (at: number, by: -1 | 1) => void;
  onRemove: (at: number) => void;
}

export function StepPanel({ id, index, at, row, onMove, onRemove }: StepPanelProps) {
  const faults = useStore(useStudio().recipes, (state) => state.faults);
  const step = row.steps[at];
  const face = STEP_FACES[step.step];
  const weights = face.slot === 'weights';
  const names = Object.keys(face.parameters);
  return (
    <section id={id} className={styles.panel} aria-label={say.options(face.title)}>
      <div className={styles.panelHead}>
        <h3>{face.title}</h3>
        {!weights && <FaceCard face={face} needs={say.needs[face.scope(step.options)]} stores={null} />}
        {face.fidelity.label !== 'faithful' && (
          <span className={panel.muted} title={said(face.fidelity.why)}>
            {recipeWords.card.fidelity[face.fidelity.label]}
          </span>
        )}
        <span className={styles.panelButtons}>
          {canMove(row, at, -1) && <IconButton icon="left" label={say.before} onClick={() => onMove(at, -1)} />}
          {canMove(row, at, 1) && <IconButton icon="right" label={say.after} onClick={() => onMove(at, 1)} />}
          <Button
            small
            look="quiet"
            icon="trash"
            aria-label={say.removeStep(face.title)}
            disabled={row.steps.length <= ROW_STEPS.min}
            onClick={() => onRemove(at)}
          >
            {say.remove}
          </Button>
        </span>
      </div>
      <p className={panel.muted}>{said(face.idea)}</p>
      {weights ? (
        <>
          <div className={styles.grid}>
            <GridFields {...{ index, at, step }} />
          </div>
          <FoldedFields {...{ index, at, step }} />
          <LayerRules {...{ index, at, step }} />
        </>
      ) : names.length === 0 ? (
        <p className={panel.muted}>{say.noOptions}</p>
      ) : (
        <OptionFields {...{ index, at, step, face, faults, names }} />
      )}
    </section>
  );
}
