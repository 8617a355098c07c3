// How a weight finds its level on a grid that is learned: s (c − z) with z a whole number, c = clamp(t + z, 0, top), and t by FORM:
//   0 nearest:  round(w / s)              1 soft:  ⌊w / s⌋ + h(v), h(v) = clamp(1.2 σ(v) − 0.1, 0, 1)       2 hard:  ⌊w / s⌋ + [v ≥ 0]
//   3 added:    round(w / s + v)          4 codes: w is a code c itself, and stays it
//   weights, latent (v): rows × cols;  grid: rows × (2·groups), scales, then zeros; group g holds columns g·size … g·size + size − 1.
//   A zero is taken for the nearest whole number within 0 … top, a scale for no less than LEAST.
override FORM: u32 = 0;
override BY_REAL: bool = false;   // whether a weight is inside by what it is before it is rounded
struct Params {
  count: u32,          // floats of a padded matrix, or threads
  rows: u32, cols: u32, stride: u32,
  groups: u32, size: u32, pieces: u32, grid_stride: u32,
  top: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> grid: array<f32>;
@group(0) @binding(3) var<storage, read> latent: array<f32>;

const LEAST = 1e-30;
const STRETCH = 1.2;
const BELOW = 0.1;

struct Found { code: f32, zero: f32, scale: f32, real: f32, inside: bool }

fn logistic(v: f32) -> f32 { return 1.0 / (1.0 + exp(-v)); }
fn soft(v: f32) -> f32 { return clamp(STRETCH * logistic(v) - BELOW, 0.0, 1.0); }
fn soft_slope(v: f32) -> f32 {
  let p = logistic(v);
  let h = STRETCH * p - BELOW;
  return select(0.0, STRETCH * p * (1.0 - p), h > 0.0 && h < 1.0);
}

fn find(row: u32, column: u32) -> Found {
  let at = row * params.stride + column;
  let cell = row * params.grid_stride + column / params.size;
  let scale = max(grid[cell], LEAST);
  let zero = clamp(round(grid[cell + params.groups]), 0.0, params.top);
  let w = weights[at];
  if (FORM == 4) { return Found(w, zero, scale, 0.0, false); }
  let real = w / scale;
  var t = round(real);
  var before = real;
  if (FORM == 1) { t = floor(real) + soft(latent[at]); }
  if (FORM == 2) { t = floor(real) + select(0.0, 1.0, latent[at] >= 0.0); }
  if (FORM == 3) {
    before = real + latent[at];
    t = round(before);
  }
  let level = t + zero;
  let judged = select(level, before + zero, BY_REAL);
  return Found(clamp(level, 0.0, params.top), zero, scale, real, judged >= 0.0 && judged <= params.top);
}
