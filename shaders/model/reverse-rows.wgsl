// Each window's rows in reverse: y[w·length + t, :] = x[w·length + length − 1 − t, :].   x, y: rows × cols, rows a multiple of length.
// `vectors` counts the vec4 of the padded y, stride those of a row; padding is written as zero.
// Grid: one thread a vec4 of y, folded in y. No workgroup memory.
//#include "common/index"
struct Params { vectors: u32, rows: u32, stride: u32, length: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let row = at / params.stride;
  var value = vec4f(0);
  if (row < params.rows) {
    let t = row % params.length;
    value = x[(row - t + params.length - 1 - t) * params.stride + at % params.stride];
  }
  y[at] = value;
}
