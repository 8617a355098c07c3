// Fits scale and zero of (row, group) pairs of progressive groups to the current weights (src/numerics/progressive.ts): weights as whole
// numbers of 8 bits of the row's unit, then a whole step and a zero between them. Halves go up, in integers, so that no division decides.
//   weights: cols × rows (transposed working copy), units: 1 × rows, grid: (2·groups) × rows, written at groups first_group …
//   first_group + count − 1: unit·step, then zeros. Group g covers columns g·size … min(g·size + size, cols) − 1; `place` says at which
//   row of weights each stands.
// Grid: ceil((past_row − first_row) / LANES) × count workgroups; one thread a (row, group); no workgroup memory.
override LANES: u32 = 64;
struct Params {
  first_row: u32, past_row: u32, cols: u32, stride: u32,
  first_group: u32, groups: u32, size: u32,
  grid_stride: u32,
  top: i32,          // 2^bits − 1
  most: f32,         // largest magnitude of a whole number
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> place: array<u32>;
@group(0) @binding(3) var<storage, read> units: array<f32>;
@group(0) @binding(4) var<storage, read_write> grid: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = params.first_row + id.x;
  if (row >= params.past_row) { return; }
  let group = params.first_group + id.y;
  let begin = group * params.size;
  let end = min(begin + params.size, params.cols);
  let unit = units[row];

  var low = 0;
  var high = 0;
  for (var c = begin; c < end; c++) {
    let v = i32(clamp(round(weights[place[c] * params.stride + row] / unit), -params.most, params.most));
    low = min(low, v);
    high = max(high, v);
  }
  let top = params.top;
  let step = max(1, (2 * (high - low) + top) / (2 * top));
  let nearest = min((step - 2 * low) / (2 * step), top);
  let zero = max(nearest, top - 127 / step);
  grid[group * params.grid_stride + row] = unit * f32(step);
  grid[(params.groups + group) * params.grid_stride + row] = f32(zero);
}
