/** How many windows or images are taken, how long they are, and the seed: alike for all networks but for the names. */
import { RECIPE_LIMITS, type Calibration } from '../../recipe/recipe';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import { NumberField } from '../parts/field';
import { faultText } from './fault-words';
import { recipeWords } from './recipe-screen-words';

/** An empty field is no number, and said to be a fault. */
export const numberOf = (value: number | null) => value ?? NaN;

type CalibrationNumber = 'windows' | 'length' | 'seed';

interface CalibrationNumbersProps {
  /** What a window is called. */
  windows: string;
  /** Images have their own length. */
  withLength?: boolean;
}

export function CalibrationNumbers({ windows, withLength = false }: CalibrationNumbersProps) {
  const { recipe, faults, setCalibration } = useStore(useStudio().recipes);
  const fields: readonly (readonly [CalibrationNumber, string])[] = [
    ['windows', windows],
    ...(withLength ? [['length', recipeWords.length] as const] : []),
    ['seed', recipeWords.seed],
  ];
  return fields.map(([name, label]) => (
    <NumberField
      key={name}
      label={label}
      value={recipe.calibration[name]}
      {...RECIPE_LIMITS[name]}
      whole
      error={faultText(faults[`calibration.${name}`])}
      onChange={(value) => setCalibration({ [name]: numberOf(value) } satisfies Partial<Calibration>)}
    />
  ));
}

export function HeldOutNumber({ windows }: { windows: string }) {
  const { recipe, faults, setHeldOut } = useStore(useStudio().recipes);
  return (
    <NumberField
      label={windows}
      value={recipe.heldOut.windows}
      {...RECIPE_LIMITS.heldOutWindows}
      whole
      error={faultText(faults['heldOut.windows'])}
      onChange={(value) => setHeldOut({ windows: numberOf(value) })}
    />
  );
}
