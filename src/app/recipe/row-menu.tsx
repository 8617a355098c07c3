/** A row's menu: rows beside it that show what each of its steps does. */
import { DropdownMenu } from 'radix-ui';
import { ladder, withoutEach } from '../../recipe/ablation';
import { RECIPE_LIMITS } from '../../recipe/recipe';
import type { RecipeRow } from '../../recipe/row';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import { IconButton } from '../parts/button';
import { ablationWords as say } from './step-words';
import styles from './steps.module.css';

interface RowMenuProps {
  index: number;
  row: RecipeRow;
  /** What the row is called, where that is more than its steps. */
  called: string | null;
}

export function RowMenu({ index, row, called }: RowMenuProps) {
  const { recipes, acts } = useStudio();
  const room = useStore(recipes, (state) => RECIPE_LIMITS.rows.max - state.recipe.rows.length);
  const choices = [
    { key: 'without', rows: withoutEach(row, called), text: say.without },
    { key: 'ladder', rows: ladder(row, called), text: say.ladder },
  ];
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <IconButton icon="more" label={say.menu(index + 1)} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Content className={styles.menu} tabIndex={0} align="end" sideOffset={4} collisionPadding={8}>
        {choices.map(({ key, rows, text }) => (
          <DropdownMenu.Item
            key={key}
            className={styles.item}
            aria-disabled={rows.length > room || undefined}
            onSelect={(event) => {
              if (rows.length > room) event.preventDefault();
              else acts.addRows(rows, index);
            }}
          >
            <span>{text(rows.length)}</span>
            {rows.length > room && <span className={styles.fine}>{say.noRoom(room)}</span>}
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}
