/** What functions among the words are called with in tests, where numbers and names will not do: by their path. */
import type { Deed } from '../../../store/toasts';
import type { Coverage } from '../../../run/events';

const coverage: Pick<Coverage, 'quantized' | 'weights' | 'left'> = {
  quantized: 70,
  weights: 100,
  left: [{ what: 'norms', weights: 30 }],
};
const whole: typeof coverage = { quantized: 100, weights: 100, left: [] };

const DEEDS: { readonly [Kind in Deed['kind']]: Extract<Deed, { kind: Kind }> } = {
  'model-removed': { kind: 'model-removed', name: 'name71' },
  'run-removed': { kind: 'run-removed', name: 'name71' },
  'row-removed': { kind: 'row-removed', row: 71 },
  preset: { kind: 'preset', preset: 'trio' },
  paper: { kind: 'paper', title: 'name71', row: 72 },
  'rows-added': { kind: 'rows-added', rows: 71, behind: 72 },
  'recipe-replaced': { kind: 'recipe-replaced', by: 'sample' },
  'data-added': { kind: 'data-added', file: 'name71', model: 'name72' },
};

const deeds = Object.values(DEEDS).map((deed) => [deed]);

const tensors = ['name71', 'name72'];
const units = ['layer', 'block'] as const;

export const SAMPLES: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  'notes.deed': deeds,
  'share.parts.none': [[true], [false]],
  'words.notes.deed': deeds,
  'coverageWords.share': [[coverage], [whole]],
  'coverageWords.left': [[coverage]],
  'coverageWords.bitsOf': [[coverage], [whole]],
  'continuationWords.differs': [
    [
      '71',
      ...[
        { text: 'name72', byRow: '73', byFull: '74' },
        { text: 'name75', byRow: '76', byFull: '77' },
      ],
    ],
  ],
  'say.shape': [[[71, 72]], [[]]],
  'say.warning': [
    [{ kind: 'tied', tensor: 'name71' }],
    [{ kind: 'same bytes', tensors }],
    [{ kind: 'empty', tensors }],
    [{ kind: 'unreadable', tensors, dtype: 'U4' }],
  ],
  'say.finding': [
    [{ kind: 'not finite', tensor: 'name71', nan: 72, infinite: 73 }],
    [{ kind: 'not finite', tensor: 'name71', nan: 0, infinite: 73 }],
    [{ kind: 'all zero', tensor: 'name71' }],
    [{ kind: 'zero columns', tensor: 'name71', columns: 72, of: 73 }],
    [{ kind: 'duplicates', tensors: [...tensors, 'name73', 'name74'] }],
  ],
  'pictureWords.allocation.counts': [
    [
      [
        ['name71', 72],
        ['name73', 74],
      ],
    ],
  ],
  'partWords.hint': (['nll', 'hit', 'trajectory'] as const).map((of) => [of, '71']),
  'shared.difference.ofMetric': units.flatMap((unit) => [
    ['71', 72, 72, unit],
    ['71', 72, 73, unit],
  ]),
  'residualWords.strip.sentence': [[['name71', 'name72']]],
  'calibrationWords.curveSummary': [-0.3, 0, 0.3].map((change) => ['71', '72', change]),
};

/** Where a function has no entry: numbers, then names, each another one. */
export function argumentsFor(count: number): readonly (readonly unknown[])[] {
  const places = Array.from({ length: count }, (_, i) => 71 + i);
  return [places, places.map((n) => `name${n}`)];
}

/** What may turn a sentence: put in the place of each argument in turn. */
export const TURNS: readonly unknown[] = [0, 1, '', '1', null, true, false];
