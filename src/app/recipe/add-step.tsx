/**
 * The menu that adds a step to a row, slot by slot, each with what it does. What the network or the row refuses stays there, grey, with why
 * in the place of that.
 */
import { DropdownMenu } from 'radix-ui';
import { Fragment, useId, useRef } from 'react';
import { ROW_STEPS, type RecipeRow } from '../../recipe/row';
import { MANY, SLOTS, type StepFace } from '../../step/face';
import { STEP_FACES } from '../../step/faces';
import type { NetworkFacts } from '../../step/network-facts';
import { firstOptions, isRefusal } from '../../store/edit-steps';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import { said } from '../language/faces';
import { IconButton } from '../parts/button';
import { stepWords as say } from './step-words';
import styles from './steps.module.css';

interface AddStepProps {
  index: number;
  row: RecipeRow;
  /** Among the chips it is one of their stops; null: a stop of its own. */
  inChips: boolean;
  onAdded: (at: number) => void;
}

export function AddStep({ index, row, inChips, onAdded }: AddStepProps) {
  const { recipes } = useStudio();
  const facts = useStore(recipes, (state) => state.facts);
  const limitation = useStore(recipes, (state) => state.model?.limitation ?? null);
  const added = useRef(false);
  const id = useId();
  return (
    <DropdownMenu.Root modal={false} onOpenChange={() => (added.current = false)}>
      <DropdownMenu.Trigger asChild>
        <IconButton
          icon="plus"
          label={say.add(index + 1)}
          {...(inChips ? { 'data-stop': '', tabIndex: -1 } : { 'data-button': 'add' })}
        />
      </DropdownMenu.Trigger>
      <DropdownMenu.Content
        className={styles.menu}
        // It scrolls where the window is low: then by keys too.
        tabIndex={0}
        align="start"
        sideOffset={4}
        collisionPadding={8}
        aria-label={say.addMenu}
        // The new step has the focus.
        onCloseAutoFocus={(event) => added.current && event.preventDefault()}
      >
        {SLOTS.map((slot) => {
          const faces = Object.values(STEP_FACES).filter((face) => face.slot === slot);
          if (faces.length === 0) return null;
          const there = MANY.has(slot)
            ? null
            : (row.steps.map(({ step }) => STEP_FACES[step]).find((face) => face.slot === slot) ?? null);
          return (
            <Fragment key={slot}>
              <DropdownMenu.Label className={styles.slot}>
                {there ? say.replaces(say.slots[slot], there.title) : say.slots[slot]}
              </DropdownMenu.Label>
              {faces.map((face) => {
                const why = refusalOf(face, row, there, { facts, limitation });
                return (
                  <DropdownMenu.Item
                    key={face.id}
                    className={styles.item}
                    aria-disabled={why !== null || undefined}
                    aria-labelledby={`${id}-${face.id}`}
                    aria-describedby={`${id}-${face.id}-why`}
                    textValue={face.title}
                    onSelect={(event) => {
                      if (why !== null) {
                        event.preventDefault();
                        return;
                      }
                      added.current = true;
                      onAdded(recipes.getState().addStep(index, face.id));
                    }}
                  >
                    <span id={`${id}-${face.id}`}>{face.title}</span>
                    <span
                      id={`${id}-${face.id}-why`}
                      className={why === null ? `${styles.fine} ${styles.idea}` : styles.fine}
                    >
                      {why ?? said(face.idea)}
                    </span>
                  </DropdownMenu.Item>
                );
              })}
            </Fragment>
          );
        })}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

/** Why a row cannot have a step more, in a sentence; `there`: what it would take the place of. */
function refusalOf(
  face: StepFace,
  { steps }: RecipeRow,
  there: StepFace | null,
  { facts, limitation }: { facts: NetworkFacts | null; limitation: string | null },
): string | null {
  if (limitation !== null && face.slot !== 'weights') return limitation;
  if (there?.id === face.id) return say.thereAlready;
  if (!there && steps.length >= ROW_STEPS.max) return say.full(ROW_STEPS.max);
  const options = firstOptions(face, facts);
  return isRefusal(options) ? options.why : null;
}
