/** The stages of the chapters that are not a plane of points: the column loop, ratios, several networks, the account of bits. */
import { useMemo, useState } from 'react';
import others from '../../../lesson/data/other-networks.json';
import { codebookBits } from '../../../lesson/codebook/bits';
import { CANDIDATES, type RatioTrace } from '../../../lesson/codebook/ratios';
import { sharedCodebook } from '../../../lesson/codebook/shared';
import type { ColumnsTrace } from '../../../lesson/codebook/columns';
import { readWeights } from '../../../lesson/layer-data';
import { largest } from '../../../lesson/matrix';
import { short, spoken } from '../numbers';
import { ValueGrid, type GridBand } from '../value-grid';
import { Scroller } from '../scroller';
import { codebookWords } from './words';
import own from './codebook.module.css';
import { ColumnHeads } from '../column-heads';

export function ColumnsStage({ trace, step }: { trace: ColumnsTrace; step: number }) {
  const words = codebookWords.columns;
  const [lit, setLit] = useState<string | null>(null);
  const bands = useMemo(() => {
    const weights = trace.weights[step];
    const { rows, cols } = weights;
    const most = largest(weights.data);
    const done = 2 * step;
    const change = step > 0 ? trace.weights[step - 1] : null;
    const strongest = change ? largest(weights.data.map((value, i) => value - change.data[i])) || 1 : 1;
    const list: GridBand[] = [
      {
        id: 'w',
        label: words.w,
        rows: Array.from({ length: rows }, (_, r) => ({
          header: words.row(r + 1),
          cells: Array.from({ length: cols }, (__, c) => {
            const value = weights.data[r * cols + c];
            const by = change && c >= done ? value - change.data[r * cols + c] : 0;
            return {
              text: short(value, most),
              says: words.cell('W', r + 1, c + 1, spoken(value)),
              tint: by / strongest,
              state: c < done ? (c >= done - 2 ? ('now' as const) : ('done' as const)) : ('later' as const),
            };
          }),
        })),
      },
      {
        id: 'codes',
        label: words.codes,
        rows: Array.from({ length: rows }, (_, r) => ({
          header: words.row(r + 1),
          cells: Array.from({ length: cols }, (__, c) => {
            const sub = r * (cols / 2) + (c >> 1);
            if (c >= done) return { text: '', says: words.cell(words.codes, r + 1, c + 1, words.empty) };
            const code = String(trace.codes[sub] + 1);
            const plain = words.cell(words.codes, r + 1, c + 1, code);
            const other = trace.otherwise[sub] === 1;
            return {
              text: c % 2 === 0 ? (other ? `*${code}` : code) : '',
              says: other ? words.otherwise(plain) : plain,
              tint: other ? 0.7 : 0,
            };
          }),
        })),
      },
    ];
    return list;
  }, [trace, step, words]);
  return (
    <ValueGrid
      label={words.grid}
      columnLabel={words.column}
      columns={trace.weights[0].cols}
      current={null}
      bands={bands}
      lit={lit}
      onLit={setLit}
    />
  );
}

export function RatiosStage({ trace, step, pairs }: { trace: RatioTrace; step: number; pairs: number }) {
  const words = codebookWords.ratios;
  const { ratios } = trace.steps[step];
  return (
    <Scroller label={words.caption}>
      <table>
        <caption>{words.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{words.pair}</th>
            {Array.from({ length: CANDIDATES }, (_, j) => (
              <th key={j} scope="col">
                {words.candidate(j + 1)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: pairs }, (_, i) => (
            <tr key={i}>
              <th scope="row">{i + 1}</th>
              {Array.from({ length: CANDIDATES }, (__, j) => {
                const ratio = ratios[i * CANDIDATES + j];
                return (
                  <td key={j} className={own.ratio} style={{ '--share': `${100 * ratio}%` } as object}>
                    <span>{words.cell(trace.candidates[i * CANDIDATES + j] + 1, ratio.toFixed(2))}</span>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}

export function SharedStage({ points, model, codewords }: { points: Float64Array; model: string; codewords: string }) {
  const words = codebookWords.shared;
  const { rows } = useMemo(
    () =>
      sharedCodebook(
        [{ name: model, points }, ...others.map((file) => ({ name: file.model, points: readWeights(file).data }))],
        Number(codewords),
      ),
    [points, model, codewords],
  );
  const weights = rows.reduce((sum, { pairs }) => sum + 2 * pairs, 0);
  const bits = 32 * Number(codewords);
  return (
    <>
      <Scroller label={words.caption(codewords)}>
        <table>
          <caption>{words.caption(codewords)}</caption>
          <ColumnHeads names={words.columns} />
          <tbody>
            {rows.map(({ name, pairs, own: alone, common }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{pairs}</td>
                <td>{spoken(alone)}</td>
                <td>{spoken(common)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
      <p>{words.bits(spoken((rows.length * bits) / weights), spoken(bits / weights))}</p>
    </>
  );
}

/** Sides of square matrices, from the lesson's own to a large layer's. */
const SIDES = [32, 128, 1024, 4096];

export function BitsStage({ codewords }: { codewords: string }) {
  const words = codebookWords.bits;
  const plain = Number(codewords);
  const magnitudes = plain / 4;
  const rows = SIDES.flatMap((side) =>
    [false, true].map((signs) => ({
      name: `${words.matrix(String(side))}, ${signs ? words.signs(String(magnitudes)) : words.plain(codewords)}`,
      ledger: codebookBits({ rows: side, cols: side, codewords: signs ? magnitudes : plain, signs, sharedBy: 1 }),
    })),
  );
  return (
    <Scroller label={words.caption}>
      <table>
        <caption>{words.caption}</caption>
        <ColumnHeads names={words.columns} />
        <tbody>
          {rows.map(({ name, ledger: { weights, parts, bitsPerWeight } }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{spoken(parts.indices / weights)}</td>
              <td>{spoken(parts.signs / weights)}</td>
              <td>{spoken(parts.codebooks / weights)}</td>
              <td>{spoken(bitsPerWeight)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}
