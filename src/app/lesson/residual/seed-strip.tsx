/** Is what one sees typical? The final error of all seeds, method by method, with this one marked; in words and as a table too. */
import { useId, useState } from 'react';
import { SEEDS } from '../../../lesson/cut';
import type { LayerPiece } from '../../../lesson/layer-data';
import { METHOD_IDS, type LessonMethod } from '../../../lesson/residual/methods';
import { medianOf, seedsBelow, type SeedErrors, type SeedSettings, type Tokens } from '../../../lesson/residual/seeds';
import { colorOf } from '../../chart/swatch';
import { useWidth } from '../../hooks';
import { METHOD_STYLES } from '../../../report/palette';
import { Choices, Toolbar } from '../../parts/toolbar';
import { spoken } from '../numbers';
import { useSeeds } from './use-seeds';
import { Scroller } from '../scroller';
import * as format from '../../format';
import { residualWords } from './words';
import styles from './residual.module.css';
import { ColumnHeads } from '../column-heads';

const words = residualWords.strip;
const NAMES = residualWords.methods;
const ROW = 26;
const EDGE = { left: 72, right: 12, bottom: 22 };

/** Who is compared with whom in the sentence. */
const PAIRS: readonly (readonly [LessonMethod, LessonMethod])[] = [
  ['gptq', 'rtn'],
  ['gptaq', 'gptq'],
  ['rescomp', 'gptaq'],
  ['shift', 'gptaq'],
];

export function SeedStrip({ piece, settings, seed }: { piece: LayerPiece; settings: SeedSettings; seed: number }) {
  const errors = useSeeds(piece, settings);
  const [tokens, setTokens] = useState<Tokens>('calibration');
  const caption = useId();
  const done = errors.length === SEEDS;
  return (
    <figure className={styles.figure} aria-labelledby={caption} data-testid="seed-strip">
      <figcaption id={caption}>
        <strong>{words.title}</strong> <span className={styles.hint}>{words.caption(words.tokens[tokens])}</span>
      </figcaption>
      <Toolbar label={words.choose} className={styles.choices}>
        <Choices
          label={words.choose}
          className={styles.group}
          choiceClassName={styles.choice}
          value={tokens}
          choices={(['calibration', 'heldOut'] as const).map((value) => ({ value, text: words.tokens[value] }))}
          onChange={setTokens}
        />
      </Toolbar>
      <Ticks errors={errors} tokens={tokens} seed={seed} />
      <p role="status">{done ? sentenceOf(errors, tokens, seed) : words.progress(errors.length, SEEDS)}</p>
      {done && <Figures errors={errors} tokens={tokens} seed={seed} />}
    </figure>
  );
}

function sentenceOf(errors: readonly SeedErrors[], tokens: Tokens, seed: number): string {
  const here = errors[seed - 1];
  return words.sentence(
    PAIRS.map(([first, second]) => {
      const often = words.below(NAMES[first], NAMES[second], seedsBelow(errors, tokens, first, second), errors.length);
      return format.row([often, words.here(NAMES[first], NAMES[second], here[first][tokens] < here[second][tokens])]);
    }),
  );
}

interface TicksProps {
  errors: readonly SeedErrors[];
  tokens: Tokens;
  seed: number;
}

function Ticks({ errors, tokens, seed }: TicksProps) {
  const { width, measure } = useWidth(640);
  const all = errors.flatMap((one) => METHOD_IDS.map((id) => one[id][tokens]));
  const most = all.reduce((max, value) => Math.max(max, value), 0) || 1;
  const least = 0.95 * all.reduce((min, value) => Math.min(min, value), most);
  const x = (error: number) => EDGE.left + ((error - least) / (most - least || 1)) * (width - EDGE.left - EDGE.right);
  const height = METHOD_IDS.length * ROW + EDGE.bottom;
  return (
    <div ref={measure}>
      <svg width={width} height={height} aria-hidden="true" focusable="false" className={styles.drawing}>
        {METHOD_IDS.map((id, i) => {
          const middle = i * ROW + ROW / 2;
          const path = errors.map((one) => `M${x(one[id][tokens]).toFixed(1)} ${middle - 6}v12`).join('');
          const here = errors.length >= seed ? errors[seed - 1][id][tokens] : null;
          return (
            <g key={id}>
              <text x={EDGE.left - 8} y={middle + 4} textAnchor="end">
                {NAMES[id]}
              </text>
              <path d={path} style={{ stroke: colorOf(METHOD_STYLES[id]), strokeOpacity: 0.35 }} />
              {errors.length > 0 && (
                <path
                  d={`M${x(medianOf(errors, tokens, id)).toFixed(1)} ${middle - 11}v22`}
                  style={{ stroke: colorOf(METHOD_STYLES[id]), strokeWidth: 2.5 }}
                />
              )}
              {here !== null && <path d={`M${x(here).toFixed(1)} ${middle + 5}l5 8h-10z`} className={styles.here} />}
            </g>
          );
        })}
        {errors.length > 0 &&
          [least, (least + most) / 2, most].map((error) => (
            <text
              key={error}
              x={x(error)}
              y={height - 6}
              textAnchor={error === most ? 'end' : error === least ? 'start' : 'middle'}
            >
              {spoken(Number(error.toPrecision(2)))}
            </text>
          ))}
      </svg>
    </div>
  );
}

function Figures({ errors, tokens, seed }: TicksProps) {
  const { columns } = words;
  return (
    <details>
      <summary>{words.table}</summary>
      <Scroller label={words.table}>
        <table>
          <ColumnHeads names={columns} />
          <tbody>
            {METHOD_IDS.map((id) => (
              <tr key={id}>
                <th scope="row">{NAMES[id]}</th>
                <td>{spoken(medianOf(errors, tokens, id))}</td>
                <td>{spoken(errors[seed - 1][id][tokens])}</td>
                {(['rtn', 'gptq'] as const).map((other) => (
                  <td key={other}>
                    {id === other ? '–' : words.seeds(seedsBelow(errors, tokens, id, other), errors.length)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
    </details>
  );
}
