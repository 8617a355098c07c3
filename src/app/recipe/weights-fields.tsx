/** How a row quantizes weights: the method, its first options in the open, all others folded away with a note of what is not the default. */
import { useState } from 'react';
import { CATALOGUE, faceOf } from '../../method/catalogue';
import '../../step/faces';
import type { MethodFace, MethodId } from '../../method/face';
import { FAMILIES } from '../../method/families';
import type { RecipeStep } from '../../recipe/row';
import { useStore } from '../../store/react';
import type { Faults } from '../../store/validate';
import { useStudio } from '../context';
import { said } from '../language/faces';
import { SelectField } from '../parts/field';
import { faultText } from './fault-words';
import { MethodCard } from './method-card';
import { OptionField } from './option-field';
import styles from './recipe.module.css';
import { recipeWords } from './recipe-screen-words';

const METHODS = CATALOGUE.map((face) => ({ value: face.id, text: face.title }));

interface WeightsProps {
  /** Of the row, and of the step in it. */
  index: number;
  at: number;
  step: RecipeStep;
}

/** Method, card and grid: what a row of one method shows in its first line. */
export function GridFields({ index, at, step }: WeightsProps) {
  const { recipes } = useStudio();
  const faults = useStore(recipes, (state) => state.faults);
  const face = faceOf(step.step);
  const { openOptions } = FAMILIES[face.family];
  return (
    <>
      <div className={styles.method}>
        <SelectField
          label={recipeWords.method}
          value={step.step}
          choices={METHODS}
          error={faultText(faults[`rows.${index}.method`])}
          onChange={(method) => recipes.getState().setMethod(index, method as MethodId)}
        />
      </div>
      <div className={styles.aboutMethod}>
        <MethodCard face={face} />
      </div>
      <OptionFields
        {...{ index, at, step, face, faults }}
        names={openOptions.filter((name) => Object.hasOwn(face.parameters, name))}
      />
    </>
  );
}

export function FoldedFields({ index, at, step }: WeightsProps) {
  const faults = useStore(useStudio().recipes, (state) => state.faults);
  const [wanted, setWanted] = useState(false);
  const face = faceOf(step.step);
  const { openOptions } = FAMILIES[face.family];
  const names = Object.keys(face.parameters).filter((name) => !openOptions.includes(name));
  if (names.length === 0) return null;
  const changed = names.filter((name) => !Object.is(step.options[name], face.parameters[name].default));
  // A fault inside must be seen.
  const open = wanted || names.some((name) => faults[`rows.${index}.steps.${at}.${name}`]);
  return (
    <details className={styles.solver} open={open} onToggle={(event) => setWanted(event.currentTarget.open)}>
      <summary>
        <span>{recipeWords.moreOptions}</span>
        <span className={styles.solverNote}>
          {changed.length === 0
            ? recipeWords.asPublished
            : changed.map((name) => `${said(face.parameters[name].label)} ${String(step.options[name])}`).join(' · ')}
        </span>
      </summary>
      <OptionFields {...{ index, at, step, face, faults, names }} />
    </details>
  );
}

interface OptionsProps extends WeightsProps {
  face: Pick<MethodFace, 'parameters'>;
  faults: Faults;
  names: readonly string[];
}

export function OptionFields({ index, at, step, face, faults, names }: OptionsProps) {
  const { setStepOption } = useStudio().recipes.getState();
  return (
    <div className={styles.options}>
      {names.map((name) => (
        <OptionField
          key={name}
          parameter={face.parameters[name]}
          value={step.options[name]}
          error={faultText(faults[`rows.${index}.steps.${at}.${name}`])}
          onChange={(value) => setStepOption(index, at, name, value)}
        />
      ))}
    </div>
  );
}
