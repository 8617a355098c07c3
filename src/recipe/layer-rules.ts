/**
 * Rules by which some layers of a row get other options, or stay as they are: `{"match": "*.down_proj", "options": {"bits": 8}}`,
 * `{"match": "model.layers.0.*", "keep": true}`. In a pattern * stands for any letters; of several rules the first that matches counts.
 */
import type { Options } from '../method/parameters';
import { list, object, onlyKeys, refuse, show } from './values';

export interface LayerRule {
  readonly match: string;
  /** In the place of the step's own; none: those stay. */
  readonly options?: Options;
  /** Weights as they are. */
  readonly keep?: true;
}

export const RULES = { min: 1, max: 4096 };
export const MOST_LETTERS = 200;

/** Throws QS-RECIPE-01. */
export function parseRules(
  value: unknown,
  where: string,
  parseOptions: (given: Record<string, unknown>) => Options,
): LayerRule[] {
  const rules = list(value, `${where}.layers`, RULES, 'rules').map((one, i): LayerRule => {
    const at = `${where}, rule ${i + 1}`;
    const rule = object(one, at);
    onlyKeys(rule, at, ['match', 'options', 'keep']);
    const { match } = rule;
    if (typeof match !== 'string' || match === '' || match.length > MOST_LETTERS) {
      refuse(`${at}: match is ${show(match)}: it must be a pattern of 1 to ${MOST_LETTERS} letters`);
    }
    if (rule.keep !== undefined && rule.keep !== true) refuse(`${at}: keep is ${show(rule.keep)}: it must be true`);
    if ((rule.keep === true) === (rule.options !== undefined)) {
      refuse(`${at} must have either options or keep`);
    }
    return rule.keep === true
      ? { match, keep: true }
      : { match, options: parseOptions(object(rule.options, `${at}.options`)) };
  });
  const first = new Map<string, number>();
  for (const [i, { match }] of rules.entries()) {
    const before = first.get(match);
    if (before !== undefined) refuse(`${where}: rules ${before + 1} and ${i + 1} both match ${show(match)}`);
    first.set(match, i);
  }
  return rules;
}

/** The first rule that a layer's name matches; null where none does. */
export function ruleFor(rules: readonly LayerRule[] | undefined, name: string): LayerRule | null {
  return rules?.find(({ match }) => matches(match, name)) ?? null;
}

/** The first rule that never counts, because others before it match all that it matches; one of those. Null where all count. */
export function shadowedRule(
  rules: readonly LayerRule[],
  names: readonly string[],
): { readonly match: string; readonly by: string } | null {
  const taken = new Map<string, string>();
  for (const { match } of rules) {
    const own = names.filter((name) => matches(match, name));
    const [by] = own.map((name) => taken.get(name));
    if (by !== undefined && own.every((name) => taken.has(name))) return { match, by };
    for (const name of own) if (!taken.has(name)) taken.set(name, match);
  }
  return null;
}

/** Linear in the length of either, whatever the pattern: greedy over the pieces between its stars. */
export function matches(pattern: string, name: string): boolean {
  const pieces = pattern.split('*');
  if (pieces.length === 1) return pattern === name;
  const [first, last] = [pieces[0], pieces[pieces.length - 1]];
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  const end = name.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return at <= end;
}

/** How many layers a rule matches, and how many of them no rule before it has. */
export interface Reach {
  readonly layers: number;
  readonly own: number;
}

/** Of each rule. */
export function reachOf(rules: readonly LayerRule[], names: readonly string[]): Reach[] {
  const taken = new Set<string>();
  const all = new Set(names);
  return rules.map(({ match }) => {
    const found = match.includes('*') ? names.filter((name) => matches(match, name)) : all.has(match) ? [match] : [];
    const own = found.filter((name) => !taken.has(name));
    for (const name of own) taken.add(name);
    return { layers: found.length, own: own.length };
  });
}

/** Rules that match no layer at all, by their patterns. */
export function idleRules(rules: readonly LayerRule[], names: readonly string[]): string[] {
  const reach = reachOf(rules, names);
  return rules.filter((_, i) => reach[i].layers === 0).map(({ match }) => match);
}

/**
 * Patterns that are likely to be meant, the most of layers first: the last part of names ('*.down_proj'), and whole blocks, which are parts
 * of a name that are numbers ('model.layers.3.*').
 */
export function likelyPatterns(names: readonly string[]): string[] {
  const count = new Map<string, number>();
  const add = (pattern: string) => count.set(pattern, (count.get(pattern) ?? 0) + 1);
  for (const name of names) {
    const parts = name.split('.');
    add(parts.length > 1 ? `*.${parts[parts.length - 1]}` : name);
    const block = parts.findIndex((part) => /^\d+$/.test(part));
    if (block >= 0 && block < parts.length - 1) add(`${parts.slice(0, block + 1).join('.')}.*`);
  }
  return [...count].sort((a, b) => b[1] - a[1]).map(([pattern]) => pattern);
}
