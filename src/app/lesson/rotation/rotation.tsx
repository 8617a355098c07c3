/** The lesson “Why rotate?”: a layer's inputs with an outlier, scaled and turned stage by stage, and what 4 bits make of them. */
import { useCallback, useMemo, useState } from 'react';
import file from '../../../lesson/data/outlier-inputs.json';
import { readLayerFile } from '../../../lesson/layer-data';
import type { Hideable } from '../../../lesson/lessons';
import {
  ROTATION_BITS,
  ROTATION_FIELDS,
  STAGES,
  TOKENS,
  treatmentOf,
  type RotationValues,
} from '../../../lesson/rotation/fields';
import {
  errorsOf,
  invariance,
  roundedInputs,
  treated,
  usualByColumn,
  type Treatment,
} from '../../../lesson/rotation/spread';
import { Button } from '../../parts/button';
import { CheckField } from '../../parts/field';
import { Choices, Toolbar } from '../../parts/toolbar';
import { Frame } from '../frame';
import { Maths, mfrac, mi, mo, mrow, msup, paren } from '../maths';
import { power, short, spoken } from '../numbers';
import { Player } from '../player';
import { Rich } from '../rich';
import { useAddress } from '../use-address';
import { ValueGrid, type GridBand } from '../value-grid';
import { ChannelBars } from './channel-bars';
import { Scroller } from '../scroller';
import { rotationWords as words } from './words';
import styles from '../residual/residual.module.css';
import { ColumnHeads } from '../column-heads';

type Set = Partial<RotationValues>;
const SETS: readonly Set[] = [
  { s: 0, k: false },
  { s: 0, k: false },
  { s: 0, k: true, a: 0.5 },
  { s: 0, k: false },
  { s: STAGES, k: false },
  { s: STAGES, k: true, a: 0.5 },
];
/** The chapter that scales, those that rotate, and the last one. */
const SCALING = 3;
const ROTATING = 4;
/** 32 columns of numbers would reach beyond the page. */
const QUIET = { hint: words.token.hint };
const HIDEABLE_HERE: readonly Hideable[] = ['formula', 'sliders', 'grid', 'seed', 'chart', 'answers'];

export function RotationLesson() {
  const address = useAddress(ROTATION_FIELDS);
  const { values, change } = address;
  const { c, s, k, a, b, seed } = values;
  const [playing, setPlaying] = useState(false);
  const [lit, setLit] = useState<string | null>(null);
  const layer = useMemo(() => {
    const { full, weight } = readLayerFile(file);
    return { inputs: full, weight };
  }, []);
  const treatment = useMemo(() => treatmentOf({ s, k, a }), [s, k, a]);
  const now = useMemo(() => treated(layer, treatment), [layer, treatment]);
  const before = useMemo(() => usualByColumn(layer.inputs), [layer]);
  const after = useMemo(() => usualByColumn(now.inputs), [now]);
  const errors = useMemo(() => errorsOf(layer, treatment, Number(b)), [layer, treatment, b]);
  const off = useMemo(() => invariance(layer, treatment), [layer, treatment]);
  const token = useMemo(() => tokenBands(now.inputs.data, now.inputs.cols, seed, Number(b)), [now, seed, b]);

  const shows = (part: Hideable) => !values.h.includes(part);
  const changed = k || s > 0;
  const rotates = c >= ROTATING;
  const worst = after.indexOf(Math.max(...after));
  const middle = [...after].sort((x, y) => x - y)[after.length >> 1];
  const says = [
    ...(rotates ? [words.says.stages(2 ** s)] : []),
    words.says.plain(worst + 1, spoken(after[worst]), spoken(after[worst] / middle)),
    words.says.errors(spoken(errors.inputs), spoken(errors.weight), b),
    ...(changed ? [words.says.same(power(off))] : []),
  ].join(' ');
  const onStep = useCallback((next: number) => change({ s: next }), [change]);

  return (
    <Frame<RotationValues>
      id="rotation"
      title={words.title}
      source={words.source(file.layer, file.model)}
      chapters={words.chapters}
      sets={SETS}
      address={address}
      hideable={HIDEABLE_HERE}
      last={rotates ? STAGES : 0}
      onPlaying={setPlaying}
    >
      {shows('formula') && c >= SCALING && <Formulas scaling={k} rotating={rotates} />}
      <p className={styles.says} data-testid="lesson-says">
        {says}
      </p>
      {rotates && (
        <Player step={s} last={STAGES} says={says} playing={playing} onStep={onStep} onPlaying={setPlaying} />
      )}
      {shows('chart') && <ChannelBars before={before} after={changed ? after : null} />}
      <p className={styles.hint}>{words.says.measure}</p>
      <p>{words.token.step(spoken(token.step), 2 ** Number(b), token.zeros)}</p>
      <ValueGrid
        label={words.token.grid(seed)}
        columnLabel={words.token.column}
        columns={now.inputs.cols}
        current={null}
        bands={token.bands}
        lit={lit}
        onLit={setLit}
        quiet={QUIET}
      />
      {c === words.chapters.length && <Ways layer={layer} alpha={a} bits={b} />}
      <div className={styles.settings} role="group" aria-label={words.settings.title}>
        {shows('grid') && (
          <Toolbar label={words.settings.title} className={styles.choices}>
            <span className={styles.name} aria-hidden="true">
              {words.settings.bits}
            </span>
            <Choices
              label={words.settings.bits}
              className={styles.group}
              choiceClassName={styles.choice}
              value={b}
              choices={ROTATION_BITS.map((value) => ({ value, text: value }))}
              onChange={(bits) => change({ b: bits })}
            />
          </Toolbar>
        )}
        {shows('seed') && (
          <Button small onClick={() => change({ seed: (seed % TOKENS) + 1 })}>
            {words.token.next}
          </Button>
        )}
        {shows('sliders') && c >= SCALING && (
          <>
            <CheckField label={words.settings.scale} value={k} onChange={(on) => change({ k: on })} />
            <label className={styles.share}>
              <span>
                {words.settings.alpha} <output>{a.toFixed(2)}</output>
              </span>
              <input
                type="range"
                min={0}
                max={1}
                step={0.05}
                value={a}
                disabled={!k}
                onChange={(event) => change({ a: Math.round(100 * Number(event.target.value)) / 100 })}
              />
            </label>
          </>
        )}
      </div>
    </Frame>
  );
}

