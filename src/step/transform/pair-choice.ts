/** Which diagonal pairs (model/view/pairs.ts) a step scales, as an option: plain data, for its face and its work. */
import type { Options, Parameters } from '../../method/parameters';
import type { PairKind } from '../../model/view/pairs';
import type { NetworkFacts } from '../network-facts';

const KINDS = { norms: ['norm', 'modulation'], values: ['v'], down: ['up'] } as const;
type Choice = keyof typeof KINDS;

/** The options' descriptions, with a step's own defaults. */
export function pairParameters(defaults: Readonly<Record<Choice, boolean>>) {
  return {
    norms: {
      kind: 'boolean',
      default: defaults.norms,
      label: 'Norms',
      help: 'Between a norm, or what steers a block, and the layers that read it.',
    },
    values: {
      kind: 'boolean',
      default: defaults.values,
      label: 'Values',
      help: 'Between values and the output projection of attention; heads that share values share scales.',
    },
    down: {
      kind: 'boolean',
      default: defaults.down,
      label: 'Down',
      help: 'Between up and down of a gated MLP or one of ReLUs, where no online transform stands between; others have no such pair.',
    },
  } as const satisfies Parameters;
}

/** The same for steps that move channels: between up and down nothing can be moved. */
export function shiftParameters() {
  const { norms, values } = pairParameters({ norms: true, values: false, down: false });
  return { norms, values } as const satisfies Parameters;
}

/** Why a step has nothing to move; null where it has. */
export function withoutShifts(facts: NetworkFacts, options: Options): string | null {
  const missing = withoutPairs(facts, options);
  if (missing !== null) return missing;
  const { shifts } = facts;
  if (chosenKinds(options).some((kind) => shifts.includes(kind))) return null;
  const asked = (['norms', 'values'] as const).filter((choice) => options[choice] === true);
  const other = (['norms', 'values'] as const).find((choice) => KINDS[choice].some((kind) => shifts.includes(kind)));
  return `Channels of ${asked.join(' and ')} cannot be moved, for there is no bias tensor before them (an RMSNorm has none), or in a layer that reads them: ${other ? `choose ${other}` : 'leave the step out'}.`;
}

export function chosenKinds(options: Options): PairKind[] {
  return (Object.keys(KINDS) as Choice[])
    .filter((choice) => options[choice] === true)
    .flatMap((choice) => KINDS[choice]);
}

/** Why a step has nothing to scale; null where it has. */
export function withoutPairs({ pairs }: NetworkFacts, options: Options): string | null {
  const kinds = chosenKinds(options);
  if (kinds.length === 0) return 'No pairs are chosen whose channels could be scaled: choose norms, values or down.';
  if (kinds.some((kind) => pairs.includes(kind))) return null;
  const offered = (Object.keys(KINDS) as Choice[]).filter((choice) =>
    KINDS[choice].some((kind) => pairs.includes(kind)),
  );
  const instead = offered.length === 0 ? 'leave the step out' : `choose ${offered.join(' or ')}`;
  return `The network has no pairs of ${kinds.join(', ')} whose channels could be scaled: ${instead}.`;
}

/** 'norms', 'down': chosen otherwise than by default. */
export function pairWords(options: Options, parameters: Partial<ReturnType<typeof pairParameters>>): string[] {
  return (Object.keys(KINDS) as Choice[])
    .filter((choice) => parameters[choice] && options[choice] !== parameters[choice].default)
    .map((choice) => (options[choice] === true ? choice : `no ${choice}`));
}
