// Packs working codes (cols × rows, f32, in working column order) into bytes, row-major in the original column order: four
// codes a u32, rows × quads. `position` gives each original column's place in the working order.
// Grid: ceil(quads / LANES) × rows workgroups, folded in y and z; one thread a u32.
override LANES: u32 = 64;
struct Params { rows: u32, cols: u32, stride: u32, quads: u32, fold: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> codes: array<f32>;
@group(0) @binding(2) var<storage, read> position: array<u32>;
@group(0) @binding(3) var<storage, read_write> bytes: array<u32>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.z * params.fold + id.y;
  if (id.x >= params.quads || row >= params.rows || id.y >= params.fold) { return; }
  var word = 0u;
  for (var i = 0u; i < 4u; i++) {
    let column = id.x * 4u + i;
    if (column < params.cols) { word |= u32(codes[position[column] * params.stride + row]) << (8u * i); }
  }
  bytes[row * params.quads + id.x] = word;
}
