/** The data that the methods see (calibration) and the data they are judged on (held-out). */
import { RECIPE_LIMITS, type Calibration } from '../../recipe/recipe';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import { NumberField, SelectField, TextField } from '../parts/field';
import panel from '../parts/panel.module.css';
import { AddData } from './add-data';
import { CalibrationNumbers, HeldOutNumber, numberOf } from './data-numbers';
import { faultText } from './fault-words';
import { DiffusionFields, ImageFields } from './image-fields';
import styles from './recipe.module.css';
import { recipeWords } from './recipe-screen-words';

const SOURCES: readonly Calibration['source'][] = ['file', 'random', 'generated'];
const NO_TEXT = '';

export function DataFields() {
  const task = useStore(useStudio().recipes, (state) => state.model?.task);
  switch (task) {
    case 'classification':
      return <ImageFields />;
    case 'diffusion':
      return <DiffusionFields />;
    default:
      return <TextFields />;
  }
}

function TextFields() {
  const { recipes } = useStudio();
  const { recipe, faults, model, setCalibration, setHeldOut } = useStore(recipes);
  const { calibration, heldOut } = recipe;
  const texts = model?.texts ?? [];
  const choices = (chosen: string | null) =>
    (chosen !== null && !texts.includes(chosen) ? [chosen, ...texts] : texts).map((text) => ({ value: text, text }));

  return (
    <div className={styles.data}>
      <section className={`${panel.panel} ${styles.dataBody}`} aria-labelledby="calibration-title">
        <h2 id="calibration-title">{recipeWords.calibration}</h2>
        <div className={styles.dataFields}>
          <SelectField
            label={recipeWords.source}
            value={calibration.source}
            choices={SOURCES.map((source) => ({ value: source, text: recipeWords.sources[source] }))}
            onChange={(source) =>
              setCalibration({
                source: source as Calibration['source'],
                file: source === 'file' ? (calibration.file ?? texts[0] ?? null) : null,
              })
            }
          />
          {calibration.source === 'file' && (
            <SelectField
              label={recipeWords.text}
              value={calibration.file ?? NO_TEXT}
              choices={
                calibration.file === null
                  ? [{ value: NO_TEXT, text: recipeWords.noText }, ...choices(null)]
                  : choices(calibration.file)
              }
              error={faultText(faults['calibration.file'])}
              onChange={(file) => setCalibration({ file: file === NO_TEXT ? null : file })}
            />
          )}
          <CalibrationNumbers windows={recipeWords.windows} withLength />
        </div>
        <AddData
          label={recipeWords.addText}
          help={recipeWords.addTextHelp}
          accept=".txt,.md,.jsonl,.json"
          onAdded={(file) => setCalibration({ source: 'file', file })}
        />
      </section>
      <section className={`${panel.panel} ${styles.dataBody}`} aria-labelledby="held-out-title">
        <h2 id="held-out-title">{recipeWords.heldOut}</h2>
        <div className={styles.dataFields}>
          <div className={styles.wide}>
            <SelectField
              label={recipeWords.text}
              value={heldOut.file ?? NO_TEXT}
              choices={[{ value: NO_TEXT, text: recipeWords.following }, ...choices(heldOut.file)]}
              error={faultText(faults['heldOut.file'])}
              onChange={(file) => setHeldOut({ file: file === NO_TEXT ? null : file })}
            />
          </div>
          <HeldOutNumber windows={recipeWords.windows} />
        </div>
        <p className={panel.muted}>{recipeWords.heldOutHelp}</p>
        <PromptFields />
      </section>
    </div>
  );
}

/** Tokens to write, where nobody says. */
const FIRST_TOKENS = 32;

/** What every row continues at the end; without a prompt nothing. */
function PromptFields() {
  const { recipe, faults, setContinuation } = useStore(useStudio().recipes);
  const { prompt, tokens } = recipe.continuation ?? { prompt: '', tokens: FIRST_TOKENS };
  return (
    <>
      <div className={styles.dataFields}>
        <div className={styles.wide}>
          <TextField
            label={recipeWords.prompt}
            value={prompt}
            onChange={(text) =>
              setContinuation(text === '' ? null : { prompt: text.slice(0, RECIPE_LIMITS.promptLetters.max), tokens })
            }
          />
        </div>
        {recipe.continuation && (
          <NumberField
            label={recipeWords.promptTokens}
            value={tokens}
            {...RECIPE_LIMITS.continuedTokens}
            whole
            error={faultText(faults['continuation.tokens'])}
            onChange={(value) => setContinuation({ prompt, tokens: numberOf(value) })}
          />
        )}
      </div>
      <p className={panel.muted}>{recipeWords.promptHelp}</p>
    </>
  );
}
