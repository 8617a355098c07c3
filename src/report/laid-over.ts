/**
 * Several results as one, so that lines, tables and files of them are those of any result. The first gives the plan: layers of the others
 * are its layers of the same name, rows are numbered on and called by their run as well. There is one baseline, the first's. Figures by
 * window stay with the first: windows of other runs need not be the same text, so what is told apart between runs goes by intervals alone.
 */
import type { RunResult } from '../run/events';

export interface NamedResult {
  /** What the run is called beside its rows. */
  readonly name: string;
  readonly result: RunResult;
}

/** In what a run differs from the first so that its figures need care. */
export type Difference = 'model' | 'task' | 'held-out' | 'calibration' | 'layers' | 'version';

export interface LaidOver {
  readonly result: RunResult;
  /** Of each of the others. */
  readonly differences: readonly { readonly name: string; readonly of: readonly Difference[] }[];
}

export function laidOver(first: RunResult, others: readonly NamedResult[]): LaidOver {
  const place = new Map(first.plan.layers.map(({ name, index }) => [name, index]));
  let result = first;
  let next = 1 + first.plan.rows.reduce((most, { row }) => Math.max(most, row), -1);
  for (const { name, result: other } of others) {
    const number = new Map(other.plan.rows.map(({ row }) => [row, next++]));
    const of = <One extends { readonly row: number }>(rows: readonly One[]) =>
      rows.flatMap((one) => {
        const row = number.get(one.row);
        return row === undefined ? [] : [{ ...one, row }];
      });
    result = {
      ...result,
      plan: {
        ...result.plan,
        rows: [
          ...result.plan.rows,
          ...of(other.plan.rows).map(({ without: _, ...row }) => ({
            ...row,
            ...{ baseline: false, label: `${row.label}, ${name}` },
          })),
        ],
      },
      layers: [
        ...result.layers,
        ...of(other.layers).flatMap((layer) => {
          const index = place.get(layer.name);
          return index === undefined ? [] : [{ ...layer, layer: index }];
        }),
      ],
      blocks: [...result.blocks, ...of(other.blocks).filter(({ block }) => block < first.plan.blocks)],
      rows: [...result.rows, ...of(other.rows).map(({ windows: _, allocation: __, ...row }) => row)],
    };
  }
  return {
    result: others.length === 0 ? first : { ...result, recipe: first.recipe },
    differences: others.map(({ name, result: other }) => ({ name, of: differencesOf(first, other) })),
  };
}

function differencesOf(a: RunResult, b: RunResult): Difference[] {
  const names = new Set(a.plan.layers.map(({ name }) => name));
  const shared = b.plan.layers.filter(({ name }) => names.has(name)).length;
  const differ: Readonly<Record<Difference, boolean>> = {
    model: a.model.fingerprint !== b.model.fingerprint,
    task: (a.plan.task ?? 'text') !== (b.plan.task ?? 'text'),
    'held-out': a.plan.heldOutLabel !== b.plan.heldOutLabel || a.plan.heldOutTokens !== b.plan.heldOutTokens,
    calibration:
      a.plan.calibrationLabel !== b.plan.calibrationLabel || a.recipe.calibration.seed !== b.recipe.calibration.seed,
    layers: shared < Math.max(a.plan.layers.length, b.plan.layers.length),
    version: a.codeVersion !== b.codeVersion,
  };
  return (Object.keys(differ) as Difference[]).filter((one) => differ[one]);
}
