/** Options of steps that move a channel's range from what is rounded into what multiplies it, x/s and s·W. */
import type { Parameter } from '../../method/parameters';

/** `help` says whose range moves, and where. */
export function alphaOption(help: string): Parameter {
  return { kind: 'number', min: 0, max: 1, default: 0.5, label: 'α', help };
}

export const POWERS: Parameter = {
  kind: 'boolean',
  default: false,
  label: 'Powers of two',
  help: 'Scales to the nearest power of two, by which the network keeps every bit before it is quantized.',
};
