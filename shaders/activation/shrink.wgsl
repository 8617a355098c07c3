// What each candidate of a shrunken static range would cost, by columns:  errors[k·parts + p, c] = Σ |v − level(v)|^power over rows p·panel … of
// column c, with the range of the column's cell clipped to 1 − k / steps of it, and errors in units of that cell's range, so that no
// power leaves f32.   x: rows × cols; ranges: 2 × across; errors: (candidates · parts) × cols. Strides count vec4, range_stride floats.
//   A column that holds what is not finite, or whose range is not, has errors that are not.
// Grid: one thread a vec4 of errors, linear. No workgroup memory.
//#include "common/index"
struct Params {
  rows: u32, cols: u32, stride: u32, tile_cols: u32, range_stride: u32,
  candidates: u32, first: u32, steps: f32, parts: u32, panel: u32, power: f32,
  top: f32, least: f32, clip: f32, detail: f32, mantissa: u32, exponent: i32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> ranges: array<f32>;
@group(0) @binding(3) var<storage, read_write> errors: array<vec4f>;
//#include "activation/levels"

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  let to = i / params.stride;
  if (to >= params.candidates * params.parts) { return; }
  let c = i % params.stride;
  let share = 1.0 - f32(params.first + to / params.parts) / params.steps;
  let first = to % params.parts * params.panel;
  let end = min(first + params.panel, params.rows);
  var sums = vec4f(0);
  for (var j = 0u; j < 4u; j++) {
    let place = 4u * c + j;
    if (place >= params.cols) { break; }
    let low = ranges[place / params.tile_cols];
    let high = ranges[params.range_stride + place / params.tile_cols];
    let grid = grid_of(low, high, params.clip * share);
    let reach = max(abs(low), abs(high));
    let unit = select(reach, 1.0, reach == 0.0);
    var sum = 0.0;
    for (var row = first; row < end; row++) {
      let v = x[row * params.stride + c][j];
      let e = keeping_one(v, abs(v - level(v, grid)) / unit);
      // A logarithm of 0 is undefined here, and comparisons may not find what is no number.
      var cost = e * e;
      if (params.power != 2.0 && e > 0.0 && !is_broken(e)) { cost = exp2(params.power * log2(e)); }
      sum += cost;
    }
    sums[j] = keeping_one(grid.scale, sum);
  }
  errors[i] = sums;
}
