/** An error as the command line writes it: 0/0 and what is not there are no figure. */
export function figure(value: number | null, digits: number): string {
  return value === null || Number.isNaN(value) ? 'not available' : value.toExponential(digits);
}
