// In place y = x where x lies outside its cell's range (activation/cells): outliers stay as they are beside what is quantized.
//   x, y: rows × cols; ranges: (2·range_rows) × across, lows first. Strides count floats.
// Grid: one thread a value, linear. No workgroup memory.
//#include "common/index"
struct Params {
  rows: u32, cols: u32, stride: u32, row_stride: u32,
  length: u32, pitch: u32, tile_rows: u32, tiles: u32, modulus: u32, width: u32, turns: u32, tile_cols: u32, across: u32, range_rows: u32,
  range_stride: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> ranges: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
//#include "activation/cells"

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  let row = i / params.cols;
  let col = i % params.cols;
  if (row >= params.rows || !is_live(row)) { return; }
  let at = cell_row(row) * params.range_stride + col / params.tile_cols;
  let own = x[row * params.stride + col];
  if (own < ranges[at] || own > ranges[params.range_rows * params.range_stride + at]) { y[row * params.stride + col] = own; }
}
