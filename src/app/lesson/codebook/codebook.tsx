/** The lesson “What is a codebook?”: pairs of a real layer's weights, and the ways in which a few points come to stand for them. */
import { useCallback, useMemo, useState } from 'react';
import file from '../../../lesson/data/attention-output.json';
import { kmeansSteps, type HalfStep } from '../../../lesson/codebook/clusters';
import { columnsTrace } from '../../../lesson/codebook/columns';
import { CODEBOOK_FIELDS, CODEWORDS, type CodebookValues } from '../../../lesson/codebook/fields';
import { RATIO_STEPS, ratioTrace } from '../../../lesson/codebook/ratios';
import { signSplit } from '../../../lesson/codebook/signs';
import { CUT, cutOf, SEEDS } from '../../../lesson/cut';
import { readLayerFile } from '../../../lesson/layer-data';
import type { Hideable } from '../../../lesson/lessons';
import { problemOf } from '../../../lesson/residual/problem';
import { Button } from '../../parts/button';
import { Choices, Toolbar } from '../../parts/toolbar';
import { Frame } from '../frame';
import { percent, spoken } from '../numbers';
import { Player } from '../player';
import { useAddress } from '../use-address';
import { Plane } from './plane';
import { BitsStage, ColumnsStage, RatiosStage, SharedStage } from './stages';
import { codebookWords as words } from './words';
import styles from '../residual/residual.module.css';

/** By their numbers. */
const [POINTS, MEANS, COLUMNS, RATIOS, SIGNS, SHARED] = [1, 2, 3, 4, 5, 6];
const SETS: readonly Partial<CodebookValues>[] = words.chapters.map(() => ({ s: 0 }));
const HIDEABLE_HERE: readonly Hideable[] = ['grid', 'seed', 'chart', 'answers'];

export function CodebookLesson() {
  const address = useAddress(CODEBOOK_FIELDS);
  const { values, change } = address;
  const { c, k, seed, h } = values;
  const [playing, setPlaying] = useState(false);
  const piece = useMemo(() => readLayerFile(file), []);
  const points = piece.weight.data;
  const means = useMemo(() => kmeansSteps(points, Number(k)), [points, k]);
  // A quarter of the magnitudes: two sign bits a pair make up for it.
  const split = useMemo(() => (c === SIGNS ? signSplit(points, Number(k) / 4) : null), [c, points, k]);
  const problem = useMemo(() => problemOf(cutOf(piece, seed)), [piece, seed]);
  const book = means[means.length - 1].codebook;
  const columns = useMemo(
    () => (c === COLUMNS ? columnsTrace(problem.weight, problem.u, book) : null),
    [c, problem, book],
  );
  const plain = useMemo(() => (c === COLUMNS ? columnsTrace(problem.weight, null, book) : null), [c, problem, book]);
  const ratios = useMemo(
    () => (c === RATIOS ? ratioTrace(problem.weight, problem.hessian, book) : null),
    [c, problem, book],
  );

  const steps: readonly HalfStep[] = split ? split.steps : means;
  const lasts: Readonly<Record<number, number>> = {
    [MEANS]: means.length - 1,
    [COLUMNS]: CUT.cols / 2,
    [RATIOS]: RATIO_STEPS,
    [SIGNS]: steps.length - 1,
  };
  const last = lasts[c] ?? 0;
  const step = Math.min(values.s, last);
  const shows = (part: Hideable) => !h.includes(part);
  const onStep = useCallback((s: number) => change({ s }), [change]);

  const says = (() => {
    if (c === POINTS) return words.says.points(points.length / 2, k);
    if (columns && plain) {
      const at = words.says.columnsError(
        spoken(problem.calibration(columns.weights[last])),
        spoken(problem.calibration(plain.weights[last])),
      );
      return `${step === 0 ? words.says.columnsStart : columnSays(columns.otherwise, step)} ${at}`;
    }
    if (ratios) {
      const { loss, frozen } = ratios.steps[step];
      return words.says.ratios(step, spoken(loss), percent(frozen), spoken(ratios.nearest));
    }
    if (c === MEANS || split) {
      const end = split ? ` ${signSays(split.steps, means, k)}` : '';
      return `${meansSays(steps[step])}${end}`;
    }
    return null;
  })();

  return (
    <Frame<CodebookValues>
      id="codebooks"
      title={words.title}
      source={words.source(file.layer, file.model)}
      chapters={words.chapters}
      sets={SETS}
      address={address}
      hideable={HIDEABLE_HERE}
      last={last}
      onPlaying={setPlaying}
    >
      {says !== null && (
        <p className={styles.says} data-testid="lesson-says">
          {says}
        </p>
      )}
      {last > 0 && (
        <Player step={step} last={last} says={says ?? ''} playing={playing} onStep={onStep} onPlaying={setPlaying} />
      )}
      {(c === POINTS || c === MEANS) && shows('chart') && (
        <Plane
          points={points}
          clustering={c === MEANS ? means[step] : null}
          before={c === MEANS && step > 0 ? means[step - 1] : null}
          caption={words.plane.caption}
        />
      )}
      {split && shows('chart') && (
        <Plane
          points={split.magnitudes}
          clustering={split.steps[step]}
          before={step > 0 ? split.steps[step - 1] : null}
          caption={words.plane.magnitudes}
          positive
        />
      )}
      {columns && <ColumnsStage trace={columns} step={step} />}
      {ratios && <RatiosStage trace={ratios} step={step} pairs={CUT.cols / 2} />}
      {c === SHARED && <SharedStage points={points} model={file.model} codewords={k} />}
      {c > SHARED && <BitsStage codewords={k} />}
      {(c === MEANS || c === SIGNS) && <p className={styles.hint}>{words.says.error}</p>}
      <div className={styles.settings} role="group" aria-label={words.settings.title}>
        {shows('grid') && (
          <Toolbar label={words.settings.codewords} className={styles.choices}>
            <span className={styles.name} aria-hidden="true">
              {words.settings.codewords}
            </span>
            <Choices
              label={words.settings.codewords}
              className={styles.group}
              choiceClassName={styles.choice}
              value={k}
              choices={CODEWORDS.map((value) => ({ value, text: value }))}
              onChange={(codewords) => change({ k: codewords, s: 0 })}
            />
          </Toolbar>
        )}
        {shows('seed') && (c === COLUMNS || c === RATIOS) && (
          <Button small onClick={() => change({ seed: (seed % SEEDS) + 1 })}>
            {words.settings.seed}
          </Button>
        )}
      </div>
    </Frame>
  );
}

function columnSays(otherwise: Uint8Array, step: number): string {
  const subs = CUT.cols / 2;
  const rows = Array.from({ length: CUT.rows }, (_, r) => otherwise[r * subs + step - 1]);
  return words.says.columns(2 * step - 1, 2 * step, rows.filter((other) => other === 1).length, CUT.rows);
}

function meansSays({ phase, changed, error }: HalfStep): string {
  if (phase === 'start') return words.says.start(spoken(error));
  return words.says[phase](changed, spoken(error));
}

function signSays(split: readonly HalfStep[], means: readonly HalfStep[], codewords: string): string {
  return words.says.signs(
    spoken(split[split.length - 1].error),
    String(Number(codewords) / 4),
    spoken(means[means.length - 1].error),
    codewords,
  );
}
