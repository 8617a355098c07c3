/**
 * One row of the recipe. A row of one method shows that method, its grid and its solver's options; any other shows its steps as chips,
 * and a chip's options below.
 */
import { useEffect, useRef } from 'react';
import { faceOf } from '../../method/catalogue';
import { asInPaper } from '../../recipe/papers/paper';
import { paperOf } from '../../recipe/papers/table';
import type { RecipeRow } from '../../recipe/row';
import { methodIn } from '../../recipe/rows';
import { STEP_FACES } from '../../step/faces';
import { useStore } from '../../store/react';
import { Swatch } from '../chart/swatch';
import { useStudio } from '../context';
import * as format from '../format';
import type { LineStyle } from '../../report/palette';
import { IconButton } from '../parts/button';
import { Tag } from '../parts/tag';
import { AddStep } from './add-step';
import { Chips } from './chips';
import { faultText } from './fault-words';
import { LayerRules } from './layer-rules';
import styles from './recipe.module.css';
import { RowMenu } from './row-menu';
import { stepWords } from './step-words';
import pipeline from './steps.module.css';
import { GridFields, FoldedFields } from './weights-fields';
import { recipeWords } from './recipe-screen-words';

/** Told where the focus should be after a button has changed the list: at the same button of this row. */
export type KeepFocus = (row: number, button: 'up' | 'down' | 'copy' | 'remove') => void;

interface RowEditorProps {
  index: number;
  row: RecipeRow;
  last: boolean;
  only: boolean;
  full: boolean;
  style: LineStyle;
  /** Null until the model's layers are known, and while a field is wrong. */
  bitsPerWeight: number | null;
  keepFocus: KeepFocus;
}

export function RowEditor(props: RowEditorProps) {
  const { index, row, style, bitsPerWeight } = props;
  const [only] = row.steps;
  const plain = row.steps.length === 1 && STEP_FACES[only.step].slot === 'weights';
  const number = index + 1;
  const { item, wish } = useFocusInSteps(row);
  const { label: fidelity } = faceOf(methodIn(row).method).fidelity;
  const paper = usePaper(row);
  const ownExport = row.steps.some(({ step, options }) => STEP_FACES[step].exports?.(options) === 'own');
  return (
    <li ref={item} className={styles.row} aria-label={recipeWords.row(number)}>
      <div className={plain ? styles.rowHead : `${styles.rowHead} ${pipeline.head}`}>
        <span className={styles.number}>{number}</span>
        <Swatch style={style} />
        {plain ? <GridFields index={index} at={0} step={only} /> : <Pipeline {...{ index, row, paper, wish }} />}
      </div>
      <div className={styles.rowFoot}>
        {plain && <FoldedFields index={index} at={0} step={only} />}
        {plain && <LayerRules index={index} at={0} step={only} />}
        {plain && fidelity !== 'faithful' && (
          <p className={styles.fidelity} title={recipeWords.fidelityHelp}>
            <Tag>{recipeWords.card.fidelity[fidelity]}</Tag>
          </p>
        )}
        {ownExport && (
          <p className={styles.fidelity} title={stepWords.ownExportHelp}>
            <Tag>{stepWords.ownExport}</Tag>
          </p>
        )}
        <p className={styles.bits} title={recipeWords.bitsHelp}>
          <span className={styles.bitsValue}>
            {bitsPerWeight === null ? format.NOTHING : format.bits(bitsPerWeight)}
          </span>{' '}
          {recipeWords.bitsUnit}
        </p>
        <div className={styles.rowActions}>
          {plain && <AddStep {...{ index, row }} inChips={false} onAdded={wish} />}
          {!plain && row.steps.length > 1 && <RowMenu {...{ index, row }} called={row.name ?? paper?.words ?? null} />}
          <RowButtons {...props} />
        </div>
      </div>
    </li>
  );
}

/** The row's name, its chips, and what is wrong with it as a whole. */
interface PipelineProps {
  index: number;
  row: RecipeRow;
  paper: PaperWords | null;
  wish: (at: number) => void;
}

function Pipeline({ index, row, paper, wish }: PipelineProps) {
  const { recipes } = useStudio();
  const fault = useStore(recipes, (state) => faultText(state.faults[`rows.${index}.method`]));
  return (
    <div className={pipeline.line}>
      <div className={pipeline.title}>
        {paper && (
          <span className={pipeline.paper} title={paper.why}>
            {paper.words}
          </span>
        )}
        <input
          className={pipeline.name}
          aria-label={stepWords.name(index + 1)}
          placeholder={stepWords.unnamed}
          value={row.name ?? ''}
          maxLength={80}
          onChange={({ target }) => recipes.getState().setName(index, target.value)}
        />
      </div>
      <Chips {...{ index, row }} onFocusWish={wish}>
        <AddStep {...{ index, row }} inChips onAdded={wish} />
      </Chips>
      {fault !== null && <p className={pipeline.why}>{fault}</p>}
    </div>
  );
}

interface PaperWords {
  readonly words: string;
  readonly why: string;
}

/** The paper that a row was set from: 'QuaRot', or 'after QuaRot' where it was changed since. */
function usePaper(row: RecipeRow): PaperWords | null {
  const facts = useStore(useStudio().recipes, (state) => state.facts);
  const paper = paperOf(row.paper);
  if (!paper) return null;
  const { title, fidelity } = paper;
  return { words: asInPaper(row, paper, facts) ? title : stepWords.after_(title), why: fidelity.why };
}

function RowButtons({ index, last, only, full, keepFocus }: RowEditorProps) {
  const { recipes, acts } = useStudio();
  const { moveRow, duplicateRow } = recipes.getState();
  const number = index + 1;
  return (
    <>
      <IconButton
        icon="up"
        data-button="up"
        label={recipeWords.up(number)}
        disabled={index === 0}
        onClick={() => {
          keepFocus(index - 1, 'up');
          moveRow(index, -1);
        }}
      />
      <IconButton
        icon="down"
        data-button="down"
        label={recipeWords.down(number)}
        disabled={last}
        onClick={() => {
          keepFocus(index + 1, 'down');
          moveRow(index, 1);
        }}
      />
      <IconButton
        icon="copy"
        data-button="copy"
        label={recipeWords.duplicate(number)}
        disabled={full}
        onClick={() => {
          keepFocus(index + 1, 'copy');
          duplicateRow(index);
        }}
      />
      <IconButton
        icon="trash"
        data-button="remove"
        label={recipeWords.removeRow(number)}
        disabled={only}
        onClick={() => {
          keepFocus(index, 'remove');
          acts.removeRow(index);
        }}
      />
    </>
  );
}

/** An edit of the steps may take away what has the focus: the chip that was wished for gets it, or the method of a row that has no chips. */
function useFocusInSteps(row: RecipeRow) {
  const item = useRef<HTMLLIElement>(null);
  const wished = useRef<number | null>(null);
  useEffect(() => {
    if (wished.current === null) return;
    const chip = item.current?.querySelector<HTMLElement>(`[data-chip="${wished.current}"]`);
    wished.current = null;
    (chip ?? item.current?.querySelector('select'))?.focus();
  }, [row]);
  const wish = (at: number) => {
    wished.current = at;
  };
  return { item, wish };
}
