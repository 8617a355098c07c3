/** The button that adds a file to the open model, to calibrate with. */
import { useRef } from 'react';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import { Button } from '../parts/button';
import panel from '../parts/panel.module.css';
import styles from './recipe.module.css';

interface AddDataProps {
  label: string;
  help: string;
  /** Endings, as an input takes them. */
  accept: string;
  /** Told the file's name beside the model. */
  onAdded: (name: string) => void;
}

export function AddData({ label, help, accept, onAdded }: AddDataProps) {
  const { models, recipes } = useStudio();
  const model = useStore(recipes, (state) => state.model);
  const input = useRef<HTMLInputElement>(null);
  if (!model) return null;
  const add = async (file: File | undefined) => {
    if (!file) return;
    const name = await models.getState().addData(model.key, file);
    if (name !== null) onAdded(name);
  };
  return (
    <div className={styles.belowRows}>
      <Button small icon="plus" onClick={() => input.current?.click()}>
        {label}
      </Button>
      <p className={panel.muted}>{help}</p>
      <input
        ref={input}
        type="file"
        accept={accept}
        hidden
        aria-label={label}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          void add(file);
        }}
      />
    </div>
  );
}
