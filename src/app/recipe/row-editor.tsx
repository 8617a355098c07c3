/** One row of the recipe: the method, its grid in the open, its solver options folded away with a note of what is not the default. */
import { useState } from 'react';
import { CATALOGUE, faceOf } from '../../method/catalogue';
import { type MethodFace, type MethodId } from '../../method/face';
import { FAMILIES } from '../../method/families';
import type { QuantizesWeights } from '../../recipe/rows';
import { useStore } from '../../store/react';
import type { Faults } from '../../store/validate';
import { Swatch } from '../chart/swatch';
import { useStudio } from '../context';
import * as format from '../format';
import type { LineStyle } from '../palette';
import { IconButton } from '../parts/button';
import { SelectField } from '../parts/field';
import { Tag } from '../parts/tag';
import { words } from '../words';
import { faultText } from './fault-words';
import { MethodCard } from './method-card';
import { OptionField } from './option-field';
import styles from './recipe.module.css';

/** Told where the focus should be after a button has changed the list: at the same button of this row. */
export type KeepFocus = (row: number, button: 'up' | 'down' | 'copy' | 'remove') => void;

interface RowEditorProps {
  index: number;
  row: QuantizesWeights;
  last: boolean;
  only: boolean;
  full: boolean;
  style: LineStyle;
  /** Null until the model's layers are known, and while a field is wrong. */
  bitsPerWeight: number | null;
  keepFocus: KeepFocus;
}

const METHODS = CATALOGUE.map((face) => ({ value: face.id, text: face.title }));

export function RowEditor({ index, row, last, only, full, style, bitsPerWeight, keepFocus }: RowEditorProps) {
  const { recipes, acts } = useStudio();
  const faults = useStore(recipes, (state) => state.faults);
  const { setMethod, moveRow, duplicateRow } = recipes.getState();
  const face = faceOf(row.method);
  const number = index + 1;
  const { formatOptions } = FAMILIES[face.family];
  const { label: fidelity } = face.fidelity;
  return (
    <li className={styles.row} aria-label={words.recipe.row(number)}>
      <div className={styles.rowHead}>
        <span className={styles.number}>{number}</span>
        <Swatch style={style} />
        <div className={styles.method}>
          <SelectField
            label={words.recipe.method}
            value={row.method}
            choices={METHODS}
            error={faultText(faults[`rows.${index}.method`])}
            onChange={(method) => setMethod(index, method as MethodId)}
          />
        </div>
        <div className={styles.aboutMethod}>
          <MethodCard face={face} />
        </div>
        <Options
          index={index}
          row={row}
          face={face}
          faults={faults}
          names={formatOptions.filter((name) => Object.hasOwn(face.parameters, name))}
        />
      </div>
      <div className={styles.rowFoot}>
        <SolverOptions
          index={index}
          row={row}
          face={face}
          faults={faults}
          names={Object.keys(face.parameters).filter((name) => !formatOptions.includes(name))}
        />
        {fidelity !== 'faithful' && (
          <p className={styles.fidelity} title={words.recipe.fidelityHelp}>
            <Tag>{words.recipe.card.fidelity[fidelity]}</Tag>
          </p>
        )}
        <p className={styles.bits} title={words.recipe.bitsHelp}>
          <span className={styles.bitsValue}>
            {bitsPerWeight === null ? format.NOTHING : format.bits(bitsPerWeight)}
          </span>{' '}
          {words.recipe.bitsUnit}
        </p>
        <div className={styles.rowActions}>
          <IconButton
            icon="up"
            data-button="up"
            label={words.recipe.up(number)}
            disabled={index === 0}
            onClick={() => {
              keepFocus(index - 1, 'up');
              moveRow(index, -1);
            }}
          />
          <IconButton
            icon="down"
            data-button="down"
            label={words.recipe.down(number)}
            disabled={last}
            onClick={() => {
              keepFocus(index + 1, 'down');
              moveRow(index, 1);
            }}
          />
          <IconButton
            icon="copy"
            data-button="copy"
            label={words.recipe.duplicate(number)}
            disabled={full}
            onClick={() => {
              keepFocus(index + 1, 'copy');
              duplicateRow(index);
            }}
          />
          <IconButton
            icon="trash"
            data-button="remove"
            label={words.recipe.removeRow(number)}
            disabled={only}
            onClick={() => {
              keepFocus(index, 'remove');
              acts.removeRow(index);
            }}
          />
        </div>
      </div>
    </li>
  );
}

interface OptionsProps {
  index: number;
  row: QuantizesWeights;
  face: MethodFace;
  faults: Faults;
  names: readonly string[];
}

function Options({ index, row, face, faults, names }: OptionsProps) {
  const { setOption } = useStudio().recipes.getState();
  return (
    <div className={styles.options}>
      {names.map((name) => (
        <OptionField
          key={name}
          parameter={face.parameters[name]}
          value={row.options[name]}
          error={faultText(faults[`rows.${index}.${name}`])}
          onChange={(value) => setOption(index, name, value)}
        />
      ))}
    </div>
  );
}

function SolverOptions(props: OptionsProps) {
  const { index, row, face, faults, names } = props;
  const [wanted, setWanted] = useState(false);
  if (names.length === 0) return null;
  const changed = names.filter((name) => !Object.is(row.options[name], face.parameters[name].default));
  // A fault inside must be seen.
  const open = wanted || names.some((name) => faults[`rows.${index}.${name}`]);
  return (
    <details className={styles.solver} open={open} onToggle={(event) => setWanted(event.currentTarget.open)}>
      <summary>
        <span>{words.recipe.solver}</span>
        <span className={styles.solverNote}>
          {changed.length === 0
            ? words.recipe.asPublished
            : changed.map((name) => `${face.parameters[name].label} ${String(row.options[name])}`).join(' · ')}
        </span>
      </summary>
      <Options {...props} />
    </details>
  );
}
