// x̂: every value at the level of its cell's quantizer (activation/levels), what is kept as it is, zero in rows that are not live.
//   x, y: rows × cols; ranges: (2·range_rows) × across, lows first; by_column, by_row: activation/dressed. stride counts vec4, the others floats.
//   What is not finite stays so, and so does all of a cell whose range is not.
// Grid: one thread a vec4 of y with its padding, linear. No workgroup memory.
//#include "common/index"
struct Params {
  rows: u32, cols: u32, stride: u32, row_stride: u32,
  length: u32, pitch: u32, tile_rows: u32, tiles: u32, modulus: u32, width: u32, turns: u32, tile_cols: u32, across: u32, range_rows: u32,
  range_stride: u32, vectors: u32,
  top: f32, least: f32, clip: f32, detail: f32, mantissa: u32, exponent: i32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> ranges: array<f32>;
@group(0) @binding(3) var<storage, read> by_column: array<vec4f>;
@group(0) @binding(4) var<storage, read> by_row: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;
//#include "activation/cells"
//#include "activation/dressed"
//#include "activation/levels"

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  if (i >= params.vectors) { return; }
  let row = i / params.stride;
  let c = i % params.stride;
  if (!is_live(row)) {
    y[i] = vec4f(0);
    return;
  }
  let own = x[i];
  let d = dressed(own, row, c);
  let lows = cell_row(row) * params.range_stride;
  let highs = lows + params.range_rows * params.range_stride;
  var value = vec4f(0);
  var column = 0u;
  var grid: Grid;
  for (var j = 0u; j < 4u; j++) {
    let place = 4u * c + j;
    if (place >= params.cols) { break; }
    // Neighbours mostly share a cell.
    if (j == 0u || place % params.tile_cols == 0u) {
      column = place / params.tile_cols;
      grid = grid_of(ranges[lows + column], ranges[highs + column], params.clip);
    }
    value[j] = select(level(d.value[j], grid) * d.factor[j] - d.noise[j], own[j], d.kept[j]);
  }
  y[i] = value;
}
