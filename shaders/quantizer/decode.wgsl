// Dequantizes byte codes: Q[r, c] = scale · (code − zero), rows × cols with zero padding. Live runs and resumed ones both take their
// weights from here, so both see the same bits.
//   bytes: rows × quads u32; grid: (2·groups) × rows; group_of: cols (original order).
// Grid: ceil(stride / LANES) × padded rows workgroups, folded in y and z; one thread a weight.
override LANES: u32 = 64;
struct Params { rows: u32, cols: u32, stride: u32, padded_rows: u32, quads: u32, groups: u32, grid_stride: u32, fold: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> bytes: array<u32>;
@group(0) @binding(2) var<storage, read> grid: array<f32>;
@group(0) @binding(3) var<storage, read> group_of: array<u32>;
@group(0) @binding(4) var<storage, read_write> q: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.z * params.fold + id.y;
  let column = id.x;
  if (column >= params.stride || row >= params.padded_rows || id.y >= params.fold) { return; }
  var value = 0.0;
  if (row < params.rows && column < params.cols) {
    let group = group_of[column];
    let code = (bytes[row * params.quads + column / 4u] >> (8u * (column % 4u))) & 255u;
    let scale = grid[group * params.grid_stride + row];
    let zero = grid[(params.groups + group) * params.grid_stride + row];
    value = scale * (f32(code) - zero);
  }
  q[row * params.stride + column] = value;
}
