// Grids of ranges that learned factors clip. With low ≤ 0 ≤ high a group's reach, and f, F what is made of its two factors (themselves, or
// with SIGMOID σ of them), top = 2ᵇ − 1:
//   asymmetric:  s = (F high − f low) / top,  z = −f low / s          symmetric:  s = max(F high, −f low) / ((top + 1) / 2 − 1),  z = (top + 1) / 2
// (a group of zeros reaches from −1 to 1, or to 1e-5 where the grid is symmetric: as in quantizer/fit-grid). Entry points:
//   main:  grid, rows × (2·groups), which is zero before.
//   back:  from ∂L/∂grid to ∂L/∂factors; z's part only with ZERO_SLOPES, straight through its rounding.
//   reach, factors, grid, gradient: rows × (2·groups): lows, then highs; scales, then zeros.
// Grid: linear over `count` (row, group) pairs, 64 threads a workgroup. No workgroup memory.
//#include "common/index"
override SIGMOID: bool = false;
override SYMMETRIC: bool = false;
override ZERO_SLOPES: bool = true;
struct Params { count: u32, groups: u32, stride: u32, top: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> reach: array<f32>;
@group(0) @binding(2) var<storage, read> factors: array<f32>;
@group(0) @binding(3) var<storage, read> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> made: array<f32>;
@group(0) @binding(3) var<storage, read_write> grid: array<f32>;

const LEAST = 1e-34;
const EMPTY = 1e-5;

struct Range { low: f32, high: f32 }

fn factor(x: f32) -> f32 { return select(x, 1.0 / (1.0 + exp(-x)), SIGMOID); }
fn factor_slope(x: f32) -> f32 {
  let y = factor(x);
  return select(1.0, y * (1.0 - y), SIGMOID);
}

fn reach_of(at: u32) -> Range {
  let range = Range(reach[at], reach[at + params.groups]);
  let empty = range.low == 0.0 && range.high == 0.0;
  let most = select(1.0, EMPTY, SYMMETRIC);
  return Range(select(range.low, -most, empty), select(range.high, most, empty));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let at = (i / params.groups) * params.stride + i % params.groups;
  let range = reach_of(at);
  let low = factor(factors[at]) * range.low;
  let high = factor(factors[at + params.groups]) * range.high;
  let half = (params.top + 1.0) * 0.5;
  if (SYMMETRIC) {
    grid[at] = max(max(-low, high), LEAST) / (half - 1.0);
    grid[at + params.groups] = half;
    return;
  }
  let scale = max(high - low, LEAST) / params.top;
  grid[at] = scale;
  grid[at + params.groups] = -low / scale;
}

@compute @workgroup_size(64)
fn back(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let at = (i / params.groups) * params.stride + i % params.groups;
  let range = reach_of(at);
  let low = factor(factors[at]) * range.low;
  let high = factor(factors[at + params.groups]) * range.high;
  let g = gradient[at];
  var slopes = vec2f(0);
  if (SYMMETRIC) {
    let each = g / ((params.top + 1.0) * 0.5 - 1.0);
    if (max(-low, high) > LEAST) { slopes = select(vec2f(-each, 0.0), vec2f(0.0, each), high >= -low); }
  } else if (high - low > LEAST) {
    let scale = (high - low) / params.top;
    let to_zero = select(0.0, gradient[at + params.groups], ZERO_SLOPES);
    // z = −low / s: ∂z/∂s = −z / s, ∂z/∂low = −1 / s.
    let each = (g + to_zero * low / (scale * scale)) / params.top;
    slopes = vec2f(-each - to_zero / scale, each);
  }
  made[at] = slopes.x * range.low * factor_slope(factors[at]);
  made[at + params.groups] = slopes.y * range.high * factor_slope(factors[at + params.groups]);
}
