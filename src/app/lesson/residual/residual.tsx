/** The lesson “Where does the rounding error go?”: the column loop on a small matrix out of a real layer, step by step. */
import { useCallback, useMemo, useState } from 'react';
import file from '../../../lesson/data/attention-output.json';
import { CUT, cutOf } from '../../../lesson/cut';
import { readLayerFile } from '../../../lesson/layer-data';
import type { Hideable } from '../../../lesson/lessons';
import {
  choiceOf,
  choiceValues,
  RESIDUAL_FIELDS,
  SHOWN,
  settingsOf,
  type ResidualValues,
} from '../../../lesson/residual/fields';
import { LESSON_METHODS, METHOD_IDS, methodOfChoice, TERMS, type Term } from '../../../lesson/residual/methods';
import { problemOf } from '../../../lesson/residual/problem';
import { placeOf, stepsOf, traceOf } from '../../../lesson/residual/trace';
import { Choices, Toolbar } from '../../parts/toolbar';
import { Frame } from '../frame';
import { spoken } from '../numbers';
import { Player } from '../player';
import { useAddress } from '../use-address';
import { ValueGrid } from '../value-grid';
import { bandsOf } from './bands';
import { COLLAPSE_CHAPTER, RESIDUAL_SETS, STRIP_CHAPTER } from './chapters';
import { Collapse } from './collapse';
import { ErrorLine } from './error-line';
import { Formula, Symbols, TERM_COLORS } from './formula';
import { errorSays, stepSays } from './says';
import { SeedStrip } from './seed-strip';
import { SettingsPanel } from './settings-panel';
import { residualWords as words } from './words';
import styles from './residual.module.css';

const HIDEABLE_HERE: readonly Hideable[] = ['formula', 'terms', 'sliders', 'grid', 'seed', 'chart', 'strip', 'answers'];
const LAST = stepsOf(CUT.cols);
const isTerm = (mark: string): mark is Term => TERMS.some((term) => term === mark);

export function ResidualLesson() {
  const address = useAddress(RESIDUAL_FIELDS);
  const { values, change } = address;
  const [playing, setPlaying] = useState(false);
  /** What the pointer or the focus is on: one term, or all that a cell belongs to. */
  const [lit, setLit] = useState<string | null>(null);
  const piece = useMemo(() => readLayerFile(file), []);
  const problem = useMemo(() => problemOf(cutOf(piece, values.seed)), [piece, values.seed]);
  const { m, t, b, g, a, a2 } = values;
  const settings = useMemo(() => settingsOf({ m, t, b, g, a, a2 }), [m, t, b, g, a, a2]);
  const trace = useMemo(() => traceOf(problem, settings), [problem, settings]);
  const rtn = useMemo(() => traceOf(problem, { ...settings, ...LESSON_METHODS.rtn }), [problem, settings]);
  const step = values.s;
  const alone = lit !== null && isTerm(lit) ? lit : null;
  const shown = values.v;
  const { bands, strongest } = useMemo(
    () => bandsOf({ problem, trace, step, shown, lit: alone }),
    [problem, trace, step, shown, alone],
  );

  const choice = choiceOf(values);
  const method = methodOfChoice(choice);
  const name = method ? words.methods[method] : words.ownMix;
  const shows = (part: Hideable) => !values.h.includes(part);
  const says = stepSays(problem, trace, step);
  const onStep = useCallback((s: number) => change({ s }), [change]);
  const toggle = (term: Term) => {
    const { terms, shift } = choice;
    change(choiceValues({ shift, terms: { ...terms, [term]: !terms[term] } }));
  };
  const { column, phase } = placeOf(step);

  return (
    <Frame<ResidualValues>
      id="residuals"
      title={words.title}
      source={words.source(file.layer, file.model, file.before)}
      chapters={words.chapters}
      sets={RESIDUAL_SETS}
      address={address}
      hideable={HIDEABLE_HERE}
      last={LAST}
      onPlaying={setPlaying}
      keys={shows('terms') ? Object.fromEntries(TERMS.map((term, i) => [String(i + 1), () => toggle(term)])) : {}}
    >
      {shows('terms') && !values.p && (
        <Toolbar label={words.method} className={styles.choices}>
          <Choices
            label={words.method}
            className={styles.group}
            choiceClassName={styles.choice}
            value={method ?? ''}
            choices={METHOD_IDS.map((value) => ({ value, text: words.methods[value] }))}
            onChange={(id) => {
              const known = METHOD_IDS.find((one) => one === id);
              if (known) change(choiceValues(LESSON_METHODS[known]));
            }}
          />
        </Toolbar>
      )}
      {shows('formula') && (
        <Formula choice={choice} switches={shows('terms')} lit={lit} onLit={setLit} onTerm={toggle} />
      )}
      {shows('formula') && !values.p && <Symbols />}
      <p className={styles.says} data-testid="lesson-says">
        {says} {step > 0 && <span>{errorSays(trace, method === 'rtn' ? null : rtn, step)}</span>}
      </p>
      <Player step={step} last={LAST} says={says} playing={playing} onStep={onStep} onPlaying={setPlaying} />
      <div style={{ '--lit': alone ? TERM_COLORS[alone] : undefined } as object}>
        <ValueGrid
          label={words.grid}
          columnLabel={words.column}
          columns={CUT.cols}
          current={phase === 'start' ? null : column}
          bands={bands}
          lit={lit}
          onLit={setLit}
        />
      </div>
      <div className={styles.choices} role="group" aria-label={words.show}>
        <span className={styles.name}>{words.show}</span>
        {SHOWN.map((part) => (
          <button
            key={part}
            type="button"
            className={styles.toggle}
            aria-pressed={shown.includes(part)}
            onClick={() => change({ v: SHOWN.filter((one) => (one === part) !== shown.includes(one)) })}
          >
            {words.shown[part]}
          </button>
        ))}
        {strongest > 0 && <span className={styles.hint}>{words.scale(spoken(strongest))}</span>}
      </div>
      {values.c === COLLAPSE_CHAPTER && <Collapse problem={problem} trace={trace} step={step} />}
      {shows('chart') && <ErrorLine trace={trace} rtn={rtn} name={name} method={method} step={step} />}
      {shows('strip') && values.c === STRIP_CHAPTER && (
        <SeedStrip piece={piece} settings={settings} seed={values.seed} />
      )}
      <SettingsPanel values={values} hidden={values.h} change={change} />
    </Frame>
  );
}
