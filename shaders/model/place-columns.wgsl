// Copies the columns of a narrow matrix into a wide one: y[:, first + c] = x[:, c], padding included.
//   x: rows × cols; y: rows × at least first + cols; first is a multiple of 8. Strides and `first` count vec4.
// Grid: one thread a vec4 of the padded x, folded in y. No workgroup memory.
//#include "common/index"
struct Params { vectors: u32, x_stride: u32, y_stride: u32, first: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  y[at / params.x_stride * params.y_stride + params.first + at % params.x_stride] = x[at];
}
