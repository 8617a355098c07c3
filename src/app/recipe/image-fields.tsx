/** The data of networks on images: files of images for a classifier; for a diffusion network how it samples, since it needs no data. */
import { RECIPE_LIMITS, SAMPLING_DEFAULTS, type Calibration, type Sampling } from '../../recipe/recipe';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import { NumberField, SelectField } from '../parts/field';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import { AddData } from './add-data';
import { CalibrationNumbers, HeldOutNumber, numberOf } from './data-numbers';
import { faultText } from './fault-words';
import styles from './recipe.module.css';
import { recipeWords } from './recipe-screen-words';

const say = words.images.recipe;
const SOURCES = ['file', 'random'] as const satisfies readonly Calibration['source'][];
const SAMPLERS = ['ddim', 'ddpm'] as const satisfies readonly Sampling['sampler'][];
const NO_FILE = '';

export function ImageFields() {
  const { recipe, faults, model, setCalibration, setHeldOut } = useStore(useStudio().recipes);
  const { calibration, heldOut } = recipe;
  const files = model?.images ?? [];
  const choices = (chosen: string | null, textOf = (file: string) => file) => {
    const known = chosen === null ? [NO_FILE, ...files] : files.includes(chosen) ? files : [chosen, ...files];
    return known.map((file) => ({ value: file, text: file === NO_FILE ? say.noFile : textOf(file) }));
  };
  const chosen = (file: string) => (file === NO_FILE ? null : file);

  return (
    <div className={styles.data}>
      <section className={`${panel.panel} ${styles.dataBody}`} aria-labelledby="calibration-title">
        <h2 id="calibration-title">{recipeWords.calibration}</h2>
        <div className={styles.dataFields}>
          <SelectField
            label={recipeWords.source}
            value={calibration.source}
            choices={SOURCES.map((source) => ({ value: source, text: say.sources[source] }))}
            onChange={(source) =>
              setCalibration({
                source: source as Calibration['source'],
                file: source === 'file' ? (calibration.file ?? files[0] ?? null) : null,
              })
            }
          />
          {calibration.source === 'file' && (
            <SelectField
              label={say.file}
              value={calibration.file ?? NO_FILE}
              choices={choices(calibration.file)}
              error={faultText(faults['calibration.file'])}
              onChange={(file) => setCalibration({ file: chosen(file) })}
            />
          )}
          <CalibrationNumbers windows={words.images.windows.classification.windows} />
        </div>
        <AddData
          label={say.add}
          help={say.addHelp}
          accept=".npz"
          onAdded={(file) => setCalibration({ source: 'file', file })}
        />
      </section>
      <section className={`${panel.panel} ${styles.dataBody}`} aria-labelledby="held-out-title">
        <h2 id="held-out-title">{recipeWords.heldOut}</h2>
        <div className={styles.dataFields}>
          <div className={styles.wide}>
            <SelectField
              label={say.file}
              value={heldOut.file ?? NO_FILE}
              choices={choices(heldOut.file, (file) => (file === calibration.file ? say.following(file) : file))}
              error={faultText(faults['heldOut.file'])}
              onChange={(file) => setHeldOut({ file: chosen(file) })}
            />
          </div>
          <HeldOutNumber windows={words.images.windows.classification.windows} />
        </div>
        <p className={panel.muted}>{say.heldOutHelp}</p>
      </section>
    </div>
  );
}

export function DiffusionFields() {
  return (
    <div className={styles.data}>
      <section className={`${panel.panel} ${styles.dataBody}`} aria-labelledby="calibration-title">
        <h2 id="calibration-title">{recipeWords.calibration}</h2>
        <p>
          <strong>{say.trajectories}.</strong> {say.trajectoriesHelp}
        </p>
        <div className={styles.dataFields}>
          <CalibrationNumbers windows={words.images.windows.diffusion.windows} />
        </div>
      </section>
      <section className={`${panel.panel} ${styles.dataBody}`} aria-labelledby="held-out-title">
        <h2 id="held-out-title">{recipeWords.heldOut}</h2>
        <div className={styles.dataFields}>
          <HeldOutNumber windows={words.images.windows.diffusion.windows} />
        </div>
        <p className={panel.muted}>{say.trajectoriesHeldOut}</p>
      </section>
      <SamplingFields />
    </div>
  );
}

function SamplingFields() {
  const { recipe, faults, setSampling } = useStore(useStudio().recipes);
  const sampling = recipe.sampling ?? SAMPLING_DEFAULTS;
  return (
    <section className={`${panel.panel} ${styles.dataBody}`} aria-labelledby="sampling-title">
      <h2 id="sampling-title">{say.sampling}</h2>
      <div className={styles.dataFields}>
        <NumberField
          label={say.steps}
          help={say.stepsHelp}
          value={sampling.steps}
          {...RECIPE_LIMITS.samplingSteps}
          whole
          error={faultText(faults['sampling.steps'])}
          onChange={(steps) => setSampling({ steps: numberOf(steps) })}
        />
        <NumberField
          label={say.guidance}
          help={say.guidanceHelp}
          value={sampling.guidance}
          {...RECIPE_LIMITS.guidance}
          whole={false}
          error={faultText(faults['sampling.guidance'])}
          onChange={(guidance) => setSampling({ guidance: numberOf(guidance) })}
        />
        <SelectField
          label={say.sampler}
          value={sampling.sampler}
          choices={SAMPLERS.map((sampler) => ({ value: sampler, text: say.samplers[sampler] }))}
          onChange={(sampler) => setSampling({ sampler: sampler as Sampling['sampler'] })}
        />
        <NumberField
          label={say.images}
          help={say.imagesHelp}
          value={sampling.images}
          {...RECIPE_LIMITS.sampledImages}
          whole
          error={faultText(faults['sampling.images'])}
          onChange={(images) => setSampling({ images: numberOf(images) })}
        />
      </div>
      <p className={panel.muted}>{say.samplingHelp}</p>
    </section>
  );
}
