/** Cividis, by evenly spaced stops: a ramp of one hue direction whose brightness only grows, also for colour-deficient eyes. */
const STOPS = [
  [0, 32, 76], [0, 42, 102], [0, 52, 110], [39, 63, 108], [60, 74, 107], [76, 85, 107], [91, 95, 109], [104, 106, 112],
  [117, 117, 117], [131, 129, 120], [146, 140, 120], [161, 152, 118], [176, 165, 114], [192, 177, 109], [209, 191, 102],
  [225, 204, 92], [243, 219, 79], [255, 233, 69],
] as const; // oxfmt-ignore

/** The colour of a shade 0 … 255, as red, green and blue. */
export function shadeRgb(shade: number): [number, number, number] {
  const at = (shade / 255) * (STOPS.length - 1);
  const low = Math.min(Math.floor(at), STOPS.length - 2);
  const [from, to] = [STOPS[low], STOPS[low + 1]];
  const mix = (channel: 0 | 1 | 2) => Math.round(from[channel] + (at - low) * (to[channel] - from[channel]));
  return [mix(0), mix(1), mix(2)];
}

export function shadeColor(shade: number): string {
  return `rgb(${shadeRgb(shade).join(',')})`;
}
