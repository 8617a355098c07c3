/** The seed of a step that draws something by chance. */
import type { Parameter } from '../method/parameters';

/** `help` says what is drawn. */
export function seedOption(help: string): Parameter {
  return { kind: 'integer', min: 0, max: 2 ** 31 - 1, default: 0, label: 'Seed', help };
}