/** One token as rows of the grid: what goes in, what it becomes, and the difference. */
function tokenBands(data: Float64Array, cols: number, token: number, bits: number) {
  const x = data.subarray((token - 1) * cols, token * cols);
  const q = roundedInputs({ rows: 1, cols, data: x }, bits).data;
  const most = x.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const { bands, cell } = words.token;
  const band = (id: 'x' | 'q' | 'error', values: ArrayLike<number>): GridBand => ({
    id,
    label: bands[id],
    rows: [
      {
        header: words.token.row(token),
        cells: Array.from(values, (value, c) => ({
          text: short(value, most),
          says: cell(bands[id], c + 1, spoken(value)),
          tint: value / most,
        })),
      },
    ],
  });
  const span = Math.max(0, ...x) - Math.min(0, ...x);
  return {
    bands: [
      band('x', x),
      band('q', q),
      band(
        'error',
        x.map((value, c) => value - q[c]),
      ),
    ],
    step: span / (2 ** bits - 1),
    zeros: q.filter((value) => value === 0).length,
  };
}

function Formulas({ scaling, rotating }: { scaling: boolean; rotating: boolean }) {
  const transposed = (...inside: Parameters<typeof mrow>) => msup(paren(...inside), mi('T'));
  const plain = mrow(mi('x'), msup(mi('W'), mi('T')));
  return (
    <div className={styles.formula}>
      {scaling && (
        <p>
          <Maths says={words.formula.scale}>
            {mrow(mfrac(mi('x'), mi('s')), transposed(mi('W'), mi('s')), mo('='), plain)}
          </Maths>
        </p>
      )}
      {rotating && (
        <p>
          <Maths says={words.formula.rotate}>
            {mrow(mi('x'), mi('H'), transposed(mi('W'), mi('H')), mo('='), plain)}
          </Maths>
        </p>
      )}
      <p className={styles.hint}>
        {scaling && words.symbols.s}
        {scaling && rotating && '; '}
        {rotating && <Rich text={words.symbols.H} />}
      </p>
    </div>
  );
}

interface WaysProps {
  layer: Parameters<typeof errorsOf>[0];
  alpha: number;
  bits: string;
}

/** All four ways beside one another. */
function Ways({ layer, alpha, bits }: WaysProps) {
  const { caption, columns, ways, sentence } = words.table;
  const rows = useMemo(() => {
    const list: readonly (readonly [string, Treatment])[] = [
      [ways.plain, { smooth: null, stages: 0 }],
      [ways.smooth(alpha.toFixed(2)), { smooth: alpha, stages: 0 }],
      [ways.rotate, { smooth: null, stages: STAGES }],
      [ways.both(alpha.toFixed(2)), { smooth: alpha, stages: STAGES }],
    ];
    return list.map(([name, treatment]) => ({ name, errors: errorsOf(layer, treatment, Number(bits)) }));
  }, [layer, alpha, bits, ways]);
  const least = rows.reduce((best, row) => (row.errors.both < best.errors.both ? row : best));
  return (
    <section className={styles.figure}>
      <Scroller label={caption(bits)}>
        <table>
          <caption>{caption(bits)}</caption>
          <ColumnHeads names={columns} />
          <tbody>
            {rows.map(({ name, errors }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{spoken(errors.inputs)}</td>
                <td>{spoken(errors.weight)}</td>
                <td>{spoken(errors.both)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
      <p>{sentence(least.name, spoken(least.errors.both))}</p>
    </section>
  );
}
