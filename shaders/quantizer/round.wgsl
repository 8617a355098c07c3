// Rounds every weight to its grid without any compensation (RTN): codes[c, r] for the transposed working copy.
//   weights, codes: cols × rows; grid: (2·groups) × rows; group_of: cols. Padding of codes is written as zero.
// Grid: ceil(stride / LANES) × padded cols workgroups, folded in y and z past 65 535; one thread a weight.
//#include "quantizer/affine"
override LANES: u32 = 64;
struct Params { rows: u32, cols: u32, stride: u32, groups: u32, grid_stride: u32, padded_cols: u32, fold: u32, top: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> grid: array<f32>;
@group(0) @binding(3) var<storage, read> group_of: array<u32>;
@group(0) @binding(4) var<storage, read_write> codes: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.z * params.fold + id.y;
  if (id.x >= params.stride || column >= params.padded_cols || id.y >= params.fold) { return; }
  var code = 0.0;
  if (id.x < params.rows && column < params.cols) {
    let group = group_of[column];
    let level = Grid(grid[group * params.grid_stride + id.x], grid[(params.groups + group) * params.grid_stride + id.x]);
    code = round_to_grid(weights[column * params.stride + id.x], level, params.top).code;
  }
  codes[column * params.stride + id.x] = code;
}
