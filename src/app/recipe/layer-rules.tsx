/**
 * Rules by which some layers get other options than their step, or stay as they are: folded away with a note of how far they reach, and
 * edited in place. What a rule matches is counted with the open model's layers.
 */
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import type { Options, Parameters } from '../../method/parameters';
import { likelyPatterns, reachOf, RULES, type LayerRule, type Reach } from '../../recipe/layer-rules';
import type { RecipeStep } from '../../recipe/row';
import { STEP_FACES } from '../../step/faces';
import { useStore } from '../../store/react';
import type { Faults } from '../../store/validate';
import { useStudio } from '../context';
import * as format from '../format';
import { said } from '../language/faces';
import { Button, IconButton } from '../parts/button';
import { SelectField, TextField } from '../parts/field';
import panel from '../parts/panel.module.css';
import { faultText } from './fault-words';
import styles from './layer-rules.module.css';
import { OptionField } from './option-field';
import fields from './recipe.module.css';
import { ruleWords as say } from './rule-words';

/** Fields of more would make the page slow; an allocation may come with a rule a layer. */
const MOST_SHOWN = 100;

interface LayerRulesProps {
  /** Of the row, and of the step in it. */
  index: number;
  at: number;
  step: RecipeStep;
}

const NO_RULES: readonly LayerRule[] = [];

export function LayerRules({ index, at, step }: LayerRulesProps) {
  const { recipes } = useStudio();
  const faults = useStore(recipes, (state) => state.faults);
  const names = useStore(recipes, (state) => state.layers);
  const [wanted, setWanted] = useState(false);
  const rules = step.layers ?? NO_RULES;
  const reach = useMemo(() => (names ? reachOf(rules, names) : null), [rules, names]);
  const path = `rows.${index}.steps.${at}.layers`;
  // A fault inside must be seen.
  const open = wanted || Object.keys(faults).some((key) => key.startsWith(`${path}.`));
  const reached = names && reach && format.integer(reach.reduce((sum, { own }) => sum + own, 0));
  const layers = reached && names && say.layersOf(reached, format.integer(names.length));
  return (
    <details className={fields.solver} open={open} onToggle={(event) => setWanted(event.currentTarget.open)}>
      <summary>
        <span>{say.title}</span>
        <span className={fields.solverNote}>{rules.length === 0 ? say.none : say.note(rules.length, layers)}</span>
      </summary>
      {open && <Rules {...{ index, at, step, rules, reach, faults, names, path }} />}
    </details>
  );
}

interface RulesProps extends LayerRulesProps {
  rules: readonly LayerRule[];
  reach: readonly Reach[] | null;
  faults: Faults;
  names: readonly string[] | null;
  path: string;
}

function Rules({ index, at, step, rules, reach, faults, names, path }: RulesProps) {
  const { recipes } = useStudio();
  const { parameters } = STEP_FACES[step.step];
  const [said, setSaid] = useState('');
  const { list, wish } = useFocusInRules(rules);
  const likely = useMemo(() => likelyPatterns(names ?? []), [names]);
  const id = useId();
  const set = (to: readonly LayerRule[], what: string | null = null) =>
    recipes.getState().setRules(index, at, to, what);
  const move = (from: number, by: -1 | 1) => {
    const to = from + by;
    wish(to, by < 0 ? 'up' : 'down');
    setSaid(say.moved(to + 1, rules.length));
    set(rules.toSpliced(from, 1).toSpliced(to, 0, rules[from]));
  };
  return (
    <div className={styles.rules}>
      <p className={panel.muted}>{say.hint}</p>
      <datalist id={id}>
        {likely.slice(0, MOST_SHOWN).map((pattern) => (
          <option key={pattern} value={pattern} />
        ))}
      </datalist>
      <ol ref={list} className={styles.list}>
        {rules.slice(0, MOST_SHOWN).map((rule, i) => (
          <li key={i} className={styles.rule} aria-label={say.rule(i + 1)}>
            <span className={styles.number}>{i + 1}</span>
            <RuleFields
              {...{ rule, step, parameters, faults, patterns: id, reach: reach?.[i] ?? null }}
              path={`${path}.${i}`}
              onChange={(to, what) => set(rules.with(i, to), what && `${i} ${what}`)}
            />
            <div className={styles.buttons}>
              <IconButton
                icon="up"
                data-button="up"
                label={say.up(i + 1)}
                disabled={i === 0}
                onClick={() => move(i, -1)}
              />
              <IconButton
                icon="down"
                data-button="down"
                label={say.down(i + 1)}
                disabled={i === rules.length - 1}
                onClick={() => move(i, 1)}
              />
              <IconButton
                icon="trash"
                data-button="remove"
                label={say.remove(i + 1)}
                onClick={() => {
                  wish(i, 'remove');
                  setSaid(say.removed(i + 1));
                  set(rules.toSpliced(i, 1));
                }}
              />
            </div>
          </li>
        ))}
      </ol>
      {rules.length > MOST_SHOWN && (
        <p className={panel.muted}>{say.more(format.integer(rules.length - MOST_SHOWN))}</p>
      )}
      <div>
        <Button
          small
          icon="plus"
          data-button="add-rule"
          disabled={rules.length >= Math.min(RULES.max, MOST_SHOWN)}
          onClick={() => {
            wish(rules.length, null);
            setSaid(say.added(rules.length + 1));
            set([...rules, newRule(rules, likely, step.options, parameters)]);
          }}
        >
          {say.add}
        </Button>
      </div>
      <p className="visually-hidden" role="status">
        {said}
      </p>
    </div>
  );
}

