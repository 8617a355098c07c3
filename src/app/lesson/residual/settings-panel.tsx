/** Bits, group, shares and seed: whatever changes the trace. */
import { SEEDS } from '../../../lesson/cut';
import { BITS, GROUPS, type ResidualValues } from '../../../lesson/residual/fields';
import type { Hideable } from '../../../lesson/lessons';
import { Button } from '../../parts/button';
import { NumberField } from '../../parts/field';
import { Choices, Toolbar } from '../../parts/toolbar';
import { residualWords } from './words';
import styles from './residual.module.css';

const words = residualWords.settings;

interface SettingsPanelProps {
  values: ResidualValues;
  hidden: readonly Hideable[];
  change: (patch: Partial<ResidualValues>) => void;
}

export function SettingsPanel({ values, hidden, change }: SettingsPanelProps) {
  const shows = (part: Hideable) => !hidden.includes(part);
  if (!shows('grid') && !shows('sliders') && !shows('seed')) return null;
  return (
    <div className={styles.settings} role="group" aria-label={words.title}>
      {shows('grid') && (
        <Toolbar label={words.title} className={styles.choices}>
          <span className={styles.name} aria-hidden="true">
            {words.bits}
          </span>
          <Choices
            label={words.bits}
            className={styles.group}
            choiceClassName={styles.choice}
            value={values.b}
            choices={BITS.map((value) => ({ value, text: value }))}
            onChange={(b) => change({ b })}
          />
          <span className={styles.name} aria-hidden="true">
            {words.group}
          </span>
          <Choices
            label={words.group}
            className={styles.group}
            choiceClassName={styles.choice}
            value={values.g}
            choices={GROUPS.map((value) => ({ value, text: words.groups[value] }))}
            onChange={(g) => change({ g })}
          />
        </Toolbar>
      )}
      {shows('sliders') && (
        <div className={styles.choices}>
          <Share name={words.alpha} value={values.a} onChange={(a) => change({ a })} />
          <Share name={words.alpha2} value={values.a2} onChange={(a2) => change({ a2 })} />
        </div>
      )}
      {shows('seed') && (
        <div className={styles.choices}>
          <NumberField
            label={words.seed}
            value={values.seed}
            min={1}
            max={SEEDS}
            whole
            onChange={(seed) => {
              if (seed !== null && Number.isInteger(seed) && seed >= 1 && seed <= SEEDS) change({ seed });
            }}
          />
          <Button onClick={() => change({ seed: (values.seed % SEEDS) + 1 })}>{words.nextSeed}</Button>
        </div>
      )}
    </div>
  );
}

function Share({ name, value, onChange }: { name: string; value: number; onChange: (value: number) => void }) {
  return (
    <label className={styles.share}>
      <span>
        {name} <output>{value.toFixed(2)}</output>
      </span>
      <input
        type="range"
        min={0}
        max={1}
        step={0.05}
        value={value}
        onChange={(event) => onChange(Math.round(100 * Number(event.target.value)) / 100)}
      />
    </label>
  );
}
