// Zeroes the working copy's columns whose input is always zero (Hessian diagonal 0): no error can be seen or compensated there.
//   weights: cols × rows, in place; order: cols; diagonal: the Hessian's, original order.
// Grid: ceil(stride / LANES) × cols workgroups, folded in y and z; one thread an element.
override LANES: u32 = 64;
struct Params { cols: u32, stride: u32, fold: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> weights: array<f32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read> diagonal: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.z * params.fold + id.y;
  if (id.x >= params.stride || column >= params.cols || id.y >= params.fold) { return; }
  if (diagonal[order[column]] == 0.0) { weights[column * params.stride + id.x] = 0.0; }
}