/** The first likely pattern that no rule has yet, and the step's first option to be changed. */
function newRule(
  rules: readonly LayerRule[],
  likely: readonly string[],
  options: Options,
  parameters: Parameters,
): LayerRule {
  const match = likely.find((pattern) => rules.every((rule) => rule.match !== pattern)) ?? '';
  const name = 'bits' in parameters ? 'bits' : Object.keys(parameters).at(0);
  return name === undefined ? { match, keep: true } : { match, options: { [name]: options[name] } };
}

interface RuleFieldsProps {
  rule: LayerRule;
  step: RecipeStep;
  parameters: Parameters;
  faults: Faults;
  reach: Reach | null;
  /** The id of a list of likely ones. */
  patterns: string;
  path: string;
  /** `what`: the field, where its changes are one step back. */
  onChange: (rule: LayerRule, what: string | null) => void;
}

function RuleFields({ rule, step, parameters, faults, reach, patterns, path, onChange }: RuleFieldsProps) {
  const { match, options } = rule;
  const names = Object.keys(parameters);
  const given = names.filter((name) => options && Object.hasOwn(options, name));
  const others = names.filter((name) => !given.includes(name));
  const setOptions = (to: Options, what: string | null) => onChange({ match, options: to }, what);
  const fault = faultText(faults[`${path}.match`]);
  return (
    <div className={styles.fields}>
      <div className={styles.match}>
        <TextField
          label={say.match}
          help={say.matchHelp}
          value={match}
          list={patterns}
          error={fault}
          onChange={(to) => onChange({ ...rule, match: to }, 'match')}
        />
        {fault === null && <ReachLine reach={reach} />}
      </div>
      <SelectField
        label={say.does}
        value={options ? 'other' : 'keep'}
        choices={[
          { value: 'other', text: say.other },
          { value: 'keep', text: say.keep },
        ]}
        onChange={(to) => onChange(to === 'keep' ? { match, keep: true } : { match, options: {} }, null)}
      />
      {options &&
        given.map((name) => (
          <div key={name} className={styles.option}>
            <OptionField
              parameter={parameters[name]}
              value={options[name]}
              error={faultText(faults[`${path}.${name}`])}
              onChange={(value) => setOptions({ ...options, [name]: value }, name)}
            />
            <IconButton
              icon="close"
              label={say.removeOption(said(parameters[name].label))}
              onClick={() => {
                const { [name]: _, ...rest } = options;
                setOptions(rest, null);
              }}
            />
          </div>
        ))}
      {options && others.length > 0 && (
        <SelectField
          label={given.length === 0 ? say.same : say.addOption}
          value=""
          choices={[
            { value: '', text: say.choose },
            ...others.map((name) => ({ value: name, text: said(parameters[name].label) })),
          ]}
          onChange={(name) => name !== '' && setOptions({ ...options, [name]: step.options[name] }, null)}
        />
      )}
    </div>
  );
}

/** How many layers a rule matches, and whether rules before it leave it any. */
function ReachLine({ reach }: { reach: Reach | null }) {
  if (reach === null) return <p className={styles.reach}>{say.unknown}</p>;
  const layers = format.integer(reach.layers);
  // Where rules before it take all of them, the field says so.
  const text =
    reach.own === reach.layers || reach.own === 0
      ? say.reach(layers, reach.layers === 1)
      : say.reachOwn(layers, format.integer(reach.own));
  return <p className={styles.reach}>{text}</p>;
}

/** What a button does may take it away: the same one of the rule wished for gets the focus, or the field of one that was added. */
function useFocusInRules(rules: readonly LayerRule[]) {
  const list = useRef<HTMLOListElement>(null);
  const wished = useRef<{ readonly rule: number; readonly button: string | null } | null>(null);
  useEffect(() => {
    if (wished.current === null || list.current === null) return;
    const { rule, button } = wished.current;
    wished.current = null;
    const item = list.current.children[Math.min(rule, rules.length - 1)] as HTMLElement | undefined;
    const same = button && item?.querySelector<HTMLElement>(`[data-button=${button}]:enabled`);
    const add = list.current.parentElement?.querySelector<HTMLElement>('[data-button=add-rule]');
    (same || item?.querySelector<HTMLElement>('input') || add)?.focus();
  }, [rules]);
  const wish = (rule: number, button: string | null) => {
    wished.current = { rule, button };
  };
  return { list, wish };
}
